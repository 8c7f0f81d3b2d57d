"""When a close was missed, what minutes say of it, and how long one waits, as tables."""

from datetime import date, datetime, time, timedelta

import pytest

from core import exchange_close
from core.calendar import IST, Calendar
from core.exchange_close import Minute, Spell
from core.sessions import Board

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
CALENDAR = Calendar.of(())


def at(text: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), IST)


def seen(*parts: str) -> Spell:
    """A market that looks each half minute of spells such as ``14:00-16:00``, up to a process' end after each."""
    spell, ends = Spell(), at("15:40")
    for part in parts:
        now, last = (at(each) for each in part.split("-"))
        while now <= last:
            spell = spell.look(True, now, ends)
            now += timedelta(seconds=30)
    return spell


@pytest.mark.parametrize(
    ("what", "parts", "whole"),
    [
        ("all day", ["09:00-16:00"], True),
        ("from just before the closing prices are made", ["14:59-15:41"], True),
        ("never", [], False),
        ("down from two o'clock", ["09:00-14:00"], False),
        ("back after the close", ["09:00-14:00", "15:45-16:00"], False),
        ("away in the middle", ["09:00-15:10", "15:20-16:00"], False),
        ("another process within a minute", ["09:00-15:20", "15:20:50-16:00"], True),
        ("gone before the contracts' end", ["09:00-15:37"], False),
        ("gone right after the end", ["09:00-15:40"], True),
        ("up from within the last half hour", ["15:20-16:00"], False),
        ("gone at the end, and up again in the evening", ["09:00-15:40", "18:00-18:10"], True),
    ],
)
def test_whether_the_close_was_seen(what: str, parts: list[str], whole: bool) -> None:
    span = exchange_close.span(CALENDAR, MONDAY)
    assert span == (at("15:00"), at("15:40"))
    assert seen(*parts).covers(*span) is whole, what


def test_what_is_seen_without_a_line_is_nothing() -> None:
    assert Spell().look(False, at("15:00"), at("15:40")) == Spell()


def test_a_day_without_trading_has_no_close() -> None:
    assert exchange_close.span(CALENDAR, date(2026, 11, 22)) is None


def minute(text: str, price: int, volume: int = 100, day: date = MONDAY) -> Minute:
    return Minute(at(text, day), price, price, price, volume)


@pytest.mark.parametrize(
    ("what", "board", "minutes", "close"),
    [
        ("of an auction its price", Board.AUCTION_SHARE, [("15:14", 100_00, 9), ("15:31", 101_00, 9)], 101_00),
        ("not the sales at the close", Board.AUCTION_SHARE, [("15:31", 101_00, 9), ("15:51", 105_00, 9)], 101_00),
        (
            "no auction: the volume of the quarter hour before it",
            Board.AUCTION_SHARE,
            [("14:59", 90_00, 9), ("15:01", 100_00, 100), ("15:02", 101_00, 300)],
            100_75,
        ),
        (
            "of other shares the last half hour by volume",
            Board.SHARE,
            [("14:59", 90_00, 9), ("15:00", 100_00, 100), ("15:29", 101_00, 100), ("15:31", 90_00, 5)],
            100_50,
        ),
        (
            "of contracts theirs",
            Board.OPTION,
            [("15:05", 90_00, 9), ("15:10", 100_00, 100), ("15:39", 100_04, 100)],
            100_00,
        ),
        ("half a tick is rounded up", Board.OPTION, [("15:10", 100_00, 1), ("15:39", 100_05, 1)], 100_05),
        ("nothing traded by then: the last trade", Board.SHARE, [("10:00", 95_00, 5), ("15:10", 99_00, 0)], 95_00),
        ("nothing traded at all", Board.SHARE, [("10:00", 95_00, 0)], None),
        ("nothing is told", Board.SHARE, [], None),
    ],
)
def test_what_minutes_say_of_a_close(
    what: str, board: Board, minutes: list[tuple[str, int, int]], close: int | None
) -> None:
    known = [minute(*one) for one in minutes]
    hours = CALENDAR.hours(MONDAY, board)
    assert exchange_close.of_minutes(known, hours, MONDAY, 5, is_index=False) == close, what


def test_an_index_closes_at_its_last_value_and_another_days_minutes_are_none() -> None:
    hours = CALENDAR.hours(MONDAY, Board.SHARE)
    known = [minute("15:29", 24_000_00, 0), minute("15:35", 24_010_00, 0), minute("09:15", 25_000_00, 0, TUESDAY)]
    assert exchange_close.of_minutes(known, hours, MONDAY, 5, is_index=True) == 24_010_00
    assert exchange_close.of_minutes(known[2:], hours, MONDAY, 5, is_index=True) is None


@pytest.mark.parametrize(
    ("price", "last", "is_option", "believed"),
    [
        (100, 100, False, True),
        (999, 100, False, True),
        (1_000, 100, False, False),
        (11, 100, False, True),
        (10, 100, False, False),
        (1, 100, True, True),
        (100, 0, False, True),
        (0, 0, True, False),
    ],
)
def test_what_can_be_a_close(price: int, last: int, is_option: bool, believed: bool) -> None:
    assert exchange_close.is_believable(price, last, is_option) is believed


@pytest.mark.parametrize(
    ("what", "since", "now", "held", "waits"),
    [
        ("in the evening, until the next date begins", at("18:00"), at("08:59", TUESDAY), None, True),
        ("and no longer", at("18:00"), at("09:00", TUESDAY), None, False),
        ("shortly before that ten minutes", at("08:58", TUESDAY), at("09:07", TUESDAY), None, True),
        ("while it trades ten minutes", at("10:00"), at("10:09"), None, True),
        ("and no longer then", at("10:00"), at("10:10"), None, False),
        ("prices that wait for it wait a minute", at("10:00"), at("10:05"), at("10:04:30"), True),
        ("and no longer, either", at("10:00"), at("10:05:30"), at("10:04:30"), False),
    ],
)
def test_how_long_a_date_waits(what: str, since: datetime, now: datetime, held: datetime | None, waits: bool) -> None:
    opens = exchange_close.opens(CALENDAR, since)
    assert exchange_close.may_wait(now, since, opens, held) is waits, what
