"""Options that are written: what they block, what closing them pays, and what a shrinking short does to others."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from core import decide, fills, holds
from core.account import Evidence, Work
from core.charges import Rates
from core.facts import Facts, MarketFacts, Quote
from core.instruments import Instrument, Kind
from core.ledger import BALANCES, HOUSE, Code, Ledger
from core.orders import Order, OrderType, PlaceOrder, Product, Side, Status
from core.reasons import Reason
from core.rulebook import in_force
from core.scan import Risk, Snapshot
from core.settlement import open_next_day
from tests.core.test_charges import NOW as RATES

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
EXPIRY = date(2026, 12, 1)
INDEX = Instrument(2, "NSE", "NIFTY 50", "Nifty 50", Kind.INDEX, 1, 5, 1)
CALL, HEDGE = (
    Instrument(n, "NFO", f"NIFTY26DEC{strike}CE", "", Kind.CE, 65, 5, 1_800, 2, expiry=EXPIRY, strike=strike * 100)
    for n, strike in ((4, 26_000), (5, 26_100))
)
LAST = {4: 100_00, 5: 80_00}
WHY = (Reason.CANCELLED_BY_USER, "Cancelled.")


def risk(worst: int) -> Risk:
    losses = np.full(16, -worst, np.int64)
    return Risk(losses, 0, worst, 100_00, 3_000, 200, 0, 175, True, EXPIRY, False)


class Desk:
    """One account and two calls, whose worst value in any scenario is 250 and 240 rupees."""

    def __init__(self, cash: int, rates: Rates = RATES) -> None:
        self.work, self.number = Work(1, "asha/main", "sim", TODAY, 1, dict.fromkeys(BALANCES, 0)), 0
        self.work.move(Ledger.BANK, Ledger.CASH, cash, Code.DEPOSIT, NOW)
        self.facts = Facts(
            now=NOW,
            market=MarketFacts("sim", "OPEN", True, TODAY, NOW),
            instruments={one.id: one for one in (INDEX, CALL, HEDGE)},
            rates=rates,
            rulebook=in_force(TODAY),
            quotes={key: Quote(price, 100) for key, price in LAST.items()},
            snapshots={
                2: Snapshot(
                    1,
                    24_000_00,
                    TODAY,
                    NOW,
                    risks={
                        (each.id, EXPIRY, each.strike): risk(most) for each, most in ((CALL, 250_00), (HEDGE, 240_00))
                    },
                )
            },
        )

    def place(self, side: str, quantity: int, price: int, instrument: Instrument = CALL) -> Order:
        self.number += 1
        wish = PlaceOrder(instrument.id, Side(side), OrderType.LIMIT, Product.NRML, quantity, price=price)
        return decide.place(self.work, self.facts, wish, self.number, f"k{self.number}", "asha")

    def fill(self, order: Order, quantity: int, price: int) -> None:
        self.number += 1
        evidence = Evidence(1, NOW, price, ((price, quantity),))
        fills.fill(self.work, self.facts, order, fills.Fill(quantity, price, NOW, evidence, self.number, self.number))

    def trade(self, side: str, quantity: int, price: int, instrument: Instrument = CALL) -> Order:
        order = self.place(side, quantity, price, instrument)
        assert order.status is Status.OPEN, order.reason
        self.fill(order, quantity, price)
        return order

    def __getitem__(self, ledger: str) -> int:
        if Ledger(ledger) in HOUSE:
            moved = [t for t in self.work.transfers if ledger in (t.source, t.target)]
            return sum(t.amount if t.target == ledger else -t.amount for t in moved)
        return self.work.balances[Ledger(ledger)]


def test_two_lots_written_and_one_bought_back() -> None:
    desk = Desk(20_000_000)
    desk.trade("SELL", 130, 101_00)
    assert (desk["CASH"], desk["MARGIN"], desk["INVESTED"]) == (11_818_089, 9_490_000, -1_313_000)
    assert desk["CHARGES"] == 4_911
    back = desk.place("BUY", 65, 80_00)
    assert (back.hold_cash, desk["HOLD"]) == (0, 0), "what closes a short holds nothing"
    desk.fill(back, 65, 80_00)
    assert (desk["CASH"], desk["MARGIN"], desk["INVESTED"]) == (15_903_994, 4_745_000, -656_500)
    assert (desk["GAINS"], desk["PNL"], desk["CHARGES"]) == (136_500, -136_500, 7_506)
    open_next_day(desk.work, NOW)
    assert desk["CASH"] == 16_040_494


def test_the_premium_of_a_written_option_cannot_be_spent() -> None:
    desk = Desk(48_00_000_00)
    free = desk.work.available
    desk.trade("SELL", 65, 101_00)
    assert desk.work.available < free - 65 * 150_00, "the span holds the option's value, which the premium paid for"


def test_buying_a_short_back_passes_with_nothing_free_and_may_take_cash_below_zero() -> None:
    desk = Desk(48_00_000)
    desk.trade("SELL", 65, 101_00)
    desk.work.move(Ledger.CASH, Ledger.BANK, desk["CASH"], Code.WITHDRAWAL, NOW)
    desk.facts = replace(desk.facts, quotes={**desk.facts.quotes, CALL.id: Quote(880_00, 0)})
    back = desk.place("BUY", 65, 900_00)
    assert back.status is Status.OPEN
    desk.fill(back, 65, 900_00)
    assert desk["MARGIN"] == 0
    assert desk["CASH"] < 0
    assert desk.work.positions[4, Product.NRML].quantity == 0


def test_only_what_goes_beyond_the_short_is_held_for() -> None:
    desk = Desk(1_00_00_000_00)
    desk.trade("SELL", 130, 101_00)
    first, second, third = (desk.place("BUY", 65 * lots, 90_00) for lots in (1, 2, 1))
    assert [order.closing for order in (first, second, third)] == [65, 65, 0]
    assert first.hold_cash == 0
    assert second.hold_cash >= 65 * 90_00
    assert third.hold_cash >= 65 * 90_00
    decide.cancel(desk.work, desk.facts, first, "asha", WHY)
    assert desk.work.positions[4, Product.NRML].claimed == 65


@pytest.mark.parametrize(("blocked", "status"), [(0, Status.OPEN), (1_00_00_000_00, Status.CANCELLED)])
def test_a_claim_on_a_short_that_another_order_closed_is_held_for_or_cancelled(blocked: int, status: Status) -> None:
    desk = Desk(1_00_00_000_00)
    desk.trade("SELL", 65, 101_00)
    claiming, other = desk.place("BUY", 65, 90_00), desk.place("BUY", 65, 95_00)
    desk.work.blocked_loss = blocked
    desk.fill(other, 65, 95_00)
    position = desk.work.positions[4, Product.NRML]
    assert (position.quantity, position.claimed, claiming.closing) == (0, 0, 0)
    assert claiming.status is status
    assert claiming.id in desk.work.beside, "the book hears of it"
    assert claiming.reason_code == (Reason.SHORT_SHRANK if status is Status.CANCELLED else None)
    assert claiming.hold_cash >= (65 * 90_00 if status is Status.OPEN else 0)
    assert "has shrunk" in (desk.work.events[-1].reason or "")


def test_trap_11_a_hedge_is_not_sold_before_what_it_covers_where_cash_is_short() -> None:
    desk = Desk(20_000_000)
    desk.trade("BUY", 65, 80_00, HEDGE)
    desk.trade("SELL", 65, 101_00)
    desk.work.move(Ledger.CASH, Ledger.BANK, desk["CASH"], Code.WITHDRAWAL, NOW)
    refused = desk.place("SELL", 65, 80_00, HEDGE)
    assert refused.status is Status.REJECTED
    assert refused.reason_code == Reason.OTHER_LEG_FIRST
    assert refused.reason == (
        "Closing NIFTY26DEC26100CE leaves what it covers bare and raises your margin by ₹15,600.00; you have ₹0.00."
        " Buy back 65 NIFTY26DEC26000CE first: that sets ₹31,850.00 free."
    )
    desk.trade("BUY", 65, 101_00)
    assert desk.place("SELL", 65, 80_00, HEDGE).status is Status.OPEN


def test_trap_11_the_legs_of_a_spread_in_either_order_block_the_same() -> None:
    ways = []
    for order in (("BUY", "SELL"), ("SELL", "BUY")):
        desk = Desk(20_000_000)
        for side in order:
            desk.trade(side, 130, 80_00 if side == "BUY" else 101_00, HEDGE if side == "BUY" else CALL)
        ways.append(desk["MARGIN"])
    assert ways[0] == ways[1]
    assert ways[0] == 130 * 10_00 + 6_240_000


def test_whether_an_order_raises_margin_can_be_asked_before_it_is_placed() -> None:
    desk = Desk(20_000_000)
    desk.trade("SELL", 65, 101_00)
    probe = desk.place("SELL", 65, 101_00)
    decide.cancel(desk.work, desk.facts, probe, "asha", WHY)
    probe.status, probe.cancelled = Status.OPEN, 0
    assert holds.margin_rise(desk.work, desk.facts, CALL, probe) > 0
    probe.side = Side.BUY
    assert holds.margin_rise(desk.work, desk.facts, CALL, probe) <= 0
