"""Price alerts from a made one over frames to what its owner hears, with the real desk, loop and database."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from core.gtt_watch import Hit
from core.price_alerts import Condition, Measure, Terms
from db import price_alerts as rows
from desk import access, alerts, market, price_alert_ringing, price_alerts
from desk.leadership import NotLeader
from tests.floor import INFY, AnyTerm, Floor
from tests.jobs.test_gtt_loop import bus, floor, show, until

__all__ = ["bus", "floor"]
UP, DOWN, EITHER = Condition.ABOVE, Condition.BELOW, Condition.CROSSES


@pytest.fixture
def book(floor: Floor) -> access.AccountRef:
    floor.account()
    return access.by_key(floor.database, "asha/main")


def make(floor: Floor, book: access.AccountRef, condition: Condition, level: int, **named: Any) -> int:
    terms = Terms(named.pop("measure", Measure.PRICE), condition, level, **named)
    row, _ = price_alerts.make(floor.database, book, floor.instrument(INFY).id, terms)
    return int(row["price_alert_id"])


def heard(floor: Floor, book: access.AccountRef) -> list[str]:
    """What the owner was told, oldest first."""
    items = alerts.listed(floor.database, book)["items"]
    return [each["detail"] for each in reversed(items) if each["kind"] == "PRICE"]


def watched(floor: Floor) -> bool:
    """Whether the loop knows of every alert."""
    with floor.database.connection() as connection:
        return connection.execute("select from price_alert_changes").fetchone() is None


def version(floor: Floor, book: access.AccountRef) -> int:
    with floor.database.connection() as connection:
        row = connection.execute("select version from accounts where id = %s", [book.id]).fetchone()
    assert row
    return int(row[0])


def test_it_rings_once_and_is_done(floor, bus, book):
    number = make(floor, book, UP, 151_000, note="Look at it.")
    before = version(floor, book)
    show(floor, bus, 1, 150_500, 150_000, 150_500)
    show(floor, bus, 2, 151_200, 150_000, 151_200)
    until(lambda: len(heard(floor, book)) == 1)
    assert heard(floor, book) == ["INFY rose to ₹1,512.00: its level ₹1,510.00 is reached. Look at it."]
    assert version(floor, book) == before + 1, "streams look at accounts whose version rose"
    row = price_alerts.one(floor.database, book, number)
    assert (row["status"], row["rings"], row["resting"]) == ("DONE", 1, False)
    show(floor, bus, 3, 150_000, 150_000, 151_200)
    show(floor, bus, 4, 152_000, 150_000, 152_000)
    other = make(floor, book, UP, 153_000)
    show(floor, bus, 5, 153_000, 150_000, 153_000)
    until(lambda: price_alerts.one(floor.database, book, other)["rings"] == 1)
    assert len(heard(floor, book)) == 2, "who rang once rings no more"


def test_a_price_that_printed_between_two_frames_is_not_missed(floor, bus, book):
    make(floor, book, DOWN, 149_000)
    show(floor, bus, 1, 150_000, 150_000, 150_000)
    make(floor, book, DOWN, 148_000)
    until(lambda: watched(floor))
    show(floor, bus, 2, 150_100, 148_900, 150_100)
    until(lambda: heard(floor, book) == ["INFY fell to ₹1,489.00: its level ₹1,490.00 is reached."])


def test_a_repeated_one_rests_until_the_price_has_come_back(floor, bus, book):
    number = make(floor, book, UP, 151_000, repeats=True)
    show(floor, bus, 1, 150_500, 150_000, 150_500)
    show(floor, bus, 2, 151_000, 150_000, 151_000)
    until(lambda: price_alerts.one(floor.database, book, number)["rings"] == 1)
    show(floor, bus, 3, 151_500, 150_000, 151_500)
    with floor.database.connection() as connection:  # as if a minute had passed
        connection.execute("update price_alerts set rung_at = rung_at - interval '1 minute'")
    until(lambda: price_alerts.one(floor.database, book, number)["resting"])
    assert price_alerts.one(floor.database, book, number)["rings"] == 1
    frames = count(4)

    def at(price: int) -> Any:
        """The alert, when one more frame has shown that price."""
        show(floor, bus, next(frames), price, 150_000, 151_500)
        return price_alerts.one(floor.database, book, number)

    until(lambda: not at(150_900)["resting"])
    at(150_950)
    until(lambda: at(151_100)["rings"] == 2)
    assert heard(floor, book)[-1] == "INFY rose to ₹1,511.00: its level ₹1,510.00 is reached."


@pytest.mark.parametrize(
    ("way_on", "said"),
    [
        (151_300, "INFY fell to ₹1,509.00: its level ₹1,510.00 is reached."),
        (150_700, "INFY rose to ₹1,511.00: its level ₹1,510.00 is reached."),
    ],
)
def test_one_on_a_crossing_rings_from_either_side_as_the_price_goes_on(floor, bus, book, way_on, said):
    number = make(floor, book, EITHER, 151_000, repeats=True)
    show(floor, bus, 1, 150_500, 150_000, 150_500)
    show(floor, bus, 2, 151_000, 150_000, 151_000)
    until(lambda: price_alerts.one(floor.database, book, number)["rings"] == 1)
    with floor.database.connection() as connection:  # as if a minute had passed
        connection.execute("update price_alerts set rung_at = rung_at - interval '1 minute'")
    frames = count(3)

    def at(price: int) -> Any:
        """The alert, when one more frame has shown that price."""
        show(floor, bus, next(frames), price, 150_000, 151_500)
        return price_alerts.one(floor.database, book, number)

    until(lambda: not at(way_on)["resting"])
    until(lambda: watched(floor))
    back = 150_900 if way_on > 151_000 else 151_100
    until(lambda: at(back)["rings"] == 2)
    assert heard(floor, book) == ["INFY rose to ₹1,510.00: its level ₹1,510.00 is reached.", said]


def hit(book: access.AccountRef, floor: Floor, number: int, price: int) -> Hit:
    now = int(datetime.now(UTC).timestamp() * 1000)
    return Hit(number, book.id, floor.instrument(INFY).id, 1, price, 1, now)


def test_it_rings_once_however_often_it_is_told_to(floor, book):
    number = make(floor, book, UP, 151_000, repeats=True)
    told = hit(book, floor, number, 151_000)
    assert price_alert_ringing.fire(floor.database, AnyTerm(), told) == 0
    assert 50 < price_alert_ringing.fire(floor.database, AnyTerm(), told) <= 60
    assert price_alerts.one(floor.database, book, number)["rings"] == 1
    price_alerts.delete(floor.database, book, number)
    before = version(floor, book)
    assert price_alert_ringing.fire(floor.database, AnyTerm(), told) == 0
    assert (len(heard(floor, book)), version(floor, book)) == (1, before)


def test_who_leads_no_more_rings_nothing(floor, book):
    class Over(AnyTerm):
        def guard(self, connection: Any) -> None:
            raise NotLeader("another leads")

    number = make(floor, book, UP, 151_000)
    with pytest.raises(NotLeader):
        price_alert_ringing.fire(floor.database, Over(), hit(book, floor, number, 151_000))
    assert heard(floor, book) == []


def test_a_change_on_the_day_waits_at_the_price_that_it_means(floor, book):
    make(floor, book, UP, 250, measure=Measure.CHANGE)
    (one,) = price_alert_ringing.load_armed(floor.database, AnyTerm(), "sim")
    assert one.triggers[0].price == 153_750


def test_a_change_waits_as_soon_as_a_vendor_tells_what_it_is_counted_from(floor, book):
    infy = floor.instrument(INFY).id
    make(floor, book, UP, 250, measure=Measure.CHANGE)
    make(floor, book, UP, 160_000)
    with floor.database.connection() as connection:
        connection.execute("delete from market_days where instrument_id = %s", [infy])
    (other,) = price_alert_ringing.load_armed(floor.database, AnyTerm(), "sim")
    assert other.triggers[0].price == 160_000, "nothing to count from yet"
    for close, price in ((150_000, 153_750), (140_000, 143_500)):
        market.tell_day(floor.database, "sim", floor.trading_date, [infy], [close], [0], [0])
        waiting, gone = price_alert_ringing.take_changes(floor.database, AnyTerm(), "sim")
        assert ([each.triggers[0].price for each in waiting], gone) == ([price], [])


def test_one_of_a_contract_that_has_ended_expires_and_of_a_book_that_was_put_away_is_not_watched(floor, book):
    future = floor.future()
    terms = Terms(Measure.PRICE, UP, 10**8)
    row, _ = price_alerts.make(floor.database, book, future.id, terms)
    assert price_alert_ringing.expire(floor.database, "sim") == 0
    with floor.database.connection() as connection:
        after = future.expiry + timedelta(days=1)
        connection.execute("update markets set trading_date = %s where id = 'sim'", [after])
    assert price_alert_ringing.expire(floor.database, "sim") == 1
    assert price_alerts.one(floor.database, book, int(row["price_alert_id"]))["status"] == "EXPIRED"
    with floor.database.connection() as connection:
        connection.execute("update markets set trading_date = %s where id = 'sim'", [floor.trading_date])
    make(floor, book, UP, 151_000)
    assert len(price_alert_ringing.load_armed(floor.database, AnyTerm(), "sim")) == 1
    with floor.database.connection() as connection:
        connection.execute("update accounts set archived_at = now() where id = %s", [book.id])
    assert price_alert_ringing.load_armed(floor.database, AnyTerm(), "sim") == []


def test_a_split_brings_its_price_to_new_units(floor, book):
    number = make(floor, book, UP, 151_003)
    share = make(floor, book, UP, 250, measure=Measure.CHANGE)
    with floor.database.connection() as connection:
        assert rows.split(connection, book.id, floor.instrument(INFY).id, 1, 5) == 1
    assert price_alerts.one(floor.database, book, number)["level"] == 302.01
    assert price_alerts.one(floor.database, book, share)["level"] == 2.5
