"""The worked examples of the ledger, to the paisa: a trader can follow each with a pencil."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core import decide, fills
from core.account import Evidence, Work
from core.booking import Booking, Deal
from core.facts import Facts, MarketFacts, Quote
from core.instruments import Instrument, Kind
from core.ledger import BALANCES, HOUSE, Code, Ledger
from core.margin_rules import of_cash
from core.orders import ModifyOrder, OrderType, PlaceOrder, Product, Side, Status
from core.positions import Lot
from core.reasons import Reason
from core.rulebook import in_force
from core.scan import Snapshot
from tests.core.test_charges import NOW as RATES

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SHARE = Instrument(1, "NSE", "INFY", "Infosys", Kind.EQ, 1, 5, 100_000)


def facts(price: int = 150_000, settles_on: date = date(2026, 11, 24)) -> Facts:
    return Facts(
        now=NOW,
        market=MarketFacts("sim", "OPEN", True, TODAY, NOW),
        instruments={1: SHARE},
        rates=RATES,
        rulebook=in_force(TODAY),
        quotes={1: Quote(price, 100)},
        bands={1: (100_000, 200_000)},
        snapshots={1: Snapshot(1, 150_000, TODAY, NOW)},
        settles_on=settles_on,
    )


def account(cash: int) -> Work:
    work = Work(1, "asha/main", "sim", TODAY, 1, dict.fromkeys(BALANCES, 0))
    work.move(Ledger.BANK, Ledger.CASH, cash, Code.DEPOSIT, NOW)
    return work


@pytest.mark.parametrize(
    ("on", "usable", "withheld"),
    [(date(2024, 10, 4), 192_000, 48_000), (date(2024, 10, 7), 240_000, 0), (date(2026, 11, 23), 240_000, 0)],
)
def test_of_settled_shares_that_are_sold_four_fifths_could_be_spent_until_october_2024(
    on: date, usable: int, withheld: int
) -> None:
    """3 shares bought at 700.00 lie in the demat account and are sold at 800.00; the rest settles a day later."""
    work = Work(1, "asha/main", "sim", on, 1, dict.fromkeys(BALANCES, 0))
    work.position(SHARE, Product.CNC).quantity = 3
    work.position(SHARE, Product.CNC).cost = work.balances[Ledger.INVESTED] = 210_000
    work.lots[SHARE.id] = [Lot(1, SHARE.id, 1, 3, 210_000, on - timedelta(9), on - timedelta(8))]
    deal = Deal(Side.SELL, Product.CNC, 3, 80_000, NOW, trade_id=2)
    sale = Booking(work, SHARE, deal, usable_proceeds=of_cash(on).usable_proceeds)
    assert sale.exchange(on, lambda: None) == (30_000, Ledger.CASH)
    assert (work.balances[Ledger.CASH], work.balances[Ledger.UNSETTLED]) == (usable, withheld)


class Broker:
    """Places and fills by name, numbering rows as the database would."""

    def __init__(self, cash: int) -> None:
        self.work, self.next = account(cash), 1

    def place(self, side: str, quantity: int, price: int, product: str) -> int:
        self.next += 1
        wish = PlaceOrder(1, Side(side), OrderType.LIMIT, Product(product), quantity, price=price)
        decide.place(self.work, facts(), wish, self.next, f"k{self.next}", "asha")
        return self.next

    def fill(self, order_id: int, quantity: int, price: int) -> None:
        self.next += 1
        evidence = Evidence(1, NOW, price, ((price, quantity),))
        order = self.work.orders[order_id]
        fills.fill(self.work, facts(), order, fills.Fill(quantity, price, NOW, evidence, self.next, self.next))

    def house(self, ledger: Ledger) -> int:
        got = sum(t.amount for t in self.work.transfers if t.target is ledger)
        return got - sum(t.amount for t in self.work.transfers if t.source is ledger)

    def balance(self, ledger: Ledger) -> int:
        return self.work.balances[ledger]

    def adds_up(self) -> bool:
        self.work.check()
        return sum(self.work.balances.values()) == -sum(self.house(ledger) for ledger in HOUSE)


def test_a_delivery_purchase_in_two_fills_and_a_cancel() -> None:
    broker = Broker(10_000_000)
    order = broker.place("BUY", 50, 150_000, "CNC")
    assert broker.work.orders[order].hold_cash == 7_508_906
    broker.fill(order, 20, 149_950)
    assert broker.work.orders[order].hold_cash == 4_506_344
    broker.fill(order, 10, 150_000)
    assert broker.work.orders[order].hold_cash == 3_004_563
    decide.cancel(broker.work, facts(), broker.work.orders[order], "asha", (Reason.CANCELLED_BY_USER, "Cancelled."))
    assert broker.balance(Ledger.CASH) == 5_495_657
    assert broker.balance(Ledger.INVESTED) == 4_499_000
    assert broker.house(Ledger.CHARGES) == 5_343
    assert broker.adds_up()


def test_an_intraday_short_with_resting_orders_covered_at_a_loss() -> None:
    broker = Broker(1_000_000)
    short = broker.place("SELL", 10, 149_900, "MIS")
    assert broker.balance(Ledger.HOLD) == 300_000
    broker.fill(short, 10, 149_900)
    assert (broker.balance(Ledger.MARGIN), broker.house(Ledger.CHARGES)) == (300_000, 986)
    broker.place("SELL", 5, 155_000, "MIS")
    broker.place("BUY", 10, 145_000, "MIS")
    assert broker.balance(Ledger.HOLD) == 150_000
    cover = broker.place("BUY", 10, 151_200, "MIS")
    broker.fill(cover, 10, 151_200)
    assert broker.balance(Ledger.HOLD) == 300_000
    assert broker.balance(Ledger.MARGIN) == 0
    assert broker.balance(Ledger.CASH) == 685_377
    assert (broker.house(Ledger.PNL), broker.house(Ledger.CHARGES)) == (13_000, 1_623)
    assert broker.adds_up()


@pytest.mark.parametrize(
    ("quantity", "price", "status"),
    [(66, 150_000, Status.OPEN), (67, 150_000, Status.REJECTED)],
)
def test_an_order_that_costs_more_than_there_is_is_rejected(quantity: int, price: int, status: Status) -> None:
    broker = Broker(66 * 150_000 + 11_756)
    order = broker.work.orders[broker.place("BUY", quantity, price, "CNC")]
    assert order.status is status
    assert broker.adds_up()


def test_a_modify_holds_again_for_all_that_is_left() -> None:
    broker = Broker(10_000_000)
    order = broker.work.orders[broker.place("BUY", 1, 150_000, "CNC")]
    held = order.hold_cash
    decide.modify(broker.work, facts(), order, ModifyOrder(quantity=10), "asha")
    assert order.hold_cash > 9 * held
    assert broker.balance(Ledger.HOLD) == order.hold_cash
    assert broker.adds_up()
