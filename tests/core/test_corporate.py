"""Splits and bonuses worked by hand: units, prices, strikes, lots, fractions; and that nothing is made or lost."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import corporate
from core.contracts import SHARE_STEPS
from core.corporate import Action, adjust, adjust_lots
from core.orders import Product
from core.positions import Lot, Position

EX = date(2026, 12, 1)


def action(kind: str, text: str, **more: int) -> Action:
    return Action(1, 1, EX, kind, *corporate.ratio(kind, text), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "text", "becomes", "held"),
    [
        ("SPLIT", "5:1", 5, 1),
        ("SPLIT", "10:2", 5, 1),
        ("SPLIT", "1:10", 1, 10),
        ("BONUS", "1:1", 2, 1),
        ("BONUS", "1:2", 3, 2),
        ("BONUS", "5:1", 6, 1),
        ("BONUS", "2:4", 3, 2),
    ],
)
def test_a_ratio_says_what_units_become(kind: str, text: str, becomes: int, held: int) -> None:
    assert corporate.ratio(kind, text) == (becomes, held)


@pytest.mark.parametrize("text", ["1:1", "5", "0:1", "5:0", "-5:1", "1.5:1", "a:b", "५:1", "99999:1", ""])
def test_what_is_no_ratio_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ratio|splits nothing"):
        corporate.ratio("SPLIT", text)


@pytest.mark.parametrize(
    ("kind", "text", "price", "tick", "after"),
    [
        ("SPLIT", "5:1", 150_000, 5, 30_000),
        ("SPLIT", "5:1", 150_012, 5, 30_000),
        ("SPLIT", "5:1", 150_013, 5, 30_005),
        ("BONUS", "1:1", 150_005, 10, 75_000),
        ("BONUS", "1:2", 100_000, 5, 66_665),
        ("SPLIT", "1:10", 1_995, 5, 19_950),
        ("SPLIT", "5:1", 7, 5, 5),
    ],
)
def test_a_price_goes_to_the_tick(kind: str, text: str, price: int, tick: int, after: int) -> None:
    assert action(kind, text).price(price, tick) == after


@pytest.mark.parametrize(
    ("kind", "text", "strike", "new_strike", "lot", "new_lot"),
    [
        ("SPLIT", "5:1", 150_000, 30_000, 400, 2_000),
        ("BONUS", "1:1", 150_000, 75_000, 400, 800),
        ("BONUS", "1:2", 150_000, 100_000, 75, 113),
        ("SPLIT", "2:1", 25_250, 12_625, 25, 50),
    ],
)
def test_a_contract_keeps_its_worth(kind: str, text: str, strike: int, new_strike: int, lot: int, new_lot: int) -> None:
    found = action(kind, text)
    assert (found.strike(strike), found.lot(lot)) == (new_strike, new_lot)
    assert action(kind, text, new_lot=7).lot(lot) == 7


# quantity, cost, ratio, close in new units, lots -> quantity, cost, cash of the fraction, realised by it
POSITIONS = [
    ("ten shares in five", 10, 1_500_000, (5, 1), 30_000, None, 50, 1_500_000, 0, 0),
    ("one share, bonus 1:2: half a share in cash", 1, 90_000, (3, 2), 66_665, None, 1, 60_000, 33_333, 3_333),
    ("seven shares, bonus 1:2", 7, 700_000, (3, 2), 66_665, None, 10, 666_667, 33_333, 0),
    ("25 shares become 2", 25, 250_000, (1, 10), 105_000, None, 2, 200_000, 52_500, 2_500),
    ("five shares become none", 5, 50_000, (1, 10), 105_000, None, 0, 0, 52_500, 2_500),
    ("a future short of one lot", -400, -60_000_000, (5, 1), 30_000, (400, 2_000), -2_000, -60_000_000, 0, 0),
    ("two lots of 75, lot rounded up to 113", 150, 15_000_000, (3, 2), 66_665, (75, 113), 226, 15_066_667, -66_665, 2),
    ("two lots short, the same", -150, -15_000_000, (3, 2), 66_665, (75, 113), -226, -15_066_667, 66_665, -2),
]


@pytest.mark.parametrize("case", POSITIONS, ids=lambda case: case[0])
def test_positions(
    case: tuple[str, int, int, tuple[int, int], int, tuple[int, int] | None, int, int, int, int],
) -> None:
    _, quantity, cost, (becomes, held), close, lots, after, cost_after, cash, realised = case
    position = Position(1, 1, Product.CNC, 1, quantity=quantity, cost=cost, mark=cost)
    found = adjust(position, becomes, held, close, lots)
    assert (position.quantity, position.cost, position.mark) == (after, cost_after, cost_after)
    assert (found.change, found.cash, found.realised) == (after - quantity, cash, realised)
    assert (found.cost, position.realised) == (cost - cost_after, realised)


@pytest.mark.parametrize(
    ("lots", "ratio", "after"),
    [
        ([(10, 1_000)], (5, 1), [(50, 1_000)]),
        ([(1, 100), (1, 200)], (3, 2), [(1, 100), (2, 200)]),
        ([(5, 500), (5, 700)], (1, 10), [(0, 0), (1, 1_200)]),
        ([(9, 900), (3, 300)], (1, 10), [(0, 0), (1, 1_000)]),
        ([(12, 1_200), (3, 300)], (1, 10), [(1, 1_000), (0, 0)]),
    ],
)
def test_lots(lots: list[tuple[int, int]], ratio: tuple[int, int], after: list[tuple[int, int]]) -> None:
    held = [Lot(1, 1, n, quantity, cost, EX, EX) for n, (quantity, cost) in enumerate(lots)]
    total = sum(quantity for quantity, _ in lots)
    cost = sum(cost for _, cost in lots)
    position = Position(1, 1, Product.CNC, 1, quantity=total, cost=cost, mark=cost)
    found = adjust(position, *ratio, 10_000)
    adjust_lots(held, *ratio, found.cost)
    assert sum(lot.cost for lot in held) == position.cost
    assert [(lot.quantity, lot.cost) for lot in held] == after


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**12)), min_size=1, max_size=6),
    st.integers(1, 100), st.integers(1, 100), st.integers(1, 10**7),
)  # fmt: skip
def test_shares_and_costs_go_on_whole(lots: list[tuple[int, int]], becomes: int, held: int, close: int) -> None:
    rows = [Lot(1, 1, n, quantity, cost, EX, EX) for n, (quantity, cost) in enumerate(lots)]
    total, cost = sum(quantity for quantity, _ in lots), sum(cost for _, cost in lots)
    position = Position(1, 1, Product.CNC, 1, quantity=total, cost=cost, mark=cost)
    found = adjust(position, becomes, held, close)
    adjust_lots(rows, becomes, held, found.cost)
    assert position.quantity == total * becomes // held == sum(lot.quantity for lot in rows)
    assert position.cost == position.mark == cost - found.cost == sum(lot.cost for lot in rows)
    assert all(lot.cost >= 0 and (lot.quantity or not lot.cost) for lot in rows)
    assert 0 <= found.cash <= close
    assert found.realised == found.cash - found.cost


RATIOS = st.sampled_from([("SPLIT", "5:1"), ("SPLIT", "10:1"), ("SPLIT", "1:10"), ("SPLIT", "2:3"), ("BONUS", "1:1"),
                          ("BONUS", "1:2"), ("BONUS", "3:5"), ("BONUS", "5:1")])  # fmt: skip


@given(RATIOS, st.sampled_from([step for _, step in SHARE_STEPS]), st.integers(1, 400))
def test_a_strike_is_found_again_as_it_was_listed(ratio: tuple[str, str], step: int, number: int) -> None:
    found = action(*ratio)
    assert found.strike_before(found.strike(step * number)) == step * number


@given(RATIOS, st.integers(200, 2_000_000))
def test_a_strike_that_was_uneven_before_is_met_to_a_few_paise(ratio: tuple[str, str], units: int) -> None:
    found, strike = action(*ratio), units * corporate.STRIKE_STEP
    before = found.strike_before(found.strike(strike))
    assert found.strike(before) == found.strike(strike)
    assert abs(before - strike) <= corporate.STRIKE_STEP * (found.becomes // found.held + 1)
