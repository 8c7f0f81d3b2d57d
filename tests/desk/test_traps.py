"""Traps that trading software falls into, each by its number: the rules of the Indian market against whole orders.

Those of the calendar, the auctions, the rates and the crash points stand where their neighbours do, under the same
names: every number from 1 to 18 has its ``test_trap_N``.
"""

import re
from datetime import datetime
from pathlib import Path

from core.calendar import IST
from core.matching import IocRemainder
from core.reasons import Reason
from desk import closing
from desk.answers import Answer
from tests.floor import INFY, NIFTY, SBIN, Floor


def read(floor: Floor, query: str, *values: object) -> tuple[object, ...]:
    with floor.database.connection() as connection:
        row = connection.execute(query.encode(), values).fetchone()
    assert row
    return tuple(row)


def next_day(floor: Floor) -> None:
    day = floor.trading_date
    now = datetime(day.year, day.month, day.day, 15, 31, tzinfo=IST)
    step = closing.due(floor.database, "sim", now)
    assert step
    closing.roll(floor.database, "sim", step, now)
    floor.trading_date = step.next_date
    floor.price(SBIN, 80_000)
    with floor.database.connection() as connection:
        connection.execute("update markets set phase = 'OPEN' where id = 'sim'")


def code(answer: Answer) -> object:
    return answer.body.get("reason_code")


def orders_of(floor: Floor, account: int) -> int:
    return int(str(read(floor, "select count(*) from orders where account_id = %s", account)[0]))


def test_trap_6_three_partial_fills_pay_one_brokerage(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)
    order = floor.place(account, "BUY", 300, INFY, 150_000, "MIS")
    for _ in range(3):
        assert floor.fill(account, order, 100, 150_000).done
    paid = read(floor, "select count(*), sum(brokerage) from charge_entries where order_id = %s", floor.number(order))
    assert paid == (3, 2_000), "each fill alone is worth more than the cap of 20 rupees"


def test_trap_7_the_freeze_quantity_is_counted_in_whole_lots(floor: Floor) -> None:
    account = floor.account(cash=10**12)
    future = floor.future()
    assert (future.lot, future.freeze_quantity) == (65, 1_800)
    floor.price(NIFTY, 2_400_000)
    floor.price(future.key, 2_410_000)
    assert floor.place(account, "BUY", 1_755, future.key, 2_410_000, "NRML").status == 201
    above = floor.place(account, "BUY", 1_820, future.key, 2_410_000, "NRML")
    assert code(above) == 302
    itself = floor.place(account, "BUY", 1_800, future.key, 2_410_000, "NRML")
    assert code(itself) == 301, "the freeze quantity itself is no multiple of 65"


def test_trap_8_a_stop_waits_on_its_own_side_of_the_last_price(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    below = floor.place(account, "BUY", 10, INFY, 149_000, "MIS", "SL", trigger=148_000)
    assert (below.ok, code(below)) == (False, 309)
    above = floor.place(account, "SELL", 10, INFY, 151_000, "MIS", "SL", trigger=152_000)
    assert (above.ok, code(above)) == (False, 309)
    assert floor.place(account, "BUY", 10, INFY, 152_000, "MIS", "SL", trigger=151_000).status == 201


def test_trap_9_a_price_between_two_ticks_is_refused(floor: Floor) -> None:
    account = floor.account(cash=10**12)
    future = floor.future()
    floor.price(NIFTY, 2_400_000)
    floor.price(future.key, 2_410_000)
    for key, quantity, price, product, tick in (
        (SBIN, 1, 80_007, "CNC", floor.instrument(SBIN).tick),
        (future.key, 65, 2_410_005, "NRML", future.tick),
    ):
        assert price % tick, f"{price} lies between two ticks of {tick}"
        assert code(floor.place(account, "BUY", quantity, key, price, product)) == 303
    assert orders_of(floor, account) == 0


def test_trap_10_yesterdays_shares_can_be_sold_and_their_proceeds_not_spent(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 3, SBIN, 80_000)
    next_day(floor)
    floor.buy(account, 2, SBIN, 80_000)
    next_day(floor)
    six = floor.place(account, "SELL", 6, SBIN, 80_000)
    assert not six.ok
    before = floor.balances(account)
    floor.sell(account, 5, SBIN, 80_000)
    after = floor.balances(account)
    assert before["INVESTED"] - after["INVESTED"] == 400_000
    # 4,000.00 sold: 4.00 STT, 0.12 to the exchange and 0.02 GST on that, paid by what was credited last.
    assert after["UNSETTLED"] == 160_000 - 414, "two of T1, less the charges, wait for tomorrow"
    assert after["CASH"] - before["CASH"] == 240_000, "three settled ones can be spent in full today"
    next_day(floor)
    assert floor.balances(account)["UNSETTLED"] == 0


def test_trap_15_refused_before_the_book_leaves_nothing_refused_by_risk_leaves_a_row(floor: Floor) -> None:
    account = floor.account(cash=1_000_000)
    wrong = floor.place(account, "BUY", 1, SBIN, 80_007)
    assert not wrong.ok
    assert "order_id" not in wrong.body or wrong.body["order_id"] is None
    assert orders_of(floor, account) == 0
    dear = floor.place(account, "BUY", 100, SBIN, 80_000)
    assert dear.status == 422
    status, why = read(floor, "select status, reason from orders where id = %s", int(dear.body["order_id"]))
    assert status == "REJECTED"
    assert why
    assert why == dear.body["detail"]


def test_trap_16_what_is_left_of_an_ioc_is_cancelled_not_complete(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    order = floor.place(account, "BUY", 10, SBIN, 80_000, validity="IOC")
    assert floor.fill(account, order, 4, 80_000).done
    number = floor.number(order)
    now = int(datetime.now(IST).timestamp() * 1000)
    floor.send(IocRemainder(number, account, floor.instrument(SBIN).id, 6, floor.frame, now))
    row = read(floor, "select status, filled, cancelled, quantity, reason_code from orders where id = %s", number)
    assert row == ("CANCELLED", 4, 6, 10, Reason.IOC_REMAINDER)


def test_trap_17_two_traders_may_cross_and_one_does_not_cross_himself(floor: Floor) -> None:
    asha, swing, binu = floor.account("asha"), floor.account("asha", book="swing"), floor.account("binu")
    bought = floor.place(asha, "BUY", 1, SBIN, 80_000, "MIS")
    assert bought.status == 201
    for account, what in ((asha, "the same book"), (swing, "another book of the same trader")):
        himself = floor.place(account, "SELL", 1, SBIN, 80_000, "MIS")
        assert (himself.status, code(himself)) == (422, Reason.SELF_TRADE), what
        assert "your own order" in str(himself.body["detail"])
        assert floor.place(account, "SELL", 1, SBIN, 0, "MIS", "MARKET").status == 422, f"{what}, at the market"
    away = floor.place(swing, "SELL", 1, SBIN, 80_100, "MIS")
    assert away.status == 201, "where they do not meet both may rest"
    assert code(floor.modify(swing, away, price=80_000)) == Reason.SELF_TRADE, "nor by a change of price"
    sold = floor.place(binu, "SELL", 1, SBIN, 80_000, "MIS")
    assert sold.status == 201
    assert floor.fill(asha, bought, 1, 80_000).done, "the market fills the one"
    assert floor.fill(binu, sold, 1, 80_000).done, "and the other"
    assert floor.place(swing, "BUY", 1, SBIN, 79_000, "MIS").status == 201
    leaving = floor.place(asha, "SELL", 1, SBIN, 79_000, "MIS")
    assert leaving.status == 201, "what closes a position is never blocked"
    floor.sound()


def test_every_trap_has_a_test_of_its_name() -> None:
    tests = Path(__file__).parents[1]
    found = {
        int(number)
        for file in tests.rglob("test_*.py")
        for number in re.findall(r"^def test_trap_(\d+)_", file.read_text(), re.MULTILINE)
    }
    assert found == set(range(1, 19))
