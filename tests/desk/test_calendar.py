"""Holidays and sessions set at run time: who follows, what moves, what is refused."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from core.calendar import IST, DayKind
from core.instruments import Kind
from core.reasons import Reason, Refusal
from core.sessions import Board
from db import audit
from db.engine import Database
from desk import amo, calendar, closing, margins, masters
from desk import market as markets
from tests.desk.test_amo import SBIN, Hours
from tests.floor import NIFTY

EVENING = "2026-11-25 20:00"
THURSDAY, FRIDAY = date(2026, 11, 26), date(2026, 11, 27)


@pytest.fixture
def floor(database: Database) -> Iterator[Hours]:
    floor = Hours(database)
    floor.at(EVENING)
    floor.price(SBIN, 80_000)
    yield floor
    floor.sound()


def now(text: str = EVENING) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=IST)


def follow(floor: Hours, text: str) -> closing.Due | None:
    """What the sidecar does about the market's date at that time, without moving the clock for others."""
    moment = now(text)
    step = closing.due(floor.database, "sim", moment)
    if step is not None and step.step == closing.MOVE:
        assert closing.move(floor.database, "sim", step)
    return step


def test_trap_18_a_holiday_announced_the_evening_before_moves_the_release_and_the_date(floor: Hours) -> None:
    account = floor.account()
    number = floor.number(floor.place(account, "BUY", 100, SBIN, 79_000))
    assert floor.order(number)[2] == "2026-11-26"
    calendar.add_holiday(floor.database, "asha", THURSDAY, "Mourning", now())
    step = follow(floor, "2026-11-25 20:01")
    assert step == closing.Due(closing.MOVE, THURSDAY, FRIDAY)
    assert markets.state(floor.database, "sim").trading_date == FRIDAY
    assert floor.order(number)[:3] == ("AMO", int(Reason.AMO_WAITS), "2026-11-27")
    assert follow(floor, "2026-11-25 20:02") is None
    state = markets.state(floor.database, "sim")
    assert amo.release(floor.database, state, now("2026-11-26 09:00")) == {"sent": 0, "refused": 0}
    assert markets.days(floor.database, "sim", FRIDAY)[floor.instrument(SBIN).id].prev_close == 80_000
    assert floor.release("2026-11-27 09:00")["sent"] == 1
    assert floor.order(number)[:3] == ("OPEN", None, "2026-11-27")


def test_what_settles_on_a_date_that_moves_settles_later(floor: Hours) -> None:
    account = floor.account(cash=100_000_000)
    floor.at("2026-11-25 11:00")
    floor.price(SBIN, 80_000)
    floor.buy(account, 10, SBIN, 80_000)
    after = now("2026-11-25 16:01")
    step = closing.due(floor.database, "sim", after)
    assert step
    closing.roll(floor.database, "sim", step, after)
    calendar.add_holiday(floor.database, "asha", THURSDAY, "Mourning", now())
    follow(floor, "2026-11-25 20:01")
    with floor.database.connection() as connection:
        settles = connection.execute("select settles_on from lots").fetchone()
    assert settles == (FRIDAY,)


def test_a_date_that_has_traded_is_never_moved(floor: Hours) -> None:
    account = floor.account(cash=100_000_000)
    floor.at("2026-11-26 11:00")
    floor.price(SBIN, 80_000)
    floor.buy(account, 10, SBIN, 80_000)
    with pytest.raises(Refusal, match="has begun"):
        calendar.add_holiday(floor.database, "asha", THURSDAY, "Too late", now("2026-11-26 11:01"))
    with floor.database.connection() as connection:
        connection.execute("insert into calendar_days values ('NSE', %s, 'HOLIDAY', 'forced')", [THURSDAY])
        connection.execute("update master_version set version = version + 1")
    masters.forget(floor.database)
    step = closing.due(floor.database, "sim", now("2026-11-26 11:02"))
    assert step
    assert step.step == closing.ROLL


def expiries(floor: Hours, kind: str = "FUT", key: str = "NSE:NIFTY 50") -> list[date | None]:
    masters.forget(floor.database)
    master = masters.get(floor.database)
    return sorted({one.expiry for one in master.chain(master.by_key[key].id) if one.kind == kind})  # type: ignore[type-var]


def test_expiries_move_to_the_trading_date_before_and_return(floor: Hours) -> None:
    masters.contracts_for(floor.database, THURSDAY)
    before = expiries(floor, "CE")
    first = date(2026, 12, 1)
    assert first in before
    moved = calendar.add_holiday(floor.database, "asha", first, "Mourning", now())
    assert moved > 0
    after = expiries(floor, "CE")
    assert first not in after
    assert date(2026, 11, 30) in after
    # The same contracts are not listed again under another name.
    assert masters.contracts_for(floor.database, THURSDAY) == 0
    assert calendar.remove(floor.database, "asha", first, DayKind.HOLIDAY, now()) == moved
    assert expiries(floor, "CE") == before


def test_margins_follow_an_expiry_that_moves(floor: Hours) -> None:
    """What was posted for the old day is no false alarm, and what the new day needs is posted at once."""
    floor.at("2026-11-25 11:00")
    masters.contracts_for(floor.database, floor.trading_date)
    floor.master = masters.get(floor.database)
    nifty, first = floor.instrument(NIFTY), date(2026, 12, 1)
    floor.price(NIFTY, 2_600_000)
    markets.take_snapshot(
        floor.database, "sim", floor.trading_date, "OPEN", [nifty.id], [2_600_000], [1_400], 650,
        at=now("2026-11-25 09:15"),
    )  # fmt: skip
    calls = [one for one in floor.master.chain(nifty.id) if one.kind is Kind.CE and one.expiry == first]
    call = min(calls, key=lambda one: abs((one.strike or 0) - 2_610_000))
    floor.price(call.key, 10_000)
    account = floor.account(cash=100_000_000)
    floor.sell(account, call.lot, call.key, 10_000, "NRML")
    floor.sound()
    before = floor.balances(account)["MARGIN"]
    assert calendar.add_holiday(floor.database, "asha", first, "Mourning", now()) > 0
    floor.sound()
    assert margins.follow_snapshot(floor.database, "sim") == 1
    floor.sound()
    assert floor.balances(account)["MARGIN"] != before
    assert margins.follow_snapshot(floor.database, "sim") == 0


def test_trap_1_a_monthly_expiry_on_a_holiday_is_the_day_before(floor: Hours) -> None:
    floor.at("2026-11-20 11:00")
    masters.contracts_for(floor.database, date(2026, 11, 20))
    assert date(2026, 11, 23) in expiries(floor)
    assert date(2026, 11, 24) not in expiries(floor)


def test_trap_1_that_day_has_the_add_on_of_a_last_day_and_settles_what_ends(floor: Hours) -> None:
    monday, wednesday, close = date(2026, 11, 23), date(2026, 11, 25), 2_600_000
    floor.at(f"{monday} 11:00")
    floor.price(NIFTY, close)
    masters.contracts_for(floor.database, monday, {floor.instrument(NIFTY).id: close})
    masters.forget(floor.database)
    chain = masters.get(floor.database).chain(floor.instrument(NIFTY).id)
    call = next(one for one in chain if one.kind == "CE" and one.expiry == monday and one.strike == close - 20_000)
    floor.master = masters.get(floor.database)
    floor.price(call.key, 25_000)
    account = floor.account(cash=100_000_000)
    floor.sell(account, call.lot, call.key, 25_000, "NRML")
    with floor.database.connection() as connection:
        added = connection.execute("select add_ons from margin_groups where account_id = %s", [account]).fetchone()
    assert added == (close * call.lot * 2 // 100,)
    step = closing.due(floor.database, "sim", now(f"{monday} 16:01"))
    assert step is not None
    assert (step.step, step.next_date) == (closing.ROLL, wednesday)
    closing.roll(floor.database, "sim", step, now(f"{monday} 16:01"))
    with floor.database.connection() as connection:
        ended = connection.execute("select kind, price, realised from trades order by id desc limit 1").fetchone()
    assert ended == ("EXPIRY", 20_000, call.lot * 5_000)
    assert floor.balances(account)["MARGIN"] == 0


@pytest.mark.parametrize("day", [date(2026, 11, 28), date(2026, 11, 29)])
def test_trap_18_a_session_on_a_weekend_opens(floor: Hours, day: date) -> None:
    floor.at("2026-11-27 20:00")
    account = floor.account()
    floor.price(SBIN, 80_000)
    calendar.add_session(floor.database, "asha", day, time(13, 45), time(14, 45), "Muhurat", now("2026-11-27 20:00"))
    follow(floor, "2026-11-27 20:01")
    assert markets.state(floor.database, "sim").trading_date == day
    floor.at(f"{day} 13:45")
    floor.price(SBIN, 80_000)
    assert floor.place(account, "BUY", 10, SBIN, 79_000).body["status"] == "OPEN"
    floor.at(f"{day} 14:45")
    refused = floor.place(account, "BUY", 10, SBIN, 79_000)
    assert refused.body["reason_code"] == int(Reason.WINDOW_CLOSED)
    assert "Mon 30 Nov at 09:00" in refused.body["detail"]


def test_a_budget_sunday_is_a_whole_day(floor: Hours) -> None:
    rows = masters.get(floor.database).calendar
    assert rows.is_trading_date(date(2026, 2, 1))
    assert len(rows.hours(date(2026, 2, 1), Board.SHARE)) > 3


@pytest.mark.parametrize(
    ("day", "name", "sentence"),
    [
        (date(2026, 11, 24), "Past", "has begun or is past"),
        (date(2026, 11, 28), "A Saturday", "is no trading date anyway"),
        (FRIDAY, "  ", "name of at most"),
        (FRIDAY + timedelta(days=3000), "Far", "next two years"),
    ],
)
def test_what_cannot_be_a_holiday(floor: Hours, day: date, name: str, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence) as refused:
        calendar.add_holiday(floor.database, "asha", day, name, now())
    assert refused.value.reason is Reason.CALENDAR_DAY


def test_each_change_is_in_the_audit_trail(floor: Hours) -> None:
    calendar.add_holiday(floor.database, "asha", FRIDAY, "Mourning", now())
    calendar.remove(floor.database, "asha", FRIDAY, DayKind.HOLIDAY, now())
    with floor.database.connection() as connection:
        trail = [(row.actor, row.action, row.subject) for row in audit.page(connection, None, 2)]
    assert trail == [("asha", "remove holiday", "2026-11-27"), ("asha", "add holiday", "2026-11-27")]
    listed = calendar.days(floor.database, date(2026, 12, 1))
    assert listed[0] == {
        "day": "2026-12-25",
        "weekday": "Fri",
        "kind": "holiday",
        "name": "Christmas",
        "opens": None,
        "closes": None,
    }


def test_what_was_bought_before_the_holiday_was_announced_settles_after_it(floor: Hours) -> None:
    """Bought at eleven to settle on Thursday; at noon Thursday is closed: on Friday the shares are T1, not settled."""
    account = floor.account(cash=100_000_000)
    floor.at("2026-11-25 11:00")
    floor.price(SBIN, 80_000)
    floor.buy(account, 10, SBIN, 80_000)
    calendar.add_holiday(floor.database, "asha", THURSDAY, "Mourning", now("2026-11-25 12:00"))
    floor.buy(account, 5, SBIN, 80_000)
    after = now("2026-11-25 16:01")
    step = closing.due(floor.database, "sim", after)
    assert step
    assert step.next_date == FRIDAY
    closing.roll(floor.database, "sim", step, after)
    with floor.database.connection() as connection:
        settles = connection.execute("select quantity, settles_on from lots order by quantity").fetchall()
    assert settles == [(5, FRIDAY), (10, FRIDAY)]
    floor.at("2026-11-27 11:00")
    floor.price(SBIN, 81_000)
    floor.sell(account, 15, SBIN, 81_000)
    assert 15 * 80_000 < floor.balances(account)["UNSETTLED"] <= 15 * 81_000, "nothing of it can be spent today"
