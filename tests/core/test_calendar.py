"""Trading dates, rolls and phases, under both sessions and at the edges where they change."""

import csv
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import IST, Calendar, CalendarDay, DayKind, Phase, Session, expires_at
from core.instruments import Kind
from core.sessions import Board, Window, board_of, hours_on

SEED = Path(__file__).parents[2] / "db" / "seed" / "calendar_days.csv"


def seeded() -> list[CalendarDay]:
    def clock(text: str) -> time | None:
        return time.fromisoformat(text) if text else None

    with SEED.open(newline="") as file:
        return [
            CalendarDay(
                date.fromisoformat(row["day"]),
                DayKind(row["kind"]),
                row["name"],
                clock(row["opens"]),
                clock(row["closes"]),
            )
            for row in csv.DictReader(file)
            if row["exchange"] == "NSE"
        ]


NSE = Calendar.of(seeded())
ALWAYS = NSE.under("always")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=IST)


@pytest.mark.parametrize(
    ("day", "nse"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 11, 22), False),
        (date(2026, 11, 23), True),
        (date(2026, 11, 24), False),
        (date(2026, 2, 1), True),
        (date(2026, 11, 8), True),
        (date(2026, 8, 15), False),
        (date(2027, 3, 26), False),
    ],
)
def test_trading_dates(day: date, nse: bool) -> None:
    assert NSE.is_trading_date(day) is nse
    assert ALWAYS.is_trading_date(day)


def test_settlement_is_the_next_trading_date() -> None:
    assert NSE.settles_on(date(2026, 11, 23)) == date(2026, 11, 25)
    assert NSE.settles_on(date(2026, 11, 20)) == date(2026, 11, 23)
    assert ALWAYS.settles_on(date(2026, 11, 23)) == date(2026, 11, 24)
    assert NSE.previous_trading_date(date(2026, 11, 25)) == date(2026, 11, 23)
    assert NSE.at_or_before(date(2026, 11, 24)) == date(2026, 11, 23)
    assert NSE.at_or_before(date(2026, 11, 23)) == date(2026, 11, 23)
    week = list(NSE.trading_dates(date(2026, 11, 21), date(2026, 11, 27)))
    assert [day.day for day in week] == [23, 25, 26, 27]


@pytest.mark.parametrize(
    ("calendar", "instant", "trading_date"),
    [
        (ALWAYS, "2026-11-22 15:29:59.999", date(2026, 11, 22)),
        (ALWAYS, "2026-11-22 15:30", date(2026, 11, 23)),
        (ALWAYS, "2026-11-24 00:00", date(2026, 11, 24)),
        (NSE, "2026-11-22 12:00", date(2026, 11, 23)),
        (NSE, "2026-11-23 08:00", date(2026, 11, 23)),
        (NSE, "2026-11-23 15:59:59", date(2026, 11, 23)),
        (NSE, "2026-11-23 16:00", date(2026, 11, 25)),
        (NSE, "2026-11-24 10:00", date(2026, 11, 25)),
        (NSE, "2026-11-08 15:14", date(2026, 11, 8)),
        (NSE, "2026-11-08 15:15", date(2026, 11, 9)),
    ],
)
def test_the_trading_date_of_an_instant(calendar: Calendar, instant: str, trading_date: date) -> None:
    assert calendar.trading_date_at(at(instant)) == trading_date
    assert calendar.trading_date_at(at(instant).astimezone(UTC)) == trading_date


@pytest.mark.parametrize(
    ("calendar", "instant", "phase"),
    [
        (ALWAYS, "2026-11-22 03:00", Phase.OPEN),
        (ALWAYS, "2026-11-22 15:30", Phase.ROLL),
        (ALWAYS, "2026-11-22 15:30:10", Phase.OPEN),
        (NSE, "2026-11-22 12:00", Phase.CLOSED),
        (NSE, "2026-11-23 09:14:59", Phase.CLOSED),
        (NSE, "2026-11-23 09:15", Phase.OPEN),
        (NSE, "2026-11-23 15:39:59", Phase.OPEN),
        (NSE, "2026-11-23 15:40", Phase.CLOSED),
        (NSE, "2026-11-23 16:00:05", Phase.ROLL),
        (NSE, "2026-11-23 16:00:10", Phase.CLOSED),
        (NSE, "2026-11-24 11:00", Phase.CLOSED),
        (NSE, "2026-11-08 14:00", Phase.OPEN),
        (NSE, "2026-11-08 10:00", Phase.CLOSED),
        (NSE, "2026-02-01 10:00", Phase.OPEN),
    ],
)
def test_the_phase_of_an_instant(calendar: Calendar, instant: str, phase: Phase) -> None:
    assert calendar.phase_at(at(instant)) is phase


@pytest.mark.parametrize(
    ("instant", "board", "window"),
    [
        ("2026-11-23 15:14:59", Board.AUCTION_SHARE, Window.CONTINUOUS),
        ("2026-11-23 15:16", Board.AUCTION_SHARE, Window.AUCTION_REFERENCE),
        ("2026-11-23 15:22", Board.AUCTION_SHARE, Window.AUCTION_ENTRY),
        ("2026-11-23 15:26", Board.AUCTION_SHARE, Window.AUCTION_LIMIT),
        ("2026-11-23 15:31", Board.AUCTION_SHARE, Window.AUCTION_MATCH),
        ("2026-11-23 15:55", Board.AUCTION_SHARE, Window.POST_CLOSE),
        ("2026-11-23 15:16", Board.SHARE, Window.CONTINUOUS),
        ("2026-11-23 15:39", Board.FUTURE, Window.CONTINUOUS),
        ("2026-11-23 15:40", Board.OPTION, Window.CLOSED),
        ("2026-11-23 09:06", Board.SHARE, Window.PRE_OPEN_LIMIT),
        ("2026-11-23 09:06", Board.OPTION, Window.CLOSED),
        ("2026-11-23 09:06", Board.FUTURE, Window.PRE_OPEN_LIMIT),
        ("2026-09-04 09:06", Board.SHARE, Window.PRE_OPEN),
        ("2026-07-31 15:20", Board.AUCTION_SHARE, Window.CONTINUOUS),
        ("2026-07-31 15:35", Board.OPTION, Window.CLOSED),
    ],
)
def test_boards_keep_the_hours_of_their_date(instant: str, board: Board, window: Window) -> None:
    assert NSE.window_at(at(instant), board) is window


def test_boards_of_instruments() -> None:
    assert board_of(Kind.EQ, True) is Board.AUCTION_SHARE
    assert board_of(Kind.EQ, False) is Board.SHARE
    assert board_of(Kind.ETF, False) is Board.SHARE
    assert board_of(Kind.FUT, False) is Board.FUTURE
    assert board_of(Kind.PE, False) is Board.OPTION
    assert hours_on(date(1999, 1, 1), Board.SHARE) == ()


@pytest.mark.parametrize(
    ("instant", "opens"),
    [
        ("2026-11-22 12:00", "2026-11-23 09:15"),
        ("2026-11-23 10:00", "2026-11-23 10:00"),
        ("2026-11-23 15:45", "2026-11-25 09:15"),
        ("2026-11-07 12:00", "2026-11-08 13:45"),
    ],
)
def test_the_next_opening(instant: str, opens: str) -> None:
    assert NSE.next_open(at(instant)) == at(opens)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        NSE.trading_date_at(datetime.fromisoformat("2026-11-23 10:00"))
    with pytest.raises(ValueError, match="sometimes"):
        NSE.under("sometimes")
    shut = [CalendarDay(date(2026, 1, 1) + timedelta(n), DayKind.HOLIDAY, "shut") for n in range(60)]
    with pytest.raises(ValueError, match="within 40 days"):
        Calendar.of(shut).next_trading_date(date(2026, 1, 1))


def test_contracts_settle_at_half_past_three() -> None:
    assert expires_at(date(2026, 11, 23)).astimezone(UTC) == datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


instants = st.datetimes(at("2026-01-01").replace(tzinfo=None), at("2027-12-01").replace(tzinfo=None)).map(
    lambda moment: moment.replace(tzinfo=IST)
)


@given(instants, st.sampled_from(list(Session)))
def test_a_trading_date_lasts_until_its_roll_and_the_next_follows(instant: datetime, session: Session) -> None:
    calendar = NSE.under(session)
    day = calendar.trading_date_at(instant)
    assert calendar.is_trading_date(day)
    assert instant < calendar.rolls_at(day)
    assert instant >= calendar.rolls_at(calendar.previous_trading_date(day))
    assert calendar.trading_date_at(calendar.rolls_at(day)) == calendar.next_trading_date(day)
    assert calendar.previous_trading_date(calendar.next_trading_date(day)) == day


@given(instants, st.sampled_from(list(Session)))
def test_the_next_opening_is_open_and_none_was_missed(instant: datetime, session: Session) -> None:
    calendar = NSE.under(session)
    opens = calendar.next_open(instant)
    assert opens >= instant
    assert calendar.phase_at(opens) is Phase.OPEN
    if opens > instant:
        assert calendar.phase_at(opens - timedelta(microseconds=1)) is not Phase.OPEN
