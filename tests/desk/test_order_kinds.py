"""Orders for minutes, in parts, in slices and with a protection of their own, against a real database."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from core.calendar import IST
from core.charges import DEFAULT_PLAN
from core.instruments import Kind
from core.matching import Expired, Fill, Trigger
from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from db.engine import Database
from desk import contract_notes, estimate, filling, screens, trading
from desk.access import AccountRef
from desk.answers import Answer
from tests.floor import INFY, NIFTY, AnyTerm, Floor


def noon(floor: Floor) -> datetime:
    """Half a second after 12:00:10 on the market's day."""
    return datetime.combine(floor.trading_date, time(12, 0, 10, 500_000), IST)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def clock(floor: Floor, moment: datetime) -> None:
    with floor.database.connection() as connection:
        connection.execute("update markets set exchange_time = %s where id = 'sim'", [moment])


def place(floor: Floor, account: int, key: str = INFY, request: str | None = None, **terms: Any) -> Answer:
    """A buy of 100 shares at ₹1,490, if nothing else is said."""
    given: dict[str, Any] = {"side": Side.BUY, "order_type": OrderType.LIMIT, "product": Product.CNC, "quantity": 100,
                             "price": 149_000} | terms  # fmt: skip
    return trading.place(floor.database, "asha", account, PlaceOrder(floor.instrument(key).id, **given), request)


def row(floor: Floor, account: int, order: Answer | int) -> dict[str, Any]:
    number = floor.number(order)
    return screens.order(floor.database, AccountRef(account, "asha/main", 0, "sim", "main", False), number)


def expire(floor: Floor, account: int, order: Answer, at: datetime) -> filling.Applied:
    one = floor.instrument(INFY).id
    return filling.apply(floor.database, AnyTerm(), [Expired(floor.number(order), account, one, 1, ms(at))])


@pytest.fixture
def floor(database: Database) -> Floor:
    return Floor(database)


@pytest.fixture
def account(floor: Floor) -> int:
    floor.price(INFY, 150_000)
    clock(floor, noon(floor))
    return floor.account(cash=1_000_000_000)


def test_minutes_are_over_to_the_second_and_once(floor: Floor, account: int) -> None:
    order = place(floor, account, validity=Validity.TTL, validity_ttl=5)
    assert (order.body["validity_ttl"], order.body["expires_at"]) == (5, f"{floor.trading_date}T12:05:10.000+05:30")
    over = datetime.combine(floor.trading_date, time(12, 5, 10), IST)
    assert expire(floor, account, order, over - timedelta(milliseconds=1)).dropped
    late = Fill(
        floor.number(order), account, floor.instrument(INFY).id, 40, 149_000, 7, ms(over), 149_000, ((149_000, 40),)
    )
    assert floor.send(late).dropped, "the market showed it after the minutes were over"
    assert expire(floor, account, order, over).done
    assert expire(floor, account, order, over).dropped
    told = row(floor, account, order)
    assert (told["status"], told["reason_code"]) == ("CANCELLED", 419)
    assert told["reason"] == "It was good for 5 minutes, until 12:05:10 of the exchange's clock: the rest is cancelled."
    assert [each["event"] for each in told["history"]] == ["PLACED", "EXPIRED"]
    assert floor.balances(account)["HOLD"] == 0
    floor.sound()


def test_more_minutes_save_an_order_whose_first_ones_are_over(floor: Floor, account: int) -> None:
    order = place(floor, account, validity=Validity.TTL, validity_ttl=1)
    clock(floor, noon(floor) + timedelta(seconds=30))
    longer = floor.modify(account, order, validity_ttl=10)
    assert longer.body["expires_at"] == f"{floor.trading_date}T12:10:40.000+05:30"
    assert expire(floor, account, order, noon(floor) + timedelta(minutes=2)).dropped
    clock(floor, noon(floor) + timedelta(minutes=20))
    assert floor.modify(account, order, validity_ttl=10).body["reason_code"] == 419
    assert floor.cancel(account, order).body["status"] == "CANCELLED"


def test_an_order_for_the_day_gets_minutes_and_loses_them(floor: Floor, account: int) -> None:
    order = place(floor, account)
    assert floor.modify(account, order, validity=Validity.TTL).body["reason_code"] == 409
    assert floor.modify(account, order, validity=Validity.TTL, validity_ttl=3).body["validity"] == "TTL"
    day = floor.modify(account, order, validity=Validity.DAY)
    assert (day.body["validity_ttl"], day.body["expires_at"], day.body["validity"]) == (None, None, "DAY")


def test_each_leg_of_an_iceberg_pays_its_own_brokerage_as_the_estimate_and_the_note_say(
    floor: Floor, account: int
) -> None:
    future = floor.future()
    floor.price(NIFTY, 2_400_000)
    floor.price(future.key, 2_400_000)
    wish = PlaceOrder(future.id, Side.BUY, OrderType.LIMIT, Product.NRML, 5 * future.lot, price=2_400_000, legs=4)
    told = estimate.of_order(floor.database, account, wish)
    order = trading.place(floor.database, "asha", account, wish)
    for lots in (1, 3, 1):
        assert floor.fill(account, order, lots * future.lot, 2_400_000).done
    with floor.database.connection() as connection:
        paid = connection.execute("select sum(brokerage), sum(total) from charge_entries").fetchone()
        note = contract_notes.of_day(connection, floor.master, account, floor.trading_date, DEFAULT_PLAN)
    assert paid == (8_000, round(told["charges"]["total"] * 100))
    assert note.total.brokerage == 8_000


def test_a_leg_pays_on_what_it_traded_for_itself_however_cheap_the_next_one_is(floor: Floor, account: int) -> None:
    """Futures pay 0.03 % up to 20 rupees. A leg of 130 at 510.00 pays 19.89 in two fills, one at 500.00 pays 19.50."""
    future = floor.future()
    floor.price(NIFTY, 51_000)
    floor.price(future.key, 51_000)
    wish = PlaceOrder(future.id, Side.BUY, OrderType.LIMIT, Product.NRML, 8 * future.lot, price=51_000, legs=4)
    order = trading.place(floor.database, "asha", account, wish)
    for price in (51_000, 51_000, 50_000, 50_000):
        assert floor.fill(account, order, future.lot, price).done
    with floor.database.connection() as connection:
        paid = connection.execute("select brokerage from charge_entries order by id").fetchall()
        legs = connection.execute("select leg_values from orders where id = %s", [floor.number(order)]).fetchone()
        note = contract_notes.of_day(connection, floor.master, account, floor.trading_date, DEFAULT_PLAN)
    assert [each[0] for each in paid] == [995, 994, 975, 975]
    assert legs == ([130 * 51_000, 130 * 50_000],)
    assert note.total.brokerage == 1_989 + 1_950
    floor.sound()


def test_an_iceberg_shows_a_leg_at_a_time(floor: Floor, account: int) -> None:
    order = place(floor, account, quantity=103, legs=4)
    told = order.body
    assert (told["iceberg_legs"], told["iceberg_leg"], told["showing_quantity"]) == (4, 1, 25)
    assert told["disclosed_quantity"] == 0
    floor.fill(account, order, 10, 149_000)
    assert [row(floor, account, order)[name] for name in ("iceberg_leg", "showing_quantity")] == [1, 15]
    floor.fill(account, order, 65, 149_000)
    assert [row(floor, account, order)[name] for name in ("iceberg_leg", "showing_quantity")] == [4, 28]
    floor.fill(account, order, 28, 149_000)
    assert [row(floor, account, order)[name] for name in ("status", "showing_quantity")] == ["COMPLETE", 0]
    floor.sound()


@pytest.mark.parametrize(
    ("legs", "change", "field"),
    [(4, {"legs": 2}, "iceberg_legs"), (4, {"quantity": 90}, "quantity"), (4, {"quantity": 200}, "quantity"),
     (0, {"legs": 4}, "iceberg_legs")],
)  # fmt: skip
def test_legs_that_have_traded_stay(floor: Floor, account: int, legs: int, change: dict[str, int], field: str) -> None:
    order = place(floor, account, quantity=100, legs=legs)
    assert floor.modify(account, order, price=148_900).body["status"] == "OPEN"
    floor.fill(account, order, 30, 148_900)
    refused = floor.modify(account, order, **change).body
    assert (refused["reason_code"], refused["field"]) == (418, field)
    assert floor.modify(account, order, price=149_000).body["filled_quantity"] == 30
    floor.sound()


def priority(floor: Floor, order: Answer) -> int:
    with floor.database.connection() as connection:
        found = connection.execute("select priority from orders where id = %s", [floor.number(order)]).fetchone()
    assert found
    return int(found[0])


def test_a_part_that_is_done_and_a_larger_one_lose_the_place(floor: Floor, account: int) -> None:
    order = place(floor, account, disclosed_quantity=20)
    first = priority(floor, order)
    floor.fill(account, order, 15, 149_000)
    assert priority(floor, order) == first, "part of a part"
    floor.modify(account, order, disclosed_quantity=10)
    floor.modify(account, order, quantity=90)
    assert priority(floor, order) == first, "less of it"
    floor.fill(account, order, 5, 149_000)
    assert priority(floor, order) > first, "the next part stands behind the others"
    second = priority(floor, order)
    floor.modify(account, order, disclosed_quantity=40)
    assert priority(floor, order) > second, "more of it"


def test_slices_are_orders_of_their_own_under_one_parent(floor: Floor, account: int) -> None:
    most = floor.instrument(INFY).freeze_quantity
    wish = {"quantity": 2 * most + 7, "price": 149_000, "product": Product.MIS, "side": Side.BUY}
    assert place(floor, account, **wish).body["reason_code"] == 302
    rich = floor.account("asha", 10**12, "rich")
    made = place(floor, rich, request="big", autoslice=True, **wish)
    assert made.status == 201, made.body
    children = made.body["children"]
    assert [each["order"]["quantity"] for each in children] == [most, most, 7]
    assert {each["order"]["parent_order_id"] for each in children} == {made.body["order_id"]}
    again = place(floor, rich, request="big", autoslice=True, **wish)
    assert (again.replayed, again.body) == (True, made.body)
    assert len(screens.orders(floor.database, AccountRef(rich, "asha/rich", 0, "sim", "rich", False))["items"]) == 3
    floor.sound()


def test_a_slice_that_is_not_paid_for_is_told_beside_those_that_are(floor: Floor, account: int) -> None:
    most = floor.instrument(INFY).freeze_quantity
    some = floor.account("asha", most * 149_000 * 3 // 2, "some")
    made = place(floor, some, quantity=2 * most, autoslice=True)
    first, second = made.body["children"]
    assert (made.status, first["error"], second["order_id"]) == (201, None, None)
    assert second["error"]["reason_code"] == 500
    assert row_of(floor, some, second["error"]["order_id"])["status"] == "REJECTED"
    none = place(floor, floor.account("asha", 0, "poor"), quantity=2 * most, autoslice=True)
    assert (none.status, none.body["reason_code"], len(none.body["children"])) == (422, 500, 2)
    floor.sound()


def row_of(floor: Floor, account: int, number: str) -> dict[str, Any]:
    return screens.order(floor.database, AccountRef(account, "asha/some", 0, "sim", "some", False), int(number))


@pytest.mark.parametrize(("points", "worst", "told"), [(-1, 1507.5, -1), (200, 1530, 2), (0, 1800, 0)])
def test_a_market_order_goes_as_far_as_its_protection(
    floor: Floor, account: int, points: int, worst: float, told: float
) -> None:
    order = place(floor, account, order_type=OrderType.MARKET, price=0, protection=points)
    assert (order.body["worst_price"], order.body["market_protection"]) == (worst, told)
    changed = floor.modify(account, order, protection=100)
    assert (changed.body["worst_price"], changed.body["market_protection"]) == (1515, 1)


def test_a_stop_is_taken_and_turned_away_when_it_triggers_beyond_the_protection(floor: Floor, account: int) -> None:
    call = next(
        one for one in floor.master.by_id.values()
        if one.kind is Kind.CE and one.expiry is not None and one.expiry >= floor.trading_date and one.exchange == "NFO"
    )  # fmt: skip
    floor.price(call.key, 10_000)
    underlying = floor.master.by_id[call.margin_underlying]
    floor.price(underlying.key, 2_500_000)
    with floor.database.connection() as connection:
        connection.execute(
            "update market_days set lower_band = null, upper_band = null where instrument_id = %s", [call.id]
        )
    terms = {"product": Product.NRML, "quantity": call.lot, "order_type": OrderType.SL, "trigger_price": 11_000}
    wild = place(floor, account, call.key, price=20_000, **terms)
    tame = place(floor, account, call.key, price=15_000, **terms)
    assert (wild.body["status"], tame.body["status"]) == ("TRIGGER_PENDING", "TRIGGER_PENDING")
    for order, fits in ((wild, False), (tame, True)):
        fired = Trigger(floor.number(order), account, call.id, 1, ms(noon(floor)), 11_000)
        assert bool(floor.send(fired).done) is fits
    told = row(floor, account, wild)
    assert (told["status"], told["reason_code"]) == ("CANCELLED", 321)
    assert "its limit of ₹200.00 is above ₹154.00" in told["reason"]
    assert [each["event"] for each in told["history"]] == ["PLACED", "TRIGGERED", "CANCELLED"]
    assert row(floor, account, tame)["status"] == "OPEN"
    floor.sound()


def test_the_history_tells_a_broker_s_steps_and_what_the_market_showed(floor: Floor, account: int) -> None:
    order = place(floor, account)
    floor.fill(account, order, 40, 149_000)
    assert floor.modify(account, order, price=149_007).body["reason_code"] == 303
    floor.modify(account, order, quantity=60)
    floor.cancel(account, order)
    told = row(floor, account, order)
    assert (told["status"], told["filled_quantity"], told["cancelled_quantity"]) == ("CANCELLED", 40, 20)
    assert [step for each in told["history"] for step in each["steps"]] == [
        "PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "OPEN",
        "OPEN",
        "MODIFY VALIDATION PENDING", "NOT MODIFIED", "OPEN",
        "MODIFY VALIDATION PENDING", "MODIFY PENDING", "MODIFIED", "OPEN",
        "CANCEL PENDING", "CANCELLED",
    ]  # fmt: skip
    fill, refused = told["history"][1], told["history"][2]
    assert (fill["fill"]["price"], fill["fill"]["quantity"], fill["fill"]["slippage"]) == (1490, 40, 0)
    assert (refused["by"], refused["reason_code"], refused["price"]) == ("asha", 303, 1490)
    floor.sound()


def test_the_estimate_says_into_what_an_order_would_be_sliced(floor: Floor, account: int) -> None:
    one = floor.instrument(INFY)
    wish = PlaceOrder(one.id, Side.BUY, OrderType.LIMIT, Product.CNC, one.freeze_quantity + 5, price=149_000)
    told = estimate.of_order(floor.database, account, wish)
    assert (told["slices"], told["refusals"][0]["reason_code"]) == ([one.freeze_quantity, 5], 302)
    rich = floor.account("asha", 10**12, "rich")
    told = estimate.of_order(floor.database, rich, replace(wish, autoslice=True))
    assert (told["refusals"], told["required"] > 149_000_000) == ([], True)
