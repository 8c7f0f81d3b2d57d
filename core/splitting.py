"""A split or a bonus in one account: positions and lots in the new units, the fraction paid out, and its evidence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core import decide, holds
from core.account import Evidence, Trade, Work
from core.corporate import SPLIT, Action, adjust, adjust_lots
from core.facts import Facts
from core.instruments import OPTIONS, Instrument
from core.ledger import Code, Ledger
from core.margin import is_margined
from core.orders import WORKING, Product, Side
from core.positions import Position
from core.reasons import Reason

Lots = Mapping[int, tuple[int, int]]
"""(lot of before, lot of after) by contract."""


def in_new_units(facts: Facts, action: Action) -> Facts:
    """The facts with the underlying's price of risk brought to the new units, until a newer one is taken."""
    old = facts.snapshots.get(action.instrument_id)
    if old is None:
        return facts
    # Arrays of before are not those of the new price, which no snapshot has taken yet.
    renewed = replace(old, id=None, price=action.price(old.price), risks={})
    return replace(facts, snapshots={**facts.snapshots, action.instrument_id: renewed})


@dataclass(frozen=True, slots=True)
class Splitting:
    """One action in one account. ``facts`` are those of ``in_new_units``, ``closes`` prices of before by instrument
    (``restated``: of after); ``numbers`` draws trade ids."""

    work: Work
    facts: Facts
    action: Action
    lots: Lots
    closes: Mapping[int, int]
    frame: int
    at: datetime
    numbers: Callable[[], int]
    restated: bool = False

    def apply(self) -> int:
        """Bring all that the account has of the share and of contracts on it to the new units; how many positions.

        Open orders end with a reason: their prices are of before. Each position leaves a trade of kind SPLIT.
        """
        work, facts, action = self.work, self.facts, self.action
        of = {
            each.id: each
            for each in facts.instruments.values()
            if action.instrument_id in (each.id, each.underlying_id)
        }
        why = (Reason.CORPORATE_ACTION, f"Cancelled by the {action.kind.lower()} of {action.ex_date:%d %b %Y}.")
        for order in [each for each in work.orders.values() if each.status in WORKING and each.instrument_id in of]:
            decide.cancel(work, facts, order, "closing", why)
        held = [each for each in work.positions.values() if each.quantity and each.instrument_id in of]
        for position in held:
            self._position(position, of[position.instrument_id])
        return len(held)

    def _position(self, position: Position, instrument: Instrument) -> None:
        work, action, trade_id = self.work, self.action, self.numbers()
        close = self.closes[instrument.id] if self.restated else action.price(self.closes[instrument.id])
        found = adjust(position, action.becomes, action.held, close, self.lots.get(instrument.id))
        work.changed_positions.add((instrument.id, position.product))
        if position.product is Product.CNC:
            adjust_lots(work.lots.get(instrument.id, ()), action.becomes, action.held, found.cost)
            work.changed_lots.add(instrument.id)
        if position.product is Product.CNC or instrument.kind in OPTIONS:
            self._move(Ledger.INVESTED, found.cost, Code.COST, instrument, trade_id)
        self._move(Ledger.PNL, found.realised, Code.GAIN if found.realised > 0 else Code.LOSS, instrument, trade_id)
        if is_margined(instrument, position.product):
            holds.post_margin(work, self.facts, instrument, self.at)
        side = Side.BUY if found.change >= 0 else Side.SELL
        # The levels of a split are its ratio: with the close that is what working the day out again needs.
        evidence = Evidence(self.frame, self.at, close, ((action.becomes, action.held),))
        trade = Trade(
            trade_id, None, instrument.id, SPLIT, side, position.product, abs(found.change), 0, found.realised, None,
            0, self.at, evidence,
        )  # fmt: skip
        work.trades.append(trade)

    def _move(self, source: Ledger, amount: int, code: Code, instrument: Instrument, trade_id: int) -> None:
        words = f"{self.action.kind.capitalize()}, {instrument.symbol}"
        self.work.move(source, Ledger.CASH, amount, code, self.at, trade_id=trade_id, reference=words)
