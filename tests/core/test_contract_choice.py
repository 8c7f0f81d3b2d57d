"""Kind, expiry, strike: each answer lands on a contract that is listed, as near as may be to what was said before."""

from datetime import date

import hypothesis.strategies as st
import pytest
from hypothesis import given

from core.contract_choice import at_the_money, expiries, kinds, meant, strikes
from core.instruments import Instrument, Kind

WEEK, MONTH, FAR = date(2026, 12, 1), date(2026, 12, 29), date(2027, 1, 26)


def contract(number: int, kind: Kind, expiry: date, strike: int | None = None) -> Instrument:
    symbol = f"N{expiry:%y%m%d}{strike or ''}{kind}"
    return Instrument(number, "NFO", symbol, symbol, kind, 65, 5, 1_755, 1, expiry=expiry, strike=strike)


LISTED = [
    *(contract(10 + n, Kind.FUT, day) for n, day in enumerate((MONTH, FAR))),
    *(contract(20 + n, Kind.CE, WEEK, strike) for n, strike in enumerate((24_900, 25_000, 25_100))),
    *(contract(30 + n, Kind.PE, WEEK, strike) for n, strike in enumerate((24_900, 25_000, 25_100))),
    *(contract(40 + n, Kind.CE, MONTH, strike) for n, strike in enumerate((24_000, 25_000, 26_000))),
]


# Strikes of a chain, what is wanted of them, which one is meant. The ticket in the browser picks by the same table
# (tests/browser/test_ticket_contract.py), so that neither of the two comes to pick another than the other.
NEAREST = [
    ((1, 2, 4), 3, 2),
    ((1, 2, 4), 9, 4),
    ((1, 2, 4), 1, 1),
    ((1, 2, 4), 0, 2),
    ((1, 2), 0, 2),
    ((), 3, None),
    ((5,), 0, 5),
    ((24_900, 25_000, 25_100), 25_050, 25_000),
    ((24_900, 25_000, 25_100), 25_051, 25_100),
]
# Kind, strike said and price of the underlying; the contract's strike, 0 of a future, None where there is none.
OF_ONE_DAY = [
    (Kind.CE, 0, 25_030, 25_000),
    (Kind.CE, 25_100, 25_000, 25_100),
    (Kind.PE, 25_200, 25_000, 25_000),
    (Kind.PE, 24_000, 25_000, 24_900),
    (Kind.PE, 0, 0, 25_000),
    (Kind.FUT, 25_000, 25_000, 0),
]
CALLS, PUTS = (24_900, 25_000, 25_100), (24_900, 25_000)
# Days on which a future ends, the day said, which of them is meant: the next, and where none is later the last before.
OF_A_FUTURE = [
    ((MONTH, FAR), WEEK, MONTH),
    ((WEEK, FAR), MONTH, FAR),
    ((WEEK, MONTH), FAR, MONTH),
    ((WEEK,), FAR, WEEK),
    ((MONTH,), MONTH, MONTH),
]


@pytest.mark.parametrize(("ends", "said", "found"), OF_A_FUTURE)
def test_the_future_that_is_meant_by_a_day(ends: tuple[date, ...], said: date, found: date) -> None:
    futures = [contract(n, Kind.FUT, each) for n, each in enumerate(ends)]
    one = meant(futures, Kind.FUT, said, None, 0)
    assert one is not None
    assert one.expiry == found


@pytest.mark.parametrize(("listed", "wanted", "found"), NEAREST)
def test_the_strike_that_is_near(listed: tuple[int, ...], wanted: int, found: int | None) -> None:
    assert at_the_money(listed, wanted) == found


@pytest.mark.parametrize(("kind", "strike", "spot", "found"), OF_ONE_DAY)
def test_the_contract_of_one_day(kind: Kind, strike: int, spot: int, found: int) -> None:
    there = [contract(1, Kind.FUT, WEEK), *(contract(n, Kind.CE, WEEK, n) for n in CALLS)]
    there += [contract(n + 1, Kind.PE, WEEK, n) for n in PUTS]
    one = meant(there, kind, WEEK, strike, spot)
    assert one is not None
    assert (one.kind, one.strike or 0) == (kind, found)


@pytest.mark.parametrize(
    ("what", "kind", "expiry", "strike", "spot", "expected"),
    [
        ("nothing was said but the kind: the next expiry, at the money", Kind.CE, None, None, 25_030, (WEEK, 25_000)),
        ("of two strikes as near the lower", Kind.CE, None, None, 25_050, (WEEK, 25_000)),
        ("without a price the middle", Kind.PE, None, None, 0, (WEEK, 25_000)),
        ("what was said is kept", Kind.CE, WEEK, 25_100, 25_000, (WEEK, 25_100)),
        ("a put of the same strike and day", Kind.PE, WEEK, 24_900, 25_000, (WEEK, 24_900)),
        ("another expiry has other strikes: the next to the one said", Kind.CE, MONTH, 25_100, 24_000, (MONTH, 25_000)),
        ("no put ends on that day or later: the last there is", Kind.PE, MONTH, 25_000, 25_000, (WEEK, 25_000)),
        ("no future ends that week: the first that ends later", Kind.FUT, WEEK, 25_000, 25_000, (MONTH, None)),
        ("a future has no strike", Kind.FUT, FAR, None, 0, (FAR, None)),
    ],
)
def test_the_contract_that_is_meant(
    what: str, kind: Kind, expiry: date | None, strike: int | None, spot: int, expected: tuple[date, int | None]
) -> None:
    found = meant(LISTED, kind, expiry, strike, spot)
    assert found is not None
    assert (found.kind, found.expiry, found.strike) == (kind, *expected), what


def test_what_there_is_to_choose_from() -> None:
    assert kinds(LISTED) == [Kind.FUT, Kind.CE, Kind.PE]
    assert expiries(LISTED, Kind.CE) == [WEEK, MONTH]
    assert strikes(LISTED, Kind.CE, MONTH) == [24_000, 25_000, 26_000]
    assert strikes(LISTED, Kind.FUT, MONTH) == []
    assert (kinds([]), meant([], Kind.CE, WEEK, 1, 1), meant(LISTED[:2], Kind.PE, None, None, 1)) == ([], None, None)


@given(
    st.lists(st.sampled_from(LISTED)),
    st.sampled_from([Kind.FUT, Kind.CE, Kind.PE]),
    st.none() | st.dates(date(2026, 11, 1), date(2027, 2, 1)),
    st.none() | st.integers(1, 60_000),
    st.integers(0, 60_000),
)
def test_it_is_one_of_the_kind_wherever_there_is_one(
    contracts: list[Instrument], kind: Kind, expiry: date | None, strike: int | None, spot: int
) -> None:
    found = meant(contracts, kind, expiry, strike, spot)
    assert (found in contracts and found.kind is kind) if kind in kinds(contracts) else found is None
