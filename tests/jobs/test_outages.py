"""Outages of a live feed, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.outages import Outages

NINE = datetime(2026, 11, 23, 4, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return NINE + timedelta(seconds=seconds)


LIVE, BLIND = True, False
OPEN, SHUT = True, False


@pytest.mark.parametrize(
    ("what", "last_frame", "story", "gaps"),
    [
        ("a feed that never stops has none", None, [(0, LIVE, OPEN), (1, LIVE, OPEN)], []),
        (
            "a loss of sight while the market trades",
            None,
            [(0, LIVE, OPEN), (1, BLIND, OPEN), (90, BLIND, OPEN), (91, LIVE, OPEN)],
            [(0, 91)],
        ),
        ("a blink is none", None, [(0, LIVE, OPEN), (1, BLIND, OPEN), (4, LIVE, OPEN)], []),
        (
            "nothing is missed before the open",
            None,
            [(0, LIVE, SHUT), (1, BLIND, SHUT), (60, BLIND, SHUT), (61, BLIND, OPEN), (90, LIVE, OPEN)],
            [(60, 90)],
        ),
        ("a restart: from the last frame", 10, [(100, BLIND, OPEN), (101, LIVE, OPEN)], [(10, 101)]),
        ("a restart that is live at once", 10, [(100, LIVE, OPEN)], [(10, 100)]),
        ("a first start has nothing before it", None, [(100, BLIND, OPEN), (200, LIVE, OPEN)], []),
        ("yesterday is no outage of today", -86_400, [(0, LIVE, OPEN)], []),
        (
            "two outages are two",
            None,
            [(0, LIVE, OPEN), (1, BLIND, OPEN), (9, LIVE, OPEN), (20, BLIND, OPEN), (40, LIVE, OPEN)],
            [(0, 9), (9, 40)],
        ),
    ],
)
def test_the_table(
    what: str, last_frame: int | None, story: list[tuple[int, bool, bool]], gaps: list[tuple[int, int]]
) -> None:
    outages = Outages()
    outages.begin(None if last_frame is None else at(last_frame))
    found = [outages.look(live, trading, at(seconds)) for seconds, live, trading in story]
    assert [each for each in found if each] == [(at(a), at(b)) for a, b in gaps], what
