"""The pace of orders is that of people and programs: what the house sends for them is not refused for it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

import settings
from core import risk_rules
from core.gtt_watch import Hit
from core.reasons import Reason
from core.risk_facts import Restriction
from core.risk_limits import LimitName
from db.engine import Database
from desk import baskets, closing, gtt_firing, risk_limits
from desk.gtt_firing import Fate
from tests.desk.test_amo import Hours
from tests.desk.test_baskets import leg, who
from tests.desk.test_calendar import now
from tests.desk.test_gtt import leg as gtt_leg
from tests.desk.test_gtt import make
from tests.desk.test_risk import AT, limit
from tests.desk.test_risk import who as admin
from tests.floor import INFY, SBIN, AnyTerm, Floor

MANY = 12


class Clock:
    """Counts orders at the time that it shows, and goes on when somebody waits."""

    def __init__(self) -> None:
        self.at, self.slept = AT, list[float]()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Ten orders a second, all at one instant until somebody waits."""
    monkeypatch.setenv("KAGAZ_ORDER_RATE", "10")
    settings.load.cache_clear()
    clock, spend = Clock(), risk_rules.spend
    monkeypatch.setattr(risk_rules, "spend", lambda pace, limits, sent, _now: spend(pace, limits, sent, clock.at))
    yield clock
    monkeypatch.undo()
    settings.load.cache_clear()


@pytest.fixture
def hours(database: Database) -> Iterator[Hours]:
    floor = Hours(database)
    floor.at("2026-11-25 20:00")
    floor.price(SBIN, 80_000)
    yield floor
    floor.sound()


def test_all_that_waited_for_an_opening_is_sent_at_once(hours: Hours, clock: Clock) -> None:
    account = hours.account(cash=100_000_000)
    for name, most in ((LimitName.OPEN_ORDERS, MANY), (LimitName.DUPLICATE_MS, 10**12)):
        limit(hours, name, most)
    for number in range(MANY):
        clock.sleep(1)
        assert hours.place(account, "BUY", 1 + number, SBIN, 79_000).body["status"] == "AMO"
    assert hours.place(account, "BUY", 99, SBIN, 79_000).body["reason_code"] == Reason.OPEN_ORDERS
    clock.sleep(60)
    assert hours.release("2026-11-26 09:00") == {"sent": MANY, "refused": 0}


def test_a_gap_fires_every_gtt_that_it_reaches(floor: Floor, clock: Clock) -> None:
    account = floor.account(cash=100_000_000)
    made = [make(floor, account, gtt_leg(145_000, 145_000, 1 + number)) for number in range(MANY)]
    floor.price(INFY, 144_000)
    at = int(datetime.now(UTC).timestamp() * 1000)
    for each in made:
        hit = Hit(int(each.body["gtt_id"]), account, floor.instrument(INFY).id, 1, 144_000, 1, at)
        assert gtt_firing.fire(floor.database, AnyTerm(), hit) is Fate.OVER
    with floor.database.connection() as connection:
        placed = connection.execute("select count(*) from orders where origin = 'GTT' and status = 'OPEN'").fetchone()
    assert placed == (MANY,)
    assert floor.place(account, "BUY", 50, INFY, 140_000).status == 201, "none of them took its owner's pace"


def test_a_basket_of_more_than_a_second_takes_goes_on_in_the_next(
    floor: Floor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baskets, "time", SimpleNamespace(sleep=clock.sleep))  # and no other thread's
    principal, ref = who(floor, floor.account(cash=100_000_000))
    legs = [leg(floor, "BUY", 1 + number, INFY, 149_000) for number in range(MANY)]
    told = baskets.place(floor.database, principal, ref, legs)
    assert (told["placed"], told["refused"], clock.slept) == (MANY, 0, [1])


def test_a_basket_waits_for_no_minute(floor: Floor, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baskets, "time", SimpleNamespace(sleep=clock.sleep))  # and no other thread's
    account = floor.account(cash=100_000_000)
    limit(floor, LimitName.ORDERS_PER_MINUTE, 3)
    principal, ref = who(floor, account)
    legs = [leg(floor, "BUY", 1 + number, INFY, 149_000) for number in range(5)]
    told = baskets.place(floor.database, principal, ref, legs)
    assert (told["placed"], clock.slept) == (3, [])
    assert [each["reason_code"] for each in told["items"][3:]] == [Reason.RATE_LIMIT] * 2


def rolled(hours: Hours, at: str) -> None:
    step = closing.due(hours.database, "sim", now(at))
    assert step
    closing.roll(hours.database, "sim", step, now(at))


def test_settled_shares_in_trade_for_trade_are_sold_at_the_opening(hours: Hours) -> None:
    """What waited is judged by the lots, like an order of the day: those that have settled, and no others."""
    hours.at("2026-11-23 11:00")
    account = hours.account(cash=100_000_000)
    hours.price(SBIN, 80_000)
    hours.buy(account, 10, SBIN, 80_000)
    rolled(hours, "2026-11-23 16:01")
    hours.at("2026-11-25 11:00")
    hours.price(SBIN, 80_000)
    hours.buy(account, 5, SBIN, 80_000)
    rolled(hours, "2026-11-25 16:01")
    hours.at("2026-11-25 20:00")
    risk_limits.restrict(
        hours.database, admin(hours, "root", "admin"), SBIN, Restriction.TRADE_FOR_TRADE, "moved to BE"
    )
    assert hours.place(account, "SELL", 11, SBIN, 79_000).body["reason_code"] == Reason.TRADE_FOR_TRADE
    assert hours.place(account, "SELL", 10, SBIN, 79_000).body["status"] == "AMO"
    assert hours.release("2026-11-26 09:00") == {"sent": 1, "refused": 0}
