"""The market-wide breaker: which level halts for how long, the windows of the day then, and what a trader is told."""

from datetime import datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import amo, windows
from core.breaker import Halt, reached
from core.calendar import IST, Calendar, Phase
from core.orders import OrderType
from core.phases import phase
from core.reasons import Reason
from core.sessions import Board, Window
from tests.core.test_calendar import ALWAYS, NSE, at
from tests.core.test_windows import CALL, MONDAY, NIFTY_FUT, RELIANCE, facts_at, resting, wish

CLOSE = 2_500_000
NIFTY, SENSEX = "NSE:NIFTY 50", "BSE:SENSEX"


def halt_at(clock: str, percent: float, *before: Halt, index: str = NIFTY) -> Halt | None:
    price = round(CLOSE * (1 + percent / 100))
    return reached([(index, CLOSE, price)], at(f"{MONDAY} {clock}"), before)


# When an index is how far from its close, which level that is, and for how many minutes nothing trades then; None: for
# the rest of the day.
LEVELS = [
    ("09:58:11", -9.99, 0, 0),
    ("09:58:11", -10.0, -10, 60),
    ("09:58:11", 10.2, 10, 60),
    ("12:59:59", -10.0, -10, 60),
    ("13:00", -10.0, -10, 30),
    ("14:29:59", -10.0, -10, 30),
    ("14:30", -10.0, 0, 0),
    ("10:00", -15.0, -15, 120),
    ("12:59:59", -15.0, -15, 120),
    ("13:00", -15.0, -15, 60),
    ("13:59:59", -15.0, -15, 60),
    ("14:00", -15.0, -15, None),
    ("14:45", -16.0, -15, None),
    ("10:00", -20.0, -20, None),
    ("14:59", 21.0, 20, None),
]


@pytest.mark.parametrize(("clock", "percent", "level", "minutes"), LEVELS)
def test_levels_and_how_long_they_halt(clock: str, percent: float, level: int, minutes: int | None) -> None:
    halt = halt_at(clock, percent)
    if not level:
        assert halt is None
        return
    assert halt is not None
    assert (halt.percent, halt.begins) == (level, at(f"{MONDAY} {clock}") + timedelta(seconds=1))
    assert (None if halt.resumes is None else halt.resumes - halt.begins) == (
        None if minutes is None else timedelta(minutes=minutes)
    )


def test_each_level_halts_once_a_day_and_either_index_does() -> None:
    first = halt_at("10:00", -10.5)
    assert first is not None
    assert halt_at("11:05", -12.0, first) is None
    assert halt_at("11:05", 10.5, first) is None
    second = halt_at("11:05", -15.5, first, index=SENSEX)
    assert second is not None
    assert second.sentence == "SENSEX has fallen by 15%: all trading is halted."
    assert halt_at("14:10", -19.9, first, second) is None
    moves = [(NIFTY, CLOSE, CLOSE * 91 // 100), (SENSEX, CLOSE, CLOSE * 89 // 100)]
    either = reached(moves, at(f"{MONDAY} 10:00"), ())
    assert either is not None
    assert (either.index, either.percent) == (SENSEX, -10)


def test_an_hour_s_halt_is_kept_as_it_was_written() -> None:
    halt = halt_at("10:02:13", -10.5)
    assert halt is not None
    assert Halt.of_row(halt.as_row()) == halt
    assert halt.begins.time() == Halt.of_row(halt.as_row()).begins.time()


def halted(clock: str = "10:02:12", percent: float = -10.5) -> Calendar:
    halt = halt_at(clock, percent)
    assert halt is not None
    return NSE.with_halts((halt,))


@pytest.mark.parametrize(
    ("clock", "share", "contract"),
    [
        ("09:06", Window.PRE_OPEN_LIMIT, Window.CLOSED),
        ("10:02:12", Window.CONTINUOUS, Window.CONTINUOUS),
        ("10:02:13", Window.HALTED, Window.HALTED),
        ("10:47:12", Window.HALTED, Window.HALTED),
        ("10:47:13", Window.REOPEN_ENTRY, Window.HALTED),
        ("10:55:12", Window.REOPEN_ENTRY, Window.HALTED),
        ("10:55:13", Window.REOPEN_MATCH, Window.HALTED),
        ("11:02:12", Window.REOPEN_MATCH, Window.HALTED),
        ("11:02:13", Window.CONTINUOUS, Window.CONTINUOUS),
        ("15:16", Window.AUCTION_REFERENCE, Window.CONTINUOUS),
        ("15:55", Window.POST_CLOSE, Window.CLOSED),
    ],
)
def test_the_windows_of_a_day_with_a_halt_of_an_hour(clock: str, share: Window, contract: Window) -> None:
    calendar, moment = halted(), at(f"{MONDAY} {clock}")
    assert calendar.window_at(moment, Board.AUCTION_SHARE) is share
    assert calendar.window_at(moment, Board.OPTION) is contract
    assert ALWAYS.with_halts(calendar.halts).window_at(moment, Board.SHARE) is Window.CONTINUOUS


def test_a_halt_for_the_rest_of_the_day_has_no_closing_auction() -> None:
    calendar = halted("11:00", -20)
    for clock, window in (("15:14", Window.HALTED), ("15:16", Window.CLOSED), ("15:55", Window.CLOSED)):
        assert calendar.window_at(at(f"{MONDAY} {clock}"), Board.AUCTION_SHARE) is window
    assert calendar.window_at(at(f"{MONDAY} 15:39"), Board.FUTURE) is Window.HALTED
    assert calendar.next_open(at(f"{MONDAY} 12:00")) == at("2026-11-25 09:15")
    assert calendar.hours(at("2026-11-25 12:00").date(), Board.SHARE) == NSE.hours(
        at("2026-11-25 12:00").date(), Board.SHARE
    )


def test_two_halts_of_a_day() -> None:
    first = halt_at("09:39:59", -10)
    assert first is not None
    second = halt_at("10:49:59", -15, first)
    assert second is not None
    calendar = NSE.with_halts((first, second))
    told = [row.window for row in calendar.hours(at(MONDAY).date(), Board.SHARE)]
    assert told.count(Window.HALTED) == told.count(Window.REOPEN_ENTRY) == told.count(Window.REOPEN_MATCH) == 2
    assert calendar.window_at(at(f"{MONDAY} 10:45"), Board.SHARE) is Window.CONTINUOUS
    assert calendar.window_at(at(f"{MONDAY} 12:49:59"), Board.SHARE) is Window.REOPEN_MATCH
    assert calendar.next_open(at(f"{MONDAY} 11:00")) == at(f"{MONDAY} 12:50")


@pytest.mark.parametrize(
    ("clock", "order_type", "reason", "sentence"),
    [
        ("10:30", "LIMIT", Reason.MARKET_HALTED,
         "NIFTY 50 has fallen by 10%: all trading is halted. Try again at 10:47:13."),
        ("10:30", "SL", Reason.MARKET_HALTED,
         "NIFTY 50 has fallen by 10%: all trading is halted. Try again at 11:02:13."),
        ("10:50", "LIMIT", None, ""),
        ("10:50", "MARKET", None, ""),
        ("10:50", "SL", Reason.WINDOW_TYPE,
         "The call auction after the halt takes LIMIT and MARKET orders only. Try again at 11:02:13."),
        ("11:00", "LIMIT", Reason.WINDOW_CLOSED,
         "The matching of the call auction takes no new orders. Try again at 11:02:13."),
    ],
)  # fmt: skip
def test_what_an_order_is_told_while_the_market_is_halted(
    clock: str, order_type: str, reason: Reason | None, sentence: str
) -> None:
    facts = facts_at(at(f"{MONDAY} {clock}"), halted())
    found = windows.refuses(facts, RELIANCE, wish(RELIANCE, order_type))
    assert (found.reason if found else None, found.sentence if found else "") == (reason, sentence)


def test_contracts_wait_until_trading_goes_on_and_what_rests_can_be_cancelled() -> None:
    facts = facts_at(at(f"{MONDAY} 10:50"), halted())
    for one in (NIFTY_FUT, CALL):
        found = windows.refuses(facts, one, wish(one))
        assert found is not None
        assert found.sentence.endswith("Try again at 11:02:13.")
        assert not amo.waits(facts, one, wish(one)), "it does not become an order for the next opening"
    assert windows.keeps(facts_at(at(f"{MONDAY} 10:30"), halted()), RELIANCE, resting("LIMIT")) is None
    changed = windows.refuses(facts_at(at(f"{MONDAY} 10:30"), halted()), RELIANCE, wish(), OrderType.LIMIT)
    assert changed is not None
    assert changed.reason is Reason.WINDOW_NO_CHANGE


@pytest.mark.parametrize(
    ("calendar", "clock", "words", "until"),
    [
        (halted(), "10:30", "Trading is halted until 10:47: NIFTY 50 −10%", "10:47:13"),
        (halted(), "10:50", "Call auction after the halt, orders until 10:55", "10:55:13"),
        (halted(), "11:00", "Call auction is matched, trading from 11:02", "11:02:13"),
        (halted(), "11:30", "Open, closing auction follows", "15:15"),
        (halted("11:00", -20), "12:00", "Trading is halted for today: NIFTY 50 −20%", "15:15"),
    ],
)
def test_the_strip_s_words(calendar: Calendar, clock: str, words: str, until: str) -> None:
    found = phase(calendar, at(f"{MONDAY} {clock}"))
    assert found is not None
    assert (found.words, found.until) == (words, at(f"{MONDAY} {until}"))
    assert calendar.phase_at(at(f"{MONDAY} {clock}")) is (Phase.OPEN if "Open" in words else Phase.CLOSED)


moments = st.times(time(9, 15), time(15, 14, 59)).map(lambda each: each.replace(microsecond=0))


@given(moments, st.sampled_from([-21, -15, -10, 10, 16, 20]), st.sampled_from(list(Board)))
def test_a_cut_day_has_no_hole_and_no_overlap(moment: time, percent: int, board: Board) -> None:
    day = at(MONDAY).date()
    halt = reached([(NIFTY, CLOSE, CLOSE * (100 + percent) // 100)], datetime.combine(day, moment, IST), ())
    plain = NSE.hours(day, board)
    hours = plain if halt is None else NSE.with_halts((halt,)).hours(day, board)
    assert all(one.end == other.start for one, other in pairwise(hours))
    assert hours[0].start == plain[0].start
    assert all(row.start < row.end for row in hours)
    if halt is not None and halt.resumes is not None:
        assert hours[-1].end == plain[-1].end
        assert {row.window for row in hours} >= {row.window for row in plain}
