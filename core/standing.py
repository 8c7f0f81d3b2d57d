"""How an account stands with risk: what it may still do, and the counters that its limits are held against.

All of it is kept in the account's own row, under its lock, so that every process counts the same and no rule
ever has to read the account's orders.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.ledger import Ledger


class TradingState(StrEnum):
    """ACTIVE trades; REDUCING takes only what does not raise margin; HALTED takes cancels alone."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


SEVERITY = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


@dataclass(slots=True)
class Pace:
    """How fast orders have come, on the database's clock: orders of the calendar ``second`` and ``minute``
    (since the epoch), and ``due``, the microsecond at which the bucket of tokens is full again.

    ``terms`` is a hash of the newest order's terms and ``terms_at`` its microsecond.
    """

    second: int = 0
    in_second: int = 0
    minute: int = 0
    in_minute: int = 0
    due: int = 0
    terms: int = 0
    terms_at: int = 0

    def numbers(self) -> list[int]:
        """As the row keeps them."""
        return [
            self.second, self.in_second, self.minute, self.in_minute, self.due, self.terms, self.terms_at
        ]  # fmt: skip


@dataclass(slots=True)
class Standing:
    """``flows_today`` is what was paid in less what was taken out since the day's opening; ``peak`` the highest
    equity so far, moved by flows; ``gross`` and ``net`` exposure are as of the last look at prices, and what was
    ordered since. All in paise."""

    user_id: int = 0
    state: TradingState = TradingState.ACTIVE
    state_reason: str = ""
    open_orders: int = 0
    orders_today: int = 0
    trades_today: int = 0
    flows_today: int = 0
    peak: int = 0
    gross: int = 0
    net: int = 0
    pace: Pace = field(default_factory=Pace)

    def flow(self, source: Ledger, amount: int) -> None:
        """Money that came in or went out: it is neither profit nor loss, and moves the peak along."""
        paid_in = amount if source is Ledger.BANK else -amount
        self.flows_today += paid_in
        self.peak += paid_in

    def step(self, event: str, was_working: bool | None, is_working: bool) -> None:
        """Count a step of an order; ``was_working`` is None for the first."""
        if was_working is None:
            self.orders_today += 1
        if event == "FILLED":
            self.trades_today += 1
        self.open_orders += is_working - bool(was_working)

    def sent(self, terms: int, now: datetime) -> None:
        """Remember the newest order, so that the same one again is known."""
        self.pace.terms, self.pace.terms_at = terms, int(now.timestamp() * 1_000_000)

    def begin_day(self) -> None:
        """What is counted by the day starts again."""
        self.orders_today = self.trades_today = self.flows_today = 0

    def values(self) -> tuple[object, ...]:
        """What a use case may change of it, in the order of the columns of the account's row, the pace last."""
        counted = self.open_orders, self.orders_today, self.trades_today, self.flows_today
        return (*counted, self.peak, self.gross, self.net, self.pace.numbers())
