"""All limits, restrictions and switches at one version, and what of them holds for an account and an instrument.

Never changes after it is made; a change of any row makes another one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from core.instruments import Instrument
from core.risk_facts import RestrictionRow, RiskFacts, Switch, restrictions_of
from core.risk_limits import Limit, LimitName, Scope, pace_of, tightest

_ROOM = 20_000


class RiskBook:
    """``switches`` by (scope, subject): a user's id as text, or a market's."""

    def __init__(
        self,
        version: int,
        limits: Iterable[Limit],
        restrictions: Iterable[RestrictionRow],
        switches: Mapping[tuple[str, str], Switch],
    ) -> None:
        self.version = version
        self.limits: dict[tuple[Scope, int], list[Limit]] = defaultdict(list)
        for limit in limits:
            self.limits[limit.scope, limit.subject].append(limit)
        self.restrictions: dict[int, list[RestrictionRow]] = defaultdict(list)
        for row in restrictions:
            self.restrictions[row.instrument_id].append(row)
        self.switches = dict(switches)
        self._found: dict[tuple[int, int, int, date, int], RiskFacts] = {}

    def switch(self, user_id: int, market: str) -> Switch | None:
        """The kill switch over a user or a market; the market's, where both are pressed."""
        return self.switches.get(("MARKET", market)) or self.switches.get(("USER", str(user_id)))

    def rows(self, account_id: int, user_id: int, instrument: Instrument | None, on: date) -> list[Limit]:
        """Every row that applies on a trading date."""
        keys = [(Scope.DEFAULT, 0), (Scope.USER, user_id), (Scope.ACCOUNT, account_id)]
        if instrument is not None:
            keys += [(Scope.INSTRUMENT, instrument.id), (Scope.GROUP, instrument.margin_underlying)]
        return [row for key in keys for row in self.limits.get(key, ()) if row.holds(on)]

    def strictest(self, name: LimitName, on: date) -> int | None:
        """The smallest value of a limit that holds for anybody on a trading date; None where nobody has it."""
        values = [row.value for rows in self.limits.values() for row in rows if row.name is name and row.holds(on)]
        return min(values, default=None)

    def limits_of(
        self, account_id: int, user_id: int, instrument: Instrument | None, on: date, rate: int
    ) -> dict[LimitName, int]:
        """The tightest of all that applies. ``rate`` is the usual number of orders a second, 0 for no bound."""
        return tightest(self.rows(account_id, user_id, instrument, on), pace_of(rate))

    def facts(
        self, account_id: int, user_id: int, market: str, instrument: Instrument, on: date, rate: int
    ) -> RiskFacts:
        """What holds for an order. Remembered: an account asks for the same again and again."""
        key = (account_id, user_id, instrument.id, on, rate)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _ROOM:
                self._found.clear()
            found = self._found[key] = RiskFacts(
                self.limits_of(account_id, user_id, instrument, on, rate),
                restrictions_of(self.restrictions, instrument, on),
                self.switch(user_id, market),
            )
        return found
