"""Latest quotes by turns: what speaks seldom is written at once, nothing is left behind, and readers know how far."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import settings
from core.frames import DEPTH, Frame, Renewed, Rows, row_type
from desk import market as markets
from jobs import renewal as renewals
from jobs.bus import Bus
from jobs.market import MarketLoop
from jobs.renewal import Renewal
from tests.jobs.test_live_market import Stage, stage

__all__ = ["stage"]

Told = tuple[list[tuple[int, int]], int | None]


class Clock:
    """Seconds that are set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def rows(*ids: int, price: int = 100) -> Rows:
    made = np.zeros(len(ids), row_type(DEPTH))
    made["instrument"], made["last_price"] = ids, price
    return made


def frame(number: int, *ids: int) -> Frame:
    return Frame("live/asha", number, 1_000 * number, rows(*ids, price=100 + number))


def take(renewal: Renewal, given: Frame | None, everything: bool = False) -> Told:
    found = told(renewal.offer(given, everything))
    renewal.stored()
    return found


def told(renewed: Renewed) -> Told:
    """(instrument, frame) of what is written, and up to which frame all is."""
    return list(zip(renewed.rows["instrument"].tolist(), renewed.frames.tolist(), strict=True)), renewed.through


def test_what_was_renewed_longest_ago_comes_first_and_the_rest_waits() -> None:
    clock = Clock()
    renewal = Renewal(most=2, clock=clock)
    steps = [
        # What a frame names, what is written with it, and up to which frame all is written.
        ((1, 2), [(1, 1), (2, 1)], None),
        ((1, 2, 3), [(1, 2), (3, 2)], 1),  # 3 spoke for the first time; of 1 and 2 either may go first
        ((1, 4), [(2, 2), (4, 3)], 2),  # 4 at once, then 2, which waited
        ((), [(1, 3)], None),
    ]
    for number, (named, written, through) in enumerate(steps, 1):
        clock.now += 0.1
        assert take(renewal, frame(number, *named) if named else None) == (written, through), number
    assert len(renewal) == 0


def test_what_is_wanted_comes_half_a_second_sooner_and_no_more() -> None:
    clock = Clock()
    renewal = Renewal(most=1, clock=clock)
    for number, one in ((1, 1), (2, 2)):
        renewal.offer(frame(number, one))
        renewal.stored()
        clock.now += 0.4
    renewal.prefer([2])
    assert told(renewal.offer(frame(3, 1, 2)))[0] == [(2, 3)], "renewed 0.4 s later than the other"
    renewal.stored()
    clock.now += 0.2
    assert told(renewal.offer(frame(4, 1, 2)))[0] == [(1, 4)], "which has waited long enough by now"


def test_what_could_not_be_stored_is_offered_again_and_its_frame_is_not_counted() -> None:
    renewal = Renewal(most=1, clock=Clock())
    renewal.offer(frame(1, 1, 2))
    renewal.stored()
    renewal.offer(frame(2, 1, 2, 3))  # the database is away
    written, through = told(renewal.offer(None, everything=True))
    assert (written, through) == ([(2, 1)], None) or (written, through) == ([(1, 1)], None)


def test_what_a_predecessor_left_is_as_old_as_its_frame() -> None:
    clock = Clock()
    renewal = Renewal(clock=clock)
    renewal.hold(frame(1, 1, 2), 7.0)
    renewal.hold(frame(2, 2, 3), 6.5)
    clock.now += 1
    renewed = renewal.offer(None)
    assert told(renewed) == ([(1, 1), (2, 2), (3, 2)], None)
    assert renewed.ages.tolist() == [8_000, 7_500, 7_500]


@given(st.lists(st.sets(st.integers(1, 12), min_size=1), max_size=30), st.integers(1, 6))
def test_quotes_and_the_frames_after_them_are_always_all_that_was_said(named: list[set[int]], most: int) -> None:
    renewal, said, quotes = Renewal(most, Clock()), dict[int, int](), dict[int, int]()
    by_number: dict[int, set[int]] = {}
    for number, ids in enumerate(named, 1):
        by_number[number] = ids
        said |= dict.fromkeys(ids, number)
        written, through = told(renewal.offer(frame(number, *sorted(ids))))
        assert len(written) <= most
        renewal.stored()
        quotes |= dict(written)
        read = dict(quotes)
        for later in range(number + 1 if through is None else through + 1, number + 1):
            read |= dict.fromkeys(by_number[later], later)
        assert read == said
    quotes |= dict(told(renewal.offer(None, everything=True))[0])
    assert quotes == said


def test_a_live_market_writes_quotes_by_turns_and_a_successor_finds_what_waited(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.step()
    stage.say(1_500)
    stage.step(0.25)
    latest = stage.loop._latest
    assert latest is not None
    state = markets.state(stage.database, "live/asha")
    assert state.quoted_to == state.frame, "a frame that is small is in the quotes at once"
    monkeypatch.setattr(latest, "_renewal", Renewal(most=0))
    stage.say(1_501, volume=1_100)
    stage.step(0.25)
    state = markets.state(stage.database, "live/asha")
    assert stage.shown() == (150_000, True), "its turn has not come"
    assert state.quotes_frame == state.frame - 1
    (taped,) = markets.frames_after(stage.database, "live/asha", state.quoted_to, 9)
    assert taped.rows["last_price"].tolist() == [150_100]
    # The process is killed. Its successor takes it from the tape, before it takes the depth back.
    heir = MarketLoop(stage.database, "live/asha", settings.Settings(), Bus(), lambda: True, stage.wall)
    heir.step()
    assert stage.shown() == (150_100, False)
    assert markets.state(stage.database, "live/asha").quotes_frame is None
    heir.close()


def test_what_waits_is_written_without_another_frame_and_is_as_old_as_it_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.step()
    stage.say(1_500)
    stage.step(0.25)
    clock = Clock()
    latest = stage.loop._latest
    assert latest is not None
    renewal = Renewal(most=0, clock=clock)
    monkeypatch.setattr(latest, "_renewal", renewal)
    stage.say(1_502, volume=1_100)
    stage.step(0.25)
    number = markets.state(stage.database, "live/asha").frame
    clock.now += 7
    monkeypatch.setattr(renewal, "_most", renewals.MOST)
    stage.step(0.25)
    assert stage.shown() == (150_200, True)
    (quote,) = markets.quotes(stage.database, "live/asha", [stage.infy]).values()
    assert markets.state(stage.database, "live/asha").frame == quote["frame"] == number
    assert 7_000 <= quote["age_ms"] < 60_000, "the price is old since it was stored, not since it was written here"


def test_without_a_tape_the_quotes_are_whole_with_each_frame(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.step()
    latest = stage.loop._latest
    assert latest is not None
    monkeypatch.setattr(latest, "_renewal", Renewal(most=0))
    stage.loop.tape.paused = True
    stage.say(1_500)
    stage.step(0.25)
    assert stage.shown() == (150_000, True)
    assert markets.state(stage.database, "live/asha").quotes_frame is None
