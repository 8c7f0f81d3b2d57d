"""Which price rings an alert, when it may ring again, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import price_alerts as rules
from core.price_alerts import AlertFact, Condition, Measure, Terms
from core.reasons import Reason, Refusal

UP, DOWN, EITHER = Condition.ABOVE, Condition.BELOW, Condition.CROSSES
PRICE, CHANGE = Measure.PRICE, Measure.CHANGE
CLOSE = 150_010


@pytest.mark.parametrize(
    ("terms", "price", "back"),
    [
        (Terms(PRICE, UP, 160_000), 160_000, 159_999),
        (Terms(PRICE, DOWN, 140_000), 140_000, 140_001),
        (Terms(CHANGE, UP, 250), 153_761, 153_760),  # 1,537.6025 rounded up: below it the change is not reached
        (Terms(CHANGE, DOWN, -250), 146_259, 146_260),  # 1,462.5975 rounded down
        (Terms(CHANGE, UP, -100), 148_510, 148_509),
        (Terms(CHANGE, DOWN, -9_999), 15, 16),
    ],
)
def test_the_price_that_rings_and_the_one_that_lets_it_wait_again(terms, price, back):
    assert (rules.price_of(terms, CLOSE), rules.back_at(terms, CLOSE)) == (price, back)
    assert rules.reached(terms, price, CLOSE)
    assert not rules.reached(terms, back, CLOSE)


def test_a_change_of_a_day_without_a_close_before_it_is_reached_by_nothing():
    terms = Terms(CHANGE, UP, 250)
    assert (rules.price_of(terms, None), rules.back_at(terms, None)) == (None, None)
    assert not rules.reached(terms, 10**9, None)


@pytest.mark.parametrize(
    ("terms", "last", "side", "ways_out"),
    [
        (Terms(PRICE, EITHER, 150_000), 149_990, UP, (150_001, 149_999)),
        (Terms(PRICE, EITHER, 150_000), 150_010, DOWN, (150_001, 149_999)),
        (Terms(PRICE, EITHER, 150_000), 150_000, None, (150_001, 149_999)),
        (Terms(PRICE, EITHER, 150_000), 0, None, (150_001, 149_999)),
        (Terms(CHANGE, EITHER, 250), 153_760, UP, (153_761, 153_760)),  # the level is 1,537.6025
        (Terms(CHANGE, EITHER, 250), 153_761, DOWN, (153_761, 153_760)),
        (Terms(PRICE, UP, 150_000), 149_990, None, None),
    ],
)
def test_a_crossing_waits_on_the_side_that_the_price_does_not_stand_on(terms, last, side, ways_out):
    waiting = rules.on_its_side(terms, last, CLOSE)
    assert waiting.side is side
    if side is not None:
        assert not rules.reached(waiting, last, CLOSE)
        assert rules.reached(waiting, rules.price_of(waiting, CLOSE), CLOSE)
    if ways_out is not None:
        assert rules.ways_out(terms, CLOSE) == ways_out


@given(st.sampled_from((UP, DOWN)), st.integers(-9_999, 10_000), st.integers(1, 10**9), st.integers(1, 10**9))
def test_a_change_is_reached_exactly_where_it_is(condition, level, close, price):
    """In whole numbers: price / close against 1 + level."""
    exact = price * 10_000 - close * (10_000 + level)
    wanted = exact >= 0 if condition is UP else exact <= 0
    found = rules.reached(Terms(CHANGE, condition, level), price, close)
    assert found == wanted or price == 1, "there is no price below a paisa"


NOW = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(("ago", "rests"), [(None, False), (0, True), (59, True), (60, False), (3600, False)])
def test_it_rings_once_a_minute_at_most(ago, rests):
    rung = None if ago is None else NOW - timedelta(seconds=ago)
    assert (rules.rests_for(rung, NOW) > 0) == rests


@pytest.mark.parametrize(
    ("terms", "last", "waiting", "reason", "says"),
    [
        (Terms(PRICE, UP, 0), 150_000, 0, Reason.ALERT_LEVEL, "above zero"),
        (Terms(PRICE, UP, 150_000), 150_000, 0, Reason.ALERT_REACHED, "₹1,500.00: that is at or above ₹1,500.00"),
        (Terms(PRICE, DOWN, 150_000), 149_000, 0, Reason.ALERT_REACHED, "or above."),
        (Terms(CHANGE, UP, -100), 150_000, 0, Reason.ALERT_REACHED, "−1.00 %"),
        (Terms(CHANGE, DOWN, -10_000), 150_000, 0, Reason.ALERT_LEVEL, "above −100 %"),
        (Terms(CHANGE, UP, 1_000_001), 150_000, 0, Reason.ALERT_LEVEL, "up to 10,000 %"),
        # Those that waited for a crossing until their condition was changed: on which side they did is no matter now.
        (Terms(PRICE, UP, 150_000, side=DOWN), 151_000, 0, Reason.ALERT_REACHED, "at or above ₹1,500.00"),
        (Terms(PRICE, DOWN, 150_000, side=UP), 149_000, 0, Reason.ALERT_REACHED, "at or below ₹1,500.00"),
        (Terms(PRICE, EITHER, 150_000), 150_000, 0, Reason.ALERT_REACHED, "the level itself"),
        (Terms(PRICE, EITHER, 150_000), 0, 0, Reason.ALERT_LEVEL, "no price yet"),
        (Terms(PRICE, UP, 160_000, note="two\nlines"), 150_000, 0, Reason.BAD_INPUT, "100 printable"),
        (Terms(PRICE, UP, 160_000, note="x" * 101), 150_000, 0, Reason.BAD_INPUT, "100 printable"),
        (Terms(PRICE, UP, 160_000), 150_000, rules.MOST_ACTIVE, Reason.TOO_MANY_ALERTS, "200 alerts wait"),
    ],
)
def test_what_is_refused_says_what_to_do(terms, last, waiting, reason, says):
    with pytest.raises(Refusal) as no:
        rules.check(terms, "INFY", last, CLOSE, waiting)
    assert (no.value.reason, says in no.value.sentence) == (reason, True), no.value.sentence


@pytest.mark.parametrize("last", [149_990, 150_010])
def test_a_crossing_is_taken_from_either_side(last):
    rules.check(Terms(PRICE, EITHER, 150_000), "INFY", last, None, 0)


def test_what_waits_for_a_price_that_there_is_none_of_yet_is_taken():
    rules.check(Terms(PRICE, UP, 100), "INFY", 0, None, 0)


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        (Terms(PRICE, UP, 150_000, note="Sell half."), "INFY rose to ₹1,501.00: its level ₹1,500.00 is reached. Sell"),
        (Terms(PRICE, EITHER, 150_000, side=UP), "INFY rose to ₹1,501.00: its level ₹1,500.00 is reached."),
        (Terms(PRICE, EITHER, 150_000, side=DOWN), "INFY fell to ₹1,501.00: its level ₹1,500.00 is reached."),
        (Terms(CHANGE, DOWN, -250), "INFY fell to ₹1,501.00: a change on the day of −2.50 % is reached."),
    ],
)
def test_what_is_said(terms, says):
    assert rules.sentence(terms, "INFY", 150_100).startswith(says)


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        (AlertFact(7, False, "ACTIVE", False, 0, ()), None),
        (AlertFact(7, False, "DONE", False, 1, (1,)), None),
        (AlertFact(7, True, "ACTIVE", True, 2, (1, 2)), None),
        (AlertFact(7, True, "ACTIVE", True, 2, (1,)), "rang 2 times, and 1 rings"),
        (AlertFact(7, True, "ACTIVE", False, 2, (1, 3)), "rang 2 times"),
        (AlertFact(7, False, "DONE", False, 0, ()), "never rang"),
        (AlertFact(7, False, "ACTIVE", True, 1, (1,)), "rests"),
    ],
)
def test_an_alert_that_is_not_sound_is_named(fact, says):
    found = list(rules.unsound(fact))
    assert (not found) if says is None else (len(found) == 1 and says in found[0])
