"""What stands beside the shares when they are split: exits of an entry, alerts, baskets, an account that comes late."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from core import scan
from core.exits import Exits
from core.gtt_watch import Hit
from core.instruments import Kind
from core.orders import OrderType, PlaceOrder, Product, Side
from core.price_alerts import Condition, Measure, Terms
from db.engine import Database
from desk import baskets, calendar, closing, corporate, gtt, gtt_firing, masters, price_alerts, trading
from desk import market as markets
from desk.answers import Answer
from tests.desk.test_amo import Hours
from tests.desk.test_baskets import leg, who
from tests.desk.test_calendar import now
from tests.desk.test_closing import end_of, one, roll
from tests.desk.test_corporate import again, into_the_split, tomorrow
from tests.floor import INFY, SBIN, AnyTerm, Floor

STOP = 1


def guarded(floor: Floor, account: int, quantity: int) -> Answer:
    """Shares bought for delivery with a target and a stop that wait beyond the day."""
    one_ = floor.instrument(INFY)
    wish = PlaceOrder(one_.id, Side.BUY, OrderType.LIMIT, Product.CNC, quantity, price=150_000)
    entry = trading.place(
        floor.database, "asha", account, wish, exits=Exits(target_price=165_000, stop_trigger=140_000)
    )
    assert entry.status == 201, entry.body
    assert floor.fill(account, entry, quantity, 150_000).done
    return entry


def stopped_out(floor: Floor, account: int, entry: Answer, price: int) -> int:
    """Units that the stop's order sells when its trigger is reached."""
    floor.price(INFY, price)
    at = int(datetime.now(UTC).timestamp() * 1000)
    number = int(entry.body["attached"]["gtt_id"])
    gtt_firing.fire(floor.database, AnyTerm(), Hit(number, account, floor.instrument(INFY).id, STOP, price, 1, at))
    order, quantity = one(floor, "select id, quantity from orders where origin = 'EXIT' order by id desc limit 1")
    assert floor.fill(account, int(str(order)), int(str(quantity)), price).done
    return int(str(quantity))


@pytest.mark.parametrize(
    ("kind", "ratio", "bought", "held", "stop"),
    [
        pytest.param("SPLIT", "5:1", 10, 50, 28_000, id="five of one"),
        pytest.param("BONUS", "1:1", 10, 20, 70_000, id="one more for each"),
        pytest.param("BONUS", "1:2", 3, 4, 93_330, id="with a fraction, which is paid out"),
        pytest.param("SPLIT", "1:2", 10, 5, 280_000, id="fewer and dearer"),
    ],
)
def test_a_stop_guards_all_that_its_entry_has_become(
    floor: Floor, kind: str, ratio: str, bought: int, held: int, stop: int
) -> None:
    account = floor.account(cash=100_000_000)
    entry = guarded(floor, account, bought)
    into_the_split(floor, kind, ratio)
    (row,) = gtt.listed(floor.database, account, "asha/main")["items"]
    assert row["status"] == "ACTIVE"
    assert row["legs"][0]["trigger_price"] == stop / 100
    assert floor.position(account, INFY) == (held, 0)
    assert stopped_out(floor, account, entry, stop) == held
    assert floor.position(account, INFY)[0] == 0
    gtt_firing.tend(floor.database, "sim")
    assert gtt.listed(floor.database, account, "asha/main", "active")["items"] == []


def test_what_an_exit_closed_before_is_not_closed_again(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 7, INFY, 150_000)  # of no entry: its owner looks after these
    entry = guarded(floor, account, 10)
    number, instrument = int(entry.body["attached"]["gtt_id"]), floor.instrument(INFY)
    floor.price(INFY, 165_000)
    at = int(datetime.now(UTC).timestamp() * 1000)
    gtt_firing.fire(floor.database, AnyTerm(), Hit(number, account, instrument.id, 2, 165_000, 1, at))
    target = int(str(one(floor, "select id from orders where origin = 'EXIT'")[0]))
    assert floor.fill(account, target, 4, 165_000).done
    into_the_split(floor)
    assert floor.position(account, INFY)[0] == 65
    assert stopped_out(floor, account, entry, 28_000) == 30


def test_alerts_and_baskets_speak_of_new_units(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    owner, ref = who(floor, account)
    future = floor.future(INFY, tomorrow(floor))
    for key, price in ((INFY, 150_000), (future.key, 151_000), (SBIN, 80_000)):
        floor.price(key, price)
        level = Terms(Measure.PRICE, Condition.ABOVE, price + 10_000)
        price_alerts.make(floor.database, ref, floor.instrument(key).id, level)
    legs = [
        leg(floor, "BUY", 3, INFY, 150_000, "CNC"), leg(floor, "BUY", 7, INFY, 0, "MIS"),
        leg(floor, "SELL", 2 * future.lot, future.key, 151_000, "NRML"), leg(floor, "BUY", 5, SBIN, 80_000, "CNC"),
    ]  # fmt: skip
    baskets.add(floor.database, owner, "plan", legs)
    into_the_split(floor)
    with floor.database.connection() as connection:
        levels = dict(connection.execute("select instrument_id, level from price_alerts").fetchall())
        kept = connection.execute("select quantity, price from basket_legs order by place").fetchall()
    assert levels == {floor.instrument(INFY).id: 32_000, future.id: 32_200, floor.instrument(SBIN).id: 90_000}
    assert kept == [(15, 30_000), (35, 0), (10 * future.lot, 30_200), (5, 80_000)]


def test_an_account_that_comes_late_is_split_as_well(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    late, other = (floor.account(cash=100_000_000, book=name) for name in ("late", "other"))
    future = floor.future(INFY, tomorrow(floor) + timedelta(days=1))
    floor.price(future.key, 150_000)
    for account in (late, other):
        floor.buy(account, 10, INFY, 150_000)
        floor.buy(account, future.lot, future.key, 150_000, "NRML")
    corporate.enter(floor.database, "root", "SPLIT", INFY, tomorrow(floor), "5:1")
    real = closing.settlement.expire_orders

    def broken(work: object, facts: object) -> None:
        if work.id == late:  # type: ignore[attr-defined]
            raise ArithmeticError("a row that contradicts itself")
        real(work, facts)  # type: ignore[arg-type]

    step = closing.due(floor.database, "sim", end_of(floor))
    assert step
    with monkeypatch.context() as patch:
        patch.setattr(closing.settlement, "expire_orders", broken)
        with pytest.raises(closing.NotRolled):
            closing.roll(floor.database, "sim", step, end_of(floor))
    floor.trading_date = step.next_date
    assert [floor.position(each, INFY)[0] for each in (late, other)] == [10, 50]
    again(floor)
    floor.price(INFY, 30_000)
    floor.price(future.key, 30_000)
    roll(floor)
    assert [floor.position(each, INFY)[0] for each in (late, other)] == [50, 50]
    assert [floor.position(each, future.key, "NRML")[0] for each in (late, other)] == [5 * future.lot] * 2
    held = "select array_agg(cost order by account_id) from positions where product = 'CNC'"
    assert one(floor, held) == ([1_500_000, 1_500_000],)
    marks = "select sum(amount) filter (where code = 'MTM') from transfers where account_id = %s"
    assert one(floor, marks, late) == one(floor, marks, other) == (None,)


def test_the_day_before_a_split_closes_with_margins_of_its_own_strikes(floor: Floor) -> None:
    account = floor.account(cash=10_000_000_000)
    infy = floor.instrument(INFY)
    markets.take_snapshot(floor.database, "sim", floor.trading_date, "noon", [infy.id], [150_000], [2_000], 625)
    chain = [each for each in floor.master.chain(infy.id) if each.expiry and each.expiry > tomorrow(floor)]
    call = max((each for each in chain if each.kind is Kind.CE), key=lambda each: each.strike or 0)
    floor.price(call.key, 1_000)
    floor.sell(account, call.lot, call.key, 1_000, "NRML")
    margin = floor.balances(account)["MARGIN"]
    scan.taken.cache_clear()  # another process closes the day, which has priced nothing yet
    into_the_split(floor)
    assert one(floor, "select margin from daily_equity where account_id = %s", account) == (margin,)


@pytest.fixture
def hours(database: Database) -> Hours:
    floor = Hours(database)
    floor.at("2026-11-27 11:00")
    floor.price(INFY, 150_000)
    return floor


def test_a_session_announced_before_an_ex_date_that_has_come_splits_nothing_twice(hours: Hours) -> None:
    """Friday's roll has brought Monday's split; then a session on Saturday is announced."""
    saturday, monday = date(2026, 11, 28), date(2026, 11, 30)
    account = hours.account(cash=100_000_000)
    corporate.enter(hours.database, "root", "SPLIT", INFY, monday, "5:1")
    evening = now("2026-11-27 16:01")
    step = closing.due(hours.database, "sim", evening)
    assert step
    closing.roll(hours.database, "sim", step, evening)
    calendar.add_session(hours.database, "root", saturday, time(11), time(12), "Drill", now("2026-11-27 20:00"))
    assert closing.due(hours.database, "sim", now("2026-11-27 20:01")) is None
    assert markets.state(hours.database, "sim").trading_date == monday
    with hours.database.connection() as connection:
        connection.execute("update markets set exchange_time = %s, phase = 'OPEN'", [now("2026-11-28 11:10")])
    hours.trading_date, hours.master = monday, masters.get(hours.database)
    hours.price(INFY, 30_000)
    hours.buy(account, 10, INFY, 30_000)
    assert closing.due(hours.database, "sim", now("2026-11-28 12:40")) is None
    after = now("2026-11-30 16:01")
    step = closing.due(hours.database, "sim", after)
    assert step
    assert (step.step, step.trading_date) == (closing.ROLL, monday)
    closing.roll(hours.database, "sim", step, after)
    assert hours.position(account, INFY)[0] == 10
    hours.sound()


def test_exits_that_have_closed_what_became_fewer_shares_are_done(floor: Floor) -> None:
    """Two become one; a target closes all of it while other shares of the same are held."""
    account = floor.account(cash=100_000_000)
    floor.buy(account, 8, INFY, 150_000)
    entry = guarded(floor, account, 10)
    into_the_split(floor, "SPLIT", "1:2")
    floor.price(INFY, 330_000)
    at = int(datetime.now(UTC).timestamp() * 1000)
    number = int(entry.body["attached"]["gtt_id"])
    gtt_firing.fire(floor.database, AnyTerm(), Hit(number, account, floor.instrument(INFY).id, 2, 330_000, 1, at))
    order, quantity = one(floor, "select id, quantity from orders where origin = 'EXIT'")
    assert quantity == 5
    assert floor.fill(account, int(str(order)), 5, 330_000).done
    assert gtt_firing.tend(floor.database, "sim") == 1
    assert gtt.listed(floor.database, account, "asha/main", "active")["items"] == []
    assert floor.position(account, INFY)[0] == 4
