"""What a vendor's limits leave of the wishes: the most important first, and what is cut is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vendor_limits import Limits
from feeds.live.plan import Plan, plan

# As one vendor counts: a mode may have more keys when it is the only one.
VENDOR = Limits(full=4, last=10, greeks=6, full_mixed=3, last_mixed=4, greeks_mixed=4)
ALL_TOGETHER = Limits(full=5, last=5, total=5)


def keys(name: str, count: int) -> list[str]:
    return [f"{name}{number}" for number in range(count)]


TABLE = [
    # limits, full, last, greeks wanted -> full, last, greeks, reduced, refused
    (VENDOR, 0, 0, 0, (0, 0, 0, 0, 0)),
    (VENDOR, 4, 0, 0, (4, 0, 0, 0, 0)),
    (VENDOR, 0, 10, 0, (0, 10, 0, 0, 0)),
    (VENDOR, 0, 11, 0, (0, 10, 0, 0, 1)),
    (VENDOR, 0, 0, 6, (0, 0, 6, 0, 0)),
    (VENDOR, 3, 4, 0, (3, 4, 0, 0, 0)),
    (VENDOR, 4, 1, 0, (3, 2, 0, 1, 0)),
    (VENDOR, 5, 0, 0, (3, 2, 0, 2, 0)),
    (VENDOR, 9, 0, 0, (3, 4, 0, 4, 2)),
    (VENDOR, 4, 4, 0, (3, 4, 0, 1, 1)),
    (VENDOR, 3, 5, 4, (3, 4, 4, 0, 1)),
    (VENDOR, 3, 0, 6, (3, 2, 4, 2, 0)),
    (ALL_TOGETHER, 3, 2, 0, (3, 2, 0, 0, 0)),
    (ALL_TOGETHER, 4, 4, 0, (4, 1, 0, 0, 3)),
    (ALL_TOGETHER, 7, 4, 0, (5, 0, 0, 0, 6)),
    (ALL_TOGETHER, 2, 0, 2, (2, 2, 0, 2, 0)),
]


@pytest.mark.parametrize(("limits", "full", "last", "greeks", "expected"), TABLE)
def test_limits_cut_from_the_end(limits: Limits, full: int, last: int, greeks: int, expected: tuple[int, ...]) -> None:
    got = plan(limits, keys("f", full), keys("l", last), keys("g", greeks))
    assert (len(got.full), len(got.last), len(got.greeks), len(got.reduced), len(got.refused)) == expected
    assert got.full == tuple(keys("f", len(got.full)))
    assert bool(got.sentence("Upstox")) == bool(got.reduced or got.refused)


def test_what_lost_its_depth_comes_before_what_never_asked_for_it() -> None:
    got = plan(VENDOR, ["f0", "f1", "f2", "held"], ["l0", "l1", "l2", "l3"])
    assert got.last == ("held", "l0", "l1", "l2")
    assert got.reduced == ("held",)
    assert got.refused == ("l3",)
    assert got.sentence("Upstox") == (
        "Upstox allows 7 instruments in these modes: 1 instruments get their last price alone and 1 get no prices. "
        "Watch fewer."
    )


def test_a_key_wanted_twice_gets_the_richest_mode() -> None:
    assert plan(VENDOR, ["a", "a"], ["a", "b"], ["b"]) == Plan(full=("a",), greeks=("b",))


wishes = st.lists(st.integers(0, 30).map(str), max_size=25)


@given(wishes, wishes, wishes)
def test_no_limit_is_ever_passed_and_no_key_lost(full: list[str], last: list[str], greeks: list[str]) -> None:
    got = plan(VENDOR, full, last, greeks)
    used = [mode for mode in (got.full, got.last, got.greeks) if mode]
    mixed = len(used) > 1
    for mode in ("full", "last", "greeks"):
        assert len(getattr(got, mode)) <= VENDOR.of(mode, mixed)
    every = [*got.full, *got.last, *got.greeks, *got.refused]
    assert len(every) == len(set(every))
    assert set(every) == {*full, *last, *greeks}
