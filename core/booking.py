"""The transfers of one trade: what buying, selling, profit and loss move, by kind of position."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from core.account import Work
from core.instruments import OPTIONS, Instrument
from core.ledger import Code, Ledger
from core.orders import Order, Product, Side
from core.positions import Lot, apply_fill, sell_lots

# Marks the proceeds of shares that lay in the demat account: they can be spent today, not withdrawn.
DEMAT = "demat"


class Deal(NamedTuple):
    """``quantity`` units at ``price`` paise on one side, under the numbers that its rows will have."""

    side: Side
    product: Product
    quantity: int
    price: int
    at: datetime
    trade_id: int
    order_id: int | None = None


@dataclass(slots=True)
class Booking:
    """Posts one deal to an account. ``order`` is whose hold pays first; None where no order stands behind it.
    ``usable_proceeds``: basis points of demat proceeds that can be spent today."""

    work: Work
    instrument: Instrument
    deal: Deal
    order: Order | None = None
    charge_id: int | None = None
    usable_proceeds: int = 10_000

    def move(self, source: Ledger, target: Ledger, amount: int, code: Code, note: str = "") -> None:
        """Post one transfer of this deal; nothing for 0."""
        if not amount:
            return
        charged = self.charge_id if Ledger.CHARGES in (source, target) else None
        self.work.move(
            source, target, amount, code, self.deal.at,
            order_id=self.deal.order_id, trade_id=self.deal.trade_id, charge_id=charged, reference=note,
        )  # fmt: skip

    def exchange(self, settles_on: date, post_margin: Callable[[], None]) -> tuple[int, Ledger | None]:
        """Move what is bought or sold. Returns what it realised, and where its proceeds went, if anywhere.

        ``post_margin`` is called once the position has changed and before it is paid for: what a closed short
        sets free pays for closing it.
        """
        deal = self.deal
        if deal.product is Product.CNC:
            return (self._buy_shares(settles_on), None) if deal.side is Side.BUY else self._sell_shares()
        position = self.work.position(self.instrument, deal.product)
        effect = apply_fill(position, deal.side, deal.quantity, deal.price)
        post_margin()
        if self.instrument.kind not in OPTIONS:
            self._take_profit(effect.realised)
            return effect.realised, None
        if deal.side is Side.BUY:
            self.move(Ledger.CASH, Ledger.INVESTED, -effect.closed_mark, Code.COST)
            if effect.closed:
                self._take_profit(effect.realised)
            self._invest(effect.opened_value)
            return effect.realised, None
        self._proceeds(effect.closed_mark, effect.realised, Ledger.OPTION_CREDIT, Ledger.OPTION_CREDIT)
        self.move(Ledger.INVESTED, Ledger.CASH, effect.opened_value, Code.COST)
        return effect.realised, Ledger.OPTION_CREDIT if effect.closed else Ledger.CASH

    def from_hold(self, target: Ledger, amount: int, code: Code) -> int:
        """Pay from the order's own hold, its credit first; returns what the hold did not cover."""
        if self.order is None:
            return amount
        order = self.order
        if part := min(amount, order.hold_credit):
            order.hold_credit -= part
            self.move(Ledger.HOLD, target, part, code)
            amount -= part
        if part := min(amount, order.hold_cash):
            order.hold_cash -= part
            self.move(Ledger.HOLD, target, part, code)
            amount -= part
        return amount

    def charge(self, amount: int, proceeds: Ledger | None) -> None:
        """Take charges from the own hold, then from what the deal credited, then from CASH; refund to CASH."""
        if amount > 0:
            amount = self.from_hold(Ledger.CHARGES, amount, Code.CHARGES)
            if proceeds in (Ledger.UNSETTLED, Ledger.OPTION_CREDIT):
                part = min(amount, self.work.balances[proceeds])
                self.move(proceeds, Ledger.CHARGES, part, Code.CHARGES)
                amount -= part
        self.move(Ledger.CASH, Ledger.CHARGES, amount, Code.CHARGES)

    def _invest(self, value: int) -> None:
        self.move(Ledger.CASH, Ledger.INVESTED, self.from_hold(Ledger.INVESTED, value, Code.COST), Code.COST)

    def _buy_shares(self, settles_on: date) -> int:
        work, deal = self.work, self.deal
        value = deal.quantity * deal.price
        apply_fill(work.position(self.instrument, Product.CNC), Side.BUY, deal.quantity, deal.price)
        lot = Lot(work.id, self.instrument.id, deal.trade_id, deal.quantity, value, work.trading_date, settles_on)
        work.lots.setdefault(self.instrument.id, []).append(lot)
        work.changed_lots.add(self.instrument.id)
        self._invest(value)
        return 0

    def _sell_shares(self) -> tuple[int, Ledger]:
        """Demat shares and today's pay into CASH (today's gain into GAINS), T1 shares into UNSETTLED."""
        work, deal = self.work, self.deal
        position = work.position(self.instrument, Product.CNC)
        sales = sell_lots(position, work.lots.get(self.instrument.id, []), deal.quantity, deal.price)
        work.changed_lots.add(self.instrument.id)
        realised, last = 0, Ledger.CASH
        for sale in sales:
            gain = sale.proceeds - sale.cost
            realised += gain
            if sale.lot.bought_on == work.trading_date:
                back, profit, note = Ledger.CASH, Ledger.GAINS, ""
            elif sale.lot.settles_on >= work.trading_date:
                back, profit, note = Ledger.UNSETTLED, Ledger.UNSETTLED, ""
            else:
                back, profit, note = Ledger.CASH, Ledger.CASH, DEMAT
            self._proceeds(sale.cost, gain, back, profit, note)
            if note:
                withheld = sale.proceeds * (10_000 - self.usable_proceeds) // 10_000
                self.move(Ledger.CASH, Ledger.UNSETTLED, withheld, Code.SETTLE, note)
            last = back
        return realised, last

    def _proceeds(self, cost: int, gain: int, back: Ledger, profit: Ledger, note: str = "") -> None:
        """Cost comes back to ``back``; a gain goes to ``profit``, a loss leaves what was just credited."""
        self.move(Ledger.INVESTED, back, cost, Code.COST, note)
        if gain >= 0:
            self.move(Ledger.PNL, profit, gain, Code.GAIN, note)
        else:
            self.move(back, Ledger.PNL, -gain, Code.LOSS, note)

    def _take_profit(self, realised: int) -> None:
        """Profit made today waits in GAINS; a loss takes from there as far as it goes, then from CASH."""
        if realised >= 0:
            self.move(Ledger.PNL, Ledger.GAINS, realised, Code.GAIN)
            return
        from_gains = min(-realised, self.work.balances[Ledger.GAINS])
        self.move(Ledger.GAINS, Ledger.PNL, from_gains, Code.LOSS)
        self.move(Ledger.CASH, Ledger.PNL, -realised - from_gains, Code.LOSS)
