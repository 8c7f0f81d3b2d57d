"""When a line connects, waits and gives up, as a table a person can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.live.line import LineState
from feeds.live.supervisor import (
    Action,
    Denied,
    Event,
    Look,
    Lost,
    Opened,
    Rules,
    Start,
    Stop,
    Watch,
    step,
)  # fmt: skip

RULES = Rules(connect=20_000, quiet=10_000, dead=20_000, base=1_000, cap=8_000, least=200, stable=60_000)
EXPIRES = 1_000_000


def look(heard: int = 0, trading: bool = True, wall: int = 0) -> Look:
    return Look(heard, trading, wall)


# Each story: (second, event, state after it, actions), with luck at its worst so that a wait takes its whole length.
STORIES: dict[str, list[tuple[float, Event, str, str]]] = {
    "it connects, hears and stops": [
        (0, Start(), "CONNECTING", "OPEN"),
        (0, Start(), "CONNECTING", ""),
        (1, Opened(), "LIVE", "SUBSCRIBE"),
        (2, look(heard=2_000), "LIVE", ""),
        (3, Stop(), "STOPPED", "CLOSE"),
        (4, Stop(), "STOPPED", "CLOSE"),
        (5, Lost("late news"), "STOPPED", ""),
        (6, Start(), "CONNECTING", "OPEN"),
    ],
    "silence while the market is open ends a half-open connection": [
        (0, Start(), "CONNECTING", "OPEN"),
        (1, Opened(), "LIVE", "SUBSCRIBE"),
        (1, look(), "LIVE", ""),
        (10.9, look(), "LIVE", ""),
        (11, look(), "QUIET", ""),
        (12, look(heard=11_500), "LIVE", ""),
        (22, look(heard=11_500), "QUIET", ""),
        (31.5, look(heard=11_500), "BACKING_OFF", "CLOSE"),
        (32.4, look(), "BACKING_OFF", ""),
        (32.5, look(), "CONNECTING", "OPEN"),
        (33, Opened(), "LIVE", "SUBSCRIBE"),
    ],
    "silence while the market is closed means nothing": [
        (0, Start(), "CONNECTING", "OPEN"),
        (1, Opened(), "LIVE", "SUBSCRIBE"),
        (500, look(heard=1_500, trading=False), "LIVE", ""),
        (40_000, look(heard=1_500, trading=True), "LIVE", ""),
        (40_009, look(heard=1_500, trading=True), "LIVE", ""),
        (40_010, look(heard=1_500, trading=True), "QUIET", ""),
        (40_020, look(heard=1_500, trading=True), "BACKING_OFF", "CLOSE"),
    ],
    "each failure doubles the longest wait, up to the cap": [
        (0, Start(), "CONNECTING", "OPEN"),
        (0, Lost("refused"), "BACKING_OFF", "CLOSE"),
        (0.9, look(), "BACKING_OFF", ""),
        (1, look(), "CONNECTING", "OPEN"),
        (1, Lost("refused"), "BACKING_OFF", "CLOSE"),
        (2.9, look(), "BACKING_OFF", ""),
        (3, look(), "CONNECTING", "OPEN"),
        (3, Lost("refused"), "BACKING_OFF", "CLOSE"),
        (7, look(), "CONNECTING", "OPEN"),
        (7, Lost("refused"), "BACKING_OFF", "CLOSE"),
        (15, look(), "CONNECTING", "OPEN"),
        (15, Lost("refused"), "BACKING_OFF", "CLOSE"),
        (22.9, look(), "BACKING_OFF", ""),
        (23, look(), "CONNECTING", "OPEN"),
    ],
    "a connection that drops at once has forgiven nothing, one that held has": [
        (0, Start(), "CONNECTING", "OPEN"),
        (0, Lost("refused"), "BACKING_OFF", "CLOSE"),
        (1, look(), "CONNECTING", "OPEN"),
        (1, Opened(), "LIVE", "SUBSCRIBE"),
        (2, Lost("dropped"), "BACKING_OFF", "CLOSE"),
        (3.9, look(), "BACKING_OFF", ""),
        (4, look(), "CONNECTING", "OPEN"),
        (4, Opened(), "LIVE", "SUBSCRIBE"),
        (64, Lost("dropped"), "BACKING_OFF", "CLOSE"),
        (65, look(), "CONNECTING", "OPEN"),
    ],
    "nobody answers": [
        (0, Start(), "CONNECTING", "OPEN"),
        (19.9, look(), "CONNECTING", ""),
        (20, look(), "BACKING_OFF", "CLOSE"),
        (20.5, Opened(), "BACKING_OFF", "CLOSE"),
    ],
    "a refused login is not tried again until somebody starts it": [
        (0, Start(), "CONNECTING", "OPEN"),
        (1, Denied("401"), "REFUSED", "CLOSE"),
        (2, Lost("closed"), "REFUSED", ""),
        (9_999, look(), "REFUSED", ""),
        (10_000, Start(), "CONNECTING", "OPEN"),
    ],
    "a token dies at its time, whatever the line does": [
        (0, Start(), "CONNECTING", "OPEN"),
        (1, Opened(), "LIVE", "SUBSCRIBE"),
        (2, look(heard=2_000, wall=EXPIRES - 1), "LIVE", ""),
        (3, look(heard=2_000, wall=EXPIRES), "TOKEN_EXPIRED", "CLOSE"),
        (4, look(wall=EXPIRES + 1), "TOKEN_EXPIRED", ""),
        (5, Lost("closed"), "TOKEN_EXPIRED", ""),
    ],
    "a token dies while the line waits to try again": [
        (0, Start(), "CONNECTING", "OPEN"),
        (0, Lost("refused"), "BACKING_OFF", "CLOSE"),
        (0.5, look(wall=EXPIRES), "TOKEN_EXPIRED", "CLOSE"),
    ],
    "a vendor says itself that the token has expired": [
        (0, Start(), "CONNECTING", "OPEN"),
        (1, Denied("expired", expired=True), "TOKEN_EXPIRED", "CLOSE"),
    ],
}


@pytest.mark.parametrize("story", STORIES)
def test_a_story(story: str) -> None:
    watch = Watch(expires_at=EXPIRES)
    for number, (second, event, state, actions) in enumerate(STORIES[story]):
        watch, told = step(RULES, watch, event, int(second * 1_000), luck=1.0)
        assert (str(watch.state), " ".join(told)) == (state, actions), f"step {number}: {event} at {second} s"


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 40))
def test_a_wait_is_a_random_part_of_the_longest(luck: float, failures: int) -> None:
    watch = Watch(LineState.CONNECTING, failures=failures)
    after, _ = step(RULES, watch, Lost("x"), 5_000, luck)
    longest = min(RULES.cap, RULES.base * 2**failures)
    assert RULES.least <= after.retry_at - 5_000 <= max(RULES.least, longest)
    assert after.retry_at - 5_000 == max(RULES.least, int(longest * luck))


events = st.one_of(
    st.builds(Start), st.builds(Stop), st.builds(Opened), st.builds(Lost, st.just("x")),
    st.builds(Denied, st.just("x"), st.booleans()),
    st.builds(Look, st.integers(0, 300_000), st.booleans(), st.integers(0, 2 * EXPIRES)),
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 60_000), events), max_size=60))
def test_what_is_open_is_closed_before_another_is_opened(happened: list[tuple[int, Event]]) -> None:
    watch, now, is_open = Watch(expires_at=EXPIRES), 0, False
    for passed, event in happened:
        now += passed
        before = watch.state
        watch, actions = step(RULES, watch, event, now, 0.5)
        for action in actions:
            if action is Action.OPEN:
                assert not is_open
                is_open = True
            elif action is Action.CLOSE:
                is_open = False
            else:
                assert is_open
        if before in (LineState.REFUSED, LineState.TOKEN_EXPIRED) and not isinstance(event, Start | Stop | Denied):
            assert watch.state is before
