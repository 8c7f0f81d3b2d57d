"""The one price of an auction: tables that a trader can work by hand, and a second opinion that tries every price."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.auction import Interest, Struck, at_told_price, equilibrium, shares

TICK = 5


def book(text: str) -> list[Interest]:
    """``B 100@105`` buys 100 at 105 at most; ``S 50`` sells 50 at any price. Earlier lines came earlier."""
    found = []
    for time, line in enumerate(text.split(",")):
        side, rest = line.split()
        quantity, _, limit = rest.partition("@")
        found.append(Interest(1 if side == "B" else -1, int(limit) if limit else None, int(quantity), time, time))
    return found


@pytest.mark.parametrize(
    ("text", "reference", "price", "quantity", "left"),
    [
        # The most that can trade decides: at 100 all hundred do, at 105 only fifty would.
        ("B 50@105, B 50@100, S 100@95", 100, 100, 100, 0),
        # As much trades at 95, 100 and 105; at 105 fewer buyers are left over.
        ("B 60@105, B 40@100, S 60@95", 95, 105, 60, 0),
        # All ticks from 95 to 105 trade fifty and leave none: the nearest to the reference is the reference.
        ("B 50@105, S 50@95", 100, 100, 50, 0),
        ("B 50@105, S 50@95", 120, 105, 50, 0),
        ("B 50@105, S 50@95", 90, 95, 50, 0),
        # Only market orders on both sides trade at the reference.
        ("B 70, S 50", 100, 100, 50, 20),
        # Market orders accept any price; a seller's limit sets it.
        ("B 70, S 50@110", 100, 110, 50, 20),
        # Prices as good on either side of the reference: the reference itself.
        ("B 50@110, S 50@90", 100, 100, 50, 0),
    ],
)
def test_the_price_of_a_book(text: str, reference: int, price: int, quantity: int, left: int) -> None:
    assert equilibrium(book(text), reference, TICK) == Struck(price, quantity, left)


def test_nothing_crosses_nothing_trades() -> None:
    assert equilibrium(book("B 50@95, S 50@105"), 100, TICK) is None
    assert equilibrium(book("B 50"), 100, TICK) is None
    assert equilibrium([], 100, TICK) is None


def test_the_price_stays_within_the_band() -> None:
    assert equilibrium(book("B 70, S 50@110"), 100, TICK, 97, 103) is None
    assert equilibrium(book("B 50@130, S 50@120"), 100, TICK, 90, 110) is None
    assert equilibrium(book("B 50@110, S 50@90"), 120, TICK, 97, 104) == Struck(100, 50, 0)


def test_market_orders_come_first_then_price_then_time() -> None:
    orders = book("B 30@105, B 30@110, B 30, B 30@110, S 100@100")
    struck = equilibrium(orders, 105, TICK)
    assert struck == Struck(105, 100, 20)
    assert [(each.time, taken) for each, taken in shares(orders, struck) if each.side > 0] == [
        (2, 30),
        (1, 30),
        (3, 30),
        (0, 10),
    ]


interests = st.lists(
    st.builds(
        Interest,
        st.sampled_from([1, -1]),
        st.one_of(st.none(), st.integers(14, 26).map(lambda n: n * TICK)),
        st.integers(1, 30),
        st.integers(0, 5),
    ),
    max_size=12,
)
bands = st.one_of(st.none(), st.tuples(st.integers(12, 20), st.integers(20, 28)))


def second_opinion(
    orders: list[Interest], reference: int, lower: int | None, upper: int | None
) -> tuple[int, int, int] | None:
    """Tries every price there is, adding up the book anew at each."""
    ranked = []
    for price in range(TICK, 60 * TICK, TICK):
        if (lower and price < lower) or (upper and price > upper):
            continue
        buys = sum(o.quantity for o in orders if o.side > 0 and (o.limit is None or o.limit >= price))
        sells = sum(o.quantity for o in orders if o.side < 0 and (o.limit is None or o.limit <= price))
        ranked.append((-min(buys, sells), abs(buys - sells), abs(price - reference), price))
    best = min(ranked, default=(0, 0, 0, 0))
    return (-best[0], best[1], best[2]) if best[0] else None


@settings(max_examples=400)
@given(interests, st.integers(14, 26).map(lambda n: n * TICK), bands)
def test_no_price_is_better(orders: list[Interest], reference: int, band: tuple[int, int] | None) -> None:
    lower, upper = (band[0] * TICK, band[1] * TICK) if band else (None, None)
    struck, expected = (
        equilibrium(orders, reference, TICK, lower, upper),
        second_opinion(orders, reference, lower, upper),
    )
    if struck is None:
        assert expected is None
        return
    assert expected is not None
    assert (struck.quantity, struck.left) == expected[:2]
    assert abs(struck.price - reference) == expected[2]
    assert struck.price % TICK == 0
    assert lower is None or upper is None or lower <= struck.price <= upper


@given(interests, st.integers(14, 26).map(lambda n: n * TICK))
def test_both_sides_trade_the_same_and_nobody_beyond_their_limit(orders: list[Interest], reference: int) -> None:
    struck = equilibrium(orders, reference, TICK)
    if struck is None:
        return
    given_out = shares(orders, struck)
    for sign in (+1, -1):
        assert sum(taken for each, taken in given_out if each.side == sign) == struck.quantity
    for each, taken in given_out:
        assert 0 < taken <= each.quantity
        assert each.limit is None or each.side * struck.price <= each.side * each.limit
    # Whoever was left out ranks behind all who traded.
    for sign in (+1, -1):
        rank = lambda one: (one.limit is not None, -one.side * (one.limit or 0), one.time)  # noqa: E731
        full = {id(each): taken for each, taken in given_out if each.side == sign}
        short = [rank(o) for o in orders if o.side == sign and full.get(id(o), 0) < o.quantity]
        traded = [rank(each) for each, _ in given_out if each.side == sign]
        assert not short or not traded or max(traded) <= min(short)


@pytest.mark.parametrize(
    ("what", "text", "traded", "expected"),
    [
        ("better limits and market orders trade", "B 30@110, B 20", 500, {0: 30, 1: 20}),
        ("an order at the price itself stood in a queue that nobody was shown", "B 30@100, S 20@100", 500, {}),
        ("worse ones do not trade", "B 30@95, S 20@105", 500, {}),
        ("market orders first, then the better price, then time", "B 30@105, B 30@110, B 30, B 30@110", 100,
         {2: 30, 1: 30, 3: 30, 0: 10}),
        ("no more than traded, on either side", "B 80@110, S 80@90", 50, {0: 50, 1: 50}),
    ],
)  # fmt: skip
def test_who_trades_at_a_price_that_the_exchange_has_struck(
    what: str, text: str, traded: int, expected: dict[int, int]
) -> None:
    assert {each.name: quantity for each, quantity in at_told_price(book(text), 100, traded)} == expected, what
