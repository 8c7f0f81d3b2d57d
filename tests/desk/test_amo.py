"""Orders placed while the exchange is closed: what is taken, what it ties up, and what becomes of it at the opening."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from core.calendar import IST
from core.reasons import Reason
from db.engine import Database
from desk import amo, closing, masters
from desk import market as markets
from tests.floor import SBIN, Floor

EVENING = "2026-11-25 20:00"
CASH = 10_000_000


class Hours(Floor):
    """A floor that keeps the exchange's hours; its clock shows what it is set to."""

    def at(self, text: str) -> datetime:
        """Sets the exchange's clock, and the trading date that belongs to it."""
        moment = datetime.fromisoformat(text).replace(tzinfo=IST)
        calendar = masters.get(self.database).calendar.under("nse")
        self.trading_date = calendar.trading_date_at(moment)
        phase = "OPEN" if calendar.is_awake(moment) else "CLOSED"
        with self.database.connection() as connection:
            connection.execute(
                "update markets set session = 'nse', exchange_time = %s, frame_at = null, phase = %s, trading_date = %s"
                " where id = 'sim'",
                [moment, phase, self.trading_date],
            )
            connection.execute("update accounts set trading_date = %s", [self.trading_date])
        masters.forget(self.database)
        return moment

    def release(self, text: str) -> dict[str, Any]:
        """What the sidecar does at that time."""
        moment = self.at(text)
        return amo.release(self.database, markets.state(self.database, "sim"), moment)

    def order(self, number: int) -> tuple[Any, ...]:
        with self.database.connection() as connection:
            row = connection.execute(
                "select status, reason_code, trading_date::text, amo from orders where id = %s", [number]
            ).fetchone()
        assert row
        return tuple(row)


@pytest.fixture
def floor(database: Database) -> Iterator[Hours]:
    floor = Hours(database)
    floor.at(EVENING)
    floor.price(SBIN, 80_000)
    yield floor
    floor.sound()


def test_an_order_in_the_evening_waits_and_holds_its_money(floor: Hours) -> None:
    account = floor.account()
    answer = floor.place(account, "BUY", 100, SBIN, 79_000)
    assert answer.status == 201
    assert (answer.body["status"], answer.body["amo"], answer.body["trading_date"]) == ("AMO", True, "2026-11-26")
    assert "on Thu 26 Nov at 09:00" in answer.body["reason"]
    assert floor.balances(account)["HOLD"] >= 7_900_000
    floor.sound()


def test_it_is_sent_into_the_opening_auction_once_and_only_once(floor: Hours) -> None:
    account = floor.account()
    number = floor.number(floor.place(account, "BUY", 100, SBIN, 79_000))
    assert floor.release("2026-11-26 08:59:59") == {"sent": 0, "refused": 0}
    assert floor.release("2026-11-26 09:00") == {"sent": 1, "refused": 0}
    assert floor.order(number) == ("OPEN", None, "2026-11-26", True)
    assert floor.release("2026-11-26 09:00:01") == {"sent": 0, "refused": 0}
    assert floor.balances(account)["HOLD"] >= 7_900_000


@pytest.mark.parametrize(
    ("key", "order", "nine", "quarter"),
    [
        (SBIN, {"price": 79_000}, True, True),
        (SBIN, {}, True, True),
        (SBIN, {"price": 79_000, "validity": "IOC"}, False, True),
        (SBIN, {"price": 82_000, "trigger": 81_000, "order_type": "SL"}, False, True),
        (SBIN, {"trigger": 81_000, "order_type": "SL-M"}, False, True),
        ("future", {"price": 2_500_000, "product": "NRML"}, False, True),
        ("call", {"price": 10_000, "product": "NRML"}, False, True),
    ],
)
def test_what_is_sent_at_nine_and_what_at_a_quarter_past(
    floor: Hours, key: str, order: dict[str, Any], nine: bool, quarter: bool
) -> None:
    account = floor.account(cash=100_000_000)
    chain = floor.master.chain(floor.instrument("NSE:NIFTY 50").id)
    floor.price("NSE:NIFTY 50", 2_500_000)
    kind = {"future": "FUT", "call": "CE"}.get(key)
    found = next((one for one in chain if one.kind == kind and one.expiry and one.expiry > floor.trading_date), None)
    if found is not None:
        key = found.key
        floor.price(key, order["price"])
    answer = floor.place(account, "BUY", found.lot if found else 10, key, **({"product": "CNC"} | order))
    assert answer.body["status"] == "AMO", answer.body
    assert (floor.release("2026-11-26 09:00")["sent"] == 1) is nine
    floor.release("2026-11-26 09:15")
    status = floor.order(floor.number(answer))[0]
    assert (status in ("OPEN", "TRIGGER_PENDING")) is quarter


@pytest.mark.parametrize(
    ("at", "asked", "reason", "sentence"),
    [
        ("2026-11-26 11:00", True, Reason.AMO_NOT_NOW, "SBIN trades now: place the order now, without AMO."),
        ("2026-11-26 08:59", None, Reason.WINDOW_CLOSED, "SBIN does not trade now. Try again at 09:00."),
        ("2026-11-26 08:59", True, Reason.AMO_NOT_NOW, "After-market orders are taken again at 16:00."),
    ],
)
def test_when_it_is_not_taken(floor: Hours, at: str, asked: bool | None, reason: Reason, sentence: str) -> None:
    account = floor.account()
    floor.at(at)
    answer = floor.place(account, "BUY", 10, SBIN, 79_000, amo=asked)
    assert (answer.body["reason_code"], answer.body["detail"]) == (int(reason), sentence)


def test_a_market_that_never_closes_takes_none(floor: Hours) -> None:
    account = floor.account()
    with floor.database.connection() as connection:
        connection.execute("update markets set session = 'always', phase = 'OPEN'")
    answer = floor.place(account, "BUY", 10, SBIN, 79_000, amo=True)
    assert answer.body["reason_code"] == int(Reason.AMO_NOT_NOW)
    assert floor.place(account, "BUY", 10, SBIN, 79_000).body["status"] == "OPEN"


def test_a_blind_order_on_options_is_not_taken(floor: Hours) -> None:
    account = floor.account(cash=100_000_000)
    chain = floor.master.chain(floor.instrument("NSE:NIFTY 50").id)
    call = next(one for one in chain if one.kind == "CE" and one.expiry and one.expiry > floor.trading_date)
    floor.price(call.key, 10_000)
    answer = floor.place(account, "BUY", call.lot, call.key, product="NRML")
    assert answer.body["reason_code"] == int(Reason.AMO_NOT_TAKEN)


def test_it_is_checked_again_and_what_it_held_returns_where_it_is_refused(floor: Hours) -> None:
    account = floor.account()
    number = floor.number(floor.place(account, "BUY", 100, SBIN, 79_000))
    floor.at("2026-11-26 08:00")
    floor.price(SBIN, 120_000)  # an opening far away: the limit lies below the day's band
    assert floor.release("2026-11-26 09:00") == {"sent": 0, "refused": 1}
    assert floor.order(number)[:2] == ("REJECTED", int(Reason.OUTSIDE_BAND))
    assert floor.balances(account)["CASH"] == CASH


def test_a_market_order_holds_the_upper_limit_of_the_day(floor: Hours) -> None:
    account = floor.account()
    floor.place(account, "BUY", 100, SBIN)
    assert floor.balances(account)["HOLD"] >= 100 * 96_000


def test_it_can_be_changed_and_cancelled_while_it_waits(floor: Hours) -> None:
    account = floor.account()
    order = floor.place(account, "BUY", 100, SBIN, 79_000)
    changed = floor.modify(account, order, price=78_000)
    assert (changed.status, changed.body["status"], changed.body["price"]) == (200, "AMO", 780)
    assert changed.body["reason"].startswith("After-market order")
    floor.sound()
    assert floor.cancel(account, order).body["status"] == "CANCELLED"
    assert floor.balances(account)["CASH"] == CASH
    assert floor.release("2026-11-26 09:00") == {"sent": 0, "refused": 0}


@pytest.mark.parametrize("at", ["2026-11-26 08:59", "2026-11-26 09:05"])
def test_while_it_is_about_to_be_sent_it_can_only_be_cancelled(floor: Hours, at: str) -> None:
    account = floor.account()
    order = floor.place(account, "BUY", 100, SBIN, 79_000)
    floor.at(at)
    changed = floor.modify(account, order, price=78_000)
    assert changed.body["reason_code"] == int(Reason.AMO_NOT_NOW)
    assert changed.body["detail"].startswith("The order is about to be sent to the exchange. Change it once it is open")
    assert floor.cancel(account, order).body["status"] == "CANCELLED"


def test_it_outlives_the_roll_and_its_money_stays_held(floor: Hours) -> None:
    now = floor.at("2026-11-25 15:50")
    account = floor.account(cash=100_000_000)
    chain = floor.master.chain(floor.instrument("NSE:NIFTY 50").id)
    call = next(one for one in chain if one.kind == "CE" and one.expiry and one.expiry > floor.trading_date)
    for key, price in (("NSE:NIFTY 50", 2_500_000), (call.key, 10_000), (SBIN, 80_000)):
        floor.price(key, price)
    number = floor.number(floor.place(account, "BUY", call.lot, call.key, 10_000, "NRML"))
    assert floor.order(number)[0] == "AMO"
    held = floor.balances(account)["HOLD"]
    after = now.replace(hour=16, minute=1)
    step = closing.due(floor.database, "sim", after)
    assert step
    closing.roll(floor.database, "sim", step, after)
    assert floor.order(number)[0] == "AMO"
    assert floor.balances(account)["HOLD"] == held > 0
    floor.sound()
    floor.at("2026-11-26 09:15")
    floor.price(call.key, 10_000)
    assert floor.release("2026-11-26 09:15")["sent"] == 1
    assert floor.order(number) == ("OPEN", None, "2026-11-26", True)


def test_the_square_off_leaves_what_waits_for_another_date(floor: Hours) -> None:
    account = floor.account(cash=100_000_000)
    number = floor.number(floor.place(account, "BUY", 10, SBIN, 79_000, "MIS"))
    closing.square_off(floor.database, "sim")
    assert floor.order(number)[0] == "AMO"


def test_what_waited_does_not_trade_with_its_owner_at_the_opening(floor: Hours) -> None:
    """Two after-market orders of one user, in two books, that an opening auction would match with each other."""
    main, swing = floor.account(), floor.account(book="swing", cash=CASH)
    bought = floor.number(floor.place(main, "BUY", 10, SBIN, 80_500))
    sold = floor.number(floor.place(swing, "SELL", 10, SBIN, 80_000, "MIS"))
    assert floor.release("2026-11-26 09:00") == {"sent": 1, "refused": 1}
    assert floor.order(bought)[0] == "OPEN"
    assert floor.order(sold)[:2] == ("REJECTED", int(Reason.SELF_TRADE))
    assert floor.balances(swing)["HOLD"] == 0
