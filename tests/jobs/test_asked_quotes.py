"""What a vendor's stream says nothing of gets the last price that the vendor answers when it is asked, and no depth."""

from types import SimpleNamespace

import pytest

from core.vendors import Vendor
from desk import market as markets
from feeds.live.feed import STALE_MS
from feeds.live.line import LineState, SegmentState
from jobs import asked_quotes
from jobs.asked_quotes import QuoteLoop
from jobs.histories import Histories
from tests.feeds.live.lines import depth
from tests.jobs.test_gaps import History, gap, other
from tests.jobs.test_live_market import KEY, Stage, give, stage

__all__ = ["gap", "other", "stage"]
TCS = "NSE_EQ|TCS"


@pytest.fixture
def asking(stage: Stage, gap: History, other: int) -> QuoteLoop:
    """INFY and TCS are in a list; the stream speaks of INFY alone."""
    gap.last = {TCS: (310_000, 300_000), KEY[Vendor.UPSTOX]: (150_500, 148_000)}
    stage.step()
    stage.loop.ask_what_is_wanted()
    stage.say(1_500)
    stage.step(0.25)
    return QuoteLoop(stage.database, stage.loop, Histories(stage.database, gap))


def quote(stage: Stage, instrument: int) -> tuple[int, int, bool] | None:
    found = markets.quotes(stage.database, "live/asha").get(instrument)
    return None if found is None else (found["last_price"], found["prev_close"], any(found["asks"]))


def test_what_the_stream_does_not_say_is_asked_for_and_nothing_fills_on_it(
    stage: Stage, asking: QuoteLoop, gap: History, other: int
) -> None:
    assert quote(stage, other) is None
    asking.step()
    assert gap.asked == [(Vendor.UPSTOX, TCS)]
    stage.say(1_501)
    stage.step(0.25)
    assert quote(stage, other) == (310_000, 300_000, False)
    assert quote(stage, stage.infy) == (150_100, 148_000, True), "what the stream says stays as it is"
    day = markets.days(stage.database, "live/asha", markets.state(stage.database, "live/asha").trading_date)[other]
    assert day.prev_close == 300_000


def test_the_streams_own_word_stands_before_an_answer(stage: Stage, asking: QuoteLoop, other: int) -> None:
    asking.step()
    now = stage.wall.ms
    stage.lines[Vendor.UPSTOX].say(TCS, 3_111, now, traded=now, close=3_000, volume=5, depth=depth(3_110, 3_112))
    stage.step(0.25)
    assert quote(stage, other) == (311_100, 300_000, True)
    stage.step(STALE_MS / 1000 + 1)
    assert quote(stage, other) == (311_100, 300_000, False)
    stage.say(1_502)
    asking.step()
    stage.step(0.25)
    assert quote(stage, other) == (310_000, 300_000, False)
    now = stage.wall.ms
    stage.lines[Vendor.UPSTOX].say(TCS, 3_120, now, traded=now, close=3_000, volume=6, depth=depth(3_119, 3_121))
    stage.step(0.25)
    assert quote(stage, other) == (312_000, 300_000, True)


@pytest.mark.parametrize("what", ["lost", "closed", "unled"])
def test_nothing_is_asked_while_an_answer_would_mislead(
    stage: Stage, asking: QuoteLoop, gap: History, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = stage.lines[Vendor.UPSTOX]
    if what == "lost":
        line.be(LineState.BACKING_OFF, "The line was lost.")
    elif what == "closed":
        line.segments_ = {"NSE_EQ": SegmentState.CLOSED}
    else:
        monkeypatch.setattr(stage.loop, "leads", lambda: False)
    asking.step()
    assert gap.asked == []


def test_a_vendor_whose_prices_are_not_shown_is_not_asked(stage: Stage, asking: QuoteLoop, gap: History) -> None:
    give(stage, Vendor.TRUEDATA)
    stage.step()
    stage.lines[Vendor.UPSTOX].be(LineState.REFUSED, "refused")
    for price in (1_400, 1_401, 1_402):
        stage.say(price, Vendor.TRUEDATA)
        stage.step(0.25)
    assert markets.state(stage.database, "live/asha").feed_state["feed"] == "truedata"
    asking.step()
    assert Vendor.UPSTOX not in [vendor for vendor, _ in gap.asked]


def test_nothing_is_looked_up_for_a_vendor_that_answers_no_last_prices(
    stage: Stage, asking: QuoteLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []

    def of(*asked: object) -> tuple[list[object], str]:
        looked.append(asked)
        return [], ""

    monkeypatch.setattr(Histories, "of", of)
    asking.step()
    assert len(looked) == 1
    monkeypatch.setattr(asked_quotes, "ANSWERS_LAST", frozenset[Vendor]())
    asking.step()
    assert len(looked) == 1


def test_a_vendor_that_refuses_is_left_alone_for_a_while(
    stage: Stage, asking: QuoteLoop, gap: History, other: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000.0]
    monkeypatch.setattr(asked_quotes, "time", SimpleNamespace(monotonic=lambda: now[0]))
    gap.refuses = {Vendor.UPSTOX: 429}
    for seconds, questions in ((0, 1), (29, 1), (1, 2), (59, 2), (1, 3)):
        now[0] += seconds
        asking.step()
        assert len(gap.asked) == questions
    gap.refuses = {}
    now[0] += 120
    asking.step()
    stage.step(0.25)
    assert quote(stage, other) == (310_000, 300_000, False)


def test_more_than_one_question_holds_are_asked_for_in_turn(
    stage: Stage, asking: QuoteLoop, gap: History, other: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked_quotes, "MOST", 1)
    monkeypatch.setattr(stage.loop.talking(), "unheard", lambda: [stage.infy, other])
    for _ in range(3):
        asking.step()
    assert [key for _, key in gap.asked] == [KEY[Vendor.UPSTOX], TCS, KEY[Vendor.UPSTOX]]


def test_a_price_that_cannot_be_is_believed_from_nobody(
    stage: Stage, asking: QuoteLoop, gap: History, other: int
) -> None:
    gap.last[TCS] = (900_000, 300_000)
    asking.step()
    stage.step(0.25)
    assert quote(stage, other) is None
    gap.last[TCS] = (0, 300_000)
    asking.step()
    stage.step(0.25)
    assert quote(stage, other) is None
