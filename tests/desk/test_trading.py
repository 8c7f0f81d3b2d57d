"""Placing, modifying, cancelling and filling against a real database: money that other paper brokers lose."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time

import pytest

from core.calendar import IST
from core.matching import Trigger
from core.orders import OrderType
from desk import trading
from tests.floor import INFY, SBIN, Floor


def test_an_order_is_accepted_held_filled_and_paid(floor: Floor) -> None:
    account = floor.account(cash=10_000_000)
    order = floor.place(account, "BUY", 50, INFY, 150_000)
    assert (order.status, order.body["status"]) == (201, "OPEN")
    assert floor.balances(account)["HOLD"] == 7_508_910 - 4
    floor.fill(account, order, 20, 149_950)
    floor.fill(account, order, 10, 150_000)
    assert floor.cancel(account, order).body["status"] == "CANCELLED"
    assert floor.balances(account) | {"CASH": 0} == dict.fromkeys(floor.balances(account), 0) | {"INVESTED": 4_499_000}
    assert floor.balances(account)["CASH"] == 5_495_657


def test_a_fill_elsewhere_never_hands_back_what_rests(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    for _ in range(3):
        floor.place(account, "BUY", 570, INFY, 149_000)
        floor.buy(account, 1, SBIN, 80_000)
    statuses = [floor.place(account, "BUY", 570, INFY, 149_000).status for _ in range(2)]
    assert statuses == [422, 422]
    assert floor.balances(account)["CASH"] >= 0


def test_a_cancelled_order_takes_no_fill(floor: Floor) -> None:
    account = floor.account()
    order = floor.place(account, "BUY", 10, INFY, 149_000)
    floor.cancel(account, order)
    assert floor.fill(account, order, 10, 149_000).dropped
    assert floor.position(account, INFY) == (0, 0)


def test_a_modify_reserves_again_and_is_refused_when_it_costs_too_much(floor: Floor) -> None:
    account = floor.account(cash=1_000_000)
    order = floor.place(account, "BUY", 1, INFY, 149_000)
    refused = floor.modify(account, order, quantity=100_000)
    assert (refused.status, refused.body["reason_code"]) == (422, 500)
    assert floor.modify(account, order, quantity=-5).status == 422
    assert floor.fill(account, order, 2, 149_000).dropped
    assert floor.fill(account, order, 1, 149_000).done


def test_a_reversal_blocks_margin_for_all_of_the_new_position(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 75, SBIN, 80_000, "MIS")
    floor.sell(account, 225, SBIN, 80_000, "MIS")
    assert floor.position(account, SBIN, "MIS")[0] == -150
    assert floor.balances(account)["MARGIN"] == 150 * 80_000 * 20 // 100


def test_a_holding_sold_and_bought_back_keeps_its_profit(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, SBIN, 80_000)
    before = floor.balances(account)
    floor.sell(account, 100, SBIN, 80_500)
    floor.buy(account, 100, SBIN, 80_000)
    after = floor.balances(account)
    assert after["GAINS"] == 100 * 500
    assert after["INVESTED"] == before["INVESTED"]


def test_resting_sales_reserve_their_shares(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, SBIN, 80_000)
    answers = [floor.place(account, "SELL", 100, SBIN, 81_000) for _ in range(3)]
    assert [answer.status for answer in answers] == [201, 422, 422]
    assert answers[1].body["reason_code"] == 403
    assert answers[1].body["order_id"]


def test_a_fill_at_another_price_costs_what_it_cost(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    order = floor.place(account, "BUY", 1000, SBIN, order_type="MARKET")
    floor.fill(account, order, 1000, 80_005)
    assert floor.balances(account)["INVESTED"] == 1000 * 80_005
    assert floor.balances(account)["HOLD"] == 0


def test_averages_are_exact_to_the_paisa(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.price(SBIN, 10_000)
    floor.buy(account, 1, SBIN, 10_000, "MIS")
    floor.buy(account, 2, SBIN, 10_005, "MIS")
    floor.sell(account, 3, SBIN, 10_005, "MIS")
    assert floor.position(account, SBIN, "MIS") == (0, 5)


def test_eight_threads_place_and_fill_without_losing_a_share(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)

    def work(_: int) -> None:
        for _ in range(50):
            order = floor.place(account, "BUY", 1, SBIN, 80_000)
            assert order.status == 201, order.body
            assert floor.fill(account, order, 1, 80_000).done

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert floor.position(account, SBIN)[0] == 400
    assert floor.balances(account)["INVESTED"] == 400 * 80_000


def test_a_hundred_orders_at_once_on_money_for_one(floor: Floor) -> None:
    account = floor.account(cash=1_600_000)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: floor.place(account, "BUY", 10, INFY, 150_000), range(100)))
    assert sorted(answer.status for answer in answers) == [201] + [422] * 99


def test_close_pressed_three_times_closes_once(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, SBIN, 80_000, "MIS")
    one = floor.instrument(SBIN).id
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: trading.exit_position(floor.database, "asha", account, one, "MIS"), range(3)))
    placed = [answer for some in answers for answer in some]
    assert [answer.status for answer in placed] == [201]
    floor.fill(account, placed[0], 100, 80_000)
    assert floor.position(account, SBIN, "MIS")[0] == 0


def test_a_key_gives_its_first_answer_again_and_refuses_another_body(floor: Floor) -> None:
    account = floor.account()
    first = floor.place(account, "BUY", 1, INFY, 149_000, request="ticket-1")
    again = floor.place(account, "BUY", 1, INFY, 149_000, request="ticket-1")
    other = floor.place(account, "BUY", 2, INFY, 149_000, request="ticket-1")
    assert (again.replayed, again.body) == (True, first.body)
    assert (other.status, other.body["reason_code"]) == (409, 104)


def test_the_same_key_from_eight_threads_is_one_order(floor: Floor) -> None:
    account = floor.account()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: floor.place(account, "BUY", 1, INFY, 149_000, request="ticket-2"), range(8)))
    assert len({answer.body["order_id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("why", "asked", "code"),
    [
        ("no quantity", {"quantity": 0, "price": 150_000}, 300),
        ("off the tick", {"quantity": 1, "price": 150_007}, 303),
        ("above the band", {"quantity": 1, "price": 199_990}, 304),
        ("below the band", {"quantity": 1, "price": 100_000}, 304),
        ("beyond freeze", {"quantity": 100_001, "price": 150_000}, 302),
        ("limit without price", {"quantity": 1, "order_type": "LIMIT"}, 305),
        ("market with price", {"quantity": 1, "price": 150_000, "order_type": "MARKET"}, 306),
        ("stop without trigger", {"quantity": 1, "price": 151_000, "order_type": "SL"}, 307),
        ("limit with trigger", {"quantity": 1, "price": 151_000, "trigger": 150_500}, 308),
        ("stop behind the price", {"quantity": 1, "price": 149_500, "trigger": 149_000, "order_type": "SL"}, 309),
        ("limit behind trigger", {"quantity": 1, "price": 150_500, "trigger": 151_000, "order_type": "SL"}, 310),
        ("contract product", {"quantity": 1, "price": 150_000, "product": "NRML"}, 400),
        ("stop as IOC", {"quantity": 1, "price": 152_000, "trigger": 151_000, "order_type": "SL", "validity": "IOC"}, 401),  # noqa: E501
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_leaves_no_order(floor: Floor, why: str, asked: dict[str, object], code: int) -> None:
    account = floor.account()
    answer = floor.place(account, "BUY", key=INFY, **asked)  # type: ignore[arg-type]
    assert answer.body["reason_code"] == code, why
    assert answer.body["order_id"] is None
    assert floor.balances(account)["CASH"] == 10_000_000


def test_an_old_price_refuses_market_orders_and_lets_limits_rest(floor: Floor) -> None:
    account = floor.account()
    floor.price(INFY, 150_000, age_seconds=60)
    assert floor.place(account, "BUY", 1, INFY).body["reason_code"] == 207
    assert floor.place(account, "BUY", 1, INFY, 149_000).status == 201


def test_a_stop_waits_triggers_and_fills_at_its_limit(floor: Floor) -> None:
    account = floor.account()
    stop = floor.place(account, "BUY", 5, INFY, 151_500, order_type="SL", trigger=151_000)
    assert stop.body["status"] == "TRIGGER_PENDING"
    assert floor.fill(account, stop, 5, 151_000).dropped
    number, one = int(stop.body["order_id"]), floor.instrument(INFY).id
    assert floor.send(Trigger(number, account, one, 9, 1_795_400_000_000, 150_900)).dropped
    assert floor.send(Trigger(number, account, one, 9, 1_795_400_000_000, 151_050)).done
    assert floor.fill(account, stop, 5, 151_500).done
    assert floor.position(account, INFY)[0] == 5


def test_a_modify_changes_what_is_asked_and_no_more(floor: Floor) -> None:
    account = floor.account()
    order = floor.place(account, "BUY", 20, INFY, 149_000)
    assert floor.modify(account, order).body["reason_code"] == 702
    changed = floor.modify(account, order, disclosed_quantity=5)
    assert (changed.body["disclosed_quantity"], changed.body["price"]) == (5, 1490)
    changed = floor.modify(account, order, order_type=OrderType.SL, trigger_price=150_500, price=151_000)
    assert (changed.body["status"], changed.body["order_type"]) == ("TRIGGER_PENDING", "SL")
    changed = floor.modify(account, order, order_type=OrderType.LIMIT)
    assert (changed.body["status"], changed.body["trigger_price"]) == ("OPEN", None)


def test_at_the_end_of_the_exchanges_day_intraday_positions_are_only_closed(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    late = datetime.combine(floor.trading_date, time(15, 29), IST)
    with floor.database.connection() as connection:
        connection.execute("update markets set exchange_time = %s where id = 'sim'", [late])
    assert floor.place(account, "BUY", 1, SBIN, 80_000, "MIS").body["reason_code"] == 400
    assert floor.place(account, "SELL", 11, SBIN, 80_000, "MIS").body["reason_code"] == 400
    assert floor.place(account, "SELL", 10, SBIN, 80_000, "MIS").status == 201
    assert floor.place(account, "BUY", 1, SBIN, 79_900, "CNC").status == 201
