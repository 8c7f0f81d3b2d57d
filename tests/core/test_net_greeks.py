"""Greeks of what is held, against differences of prices and against what any trader knows of spreads and straddles."""

from datetime import date, datetime, timedelta

import pytest

from core import options
from core.calendar import IST, expires_at
from core.instruments import Kind
from core.net_greeks import Held, Line, held

AT = datetime(2026, 11, 23, 12, 0, tzinfo=IST)
EXPIRY = date(2026, 12, 29)
YEARS = (expires_at(EXPIRY) - AT).total_seconds() / (365 * 86_400)
SPOT, STRIKE, VOLATILITY = 24_000_00, 24_000_00, 0.14


def premium(spot: float = SPOT, strike: int = STRIKE, call: bool = True, at: datetime = AT, more: float = 0.0) -> float:
    years = (expires_at(EXPIRY) - at).total_seconds() / (365 * 86_400)
    forward = spot * options.discount(years) ** -1
    return float(options.price(forward, strike, years, VOLATILITY + more, options.RATE, call))


def option(quantity: int, strike: int = STRIKE, call: bool = True, **more: object) -> Line:
    kind = Kind.CE if call else Kind.PE
    terms = {"premium": round(premium(strike=strike, call=call)), "spot": SPOT} | more
    return Line(kind, quantity, strike=strike, expiry=EXPIRY, **terms)  # type: ignore[arg-type]


def only(line: Line) -> Held:
    (found,) = held([line], AT)
    assert found is not None
    return found


def test_greeks_are_what_prices_do_when_the_market_moves() -> None:
    found, units = only(option(65)), 65
    up, down = premium(SPOT + 10_00), premium(SPOT - 10_00)
    assert found.delta == pytest.approx(units * (up - down) / 20_00, rel=2e-2)
    assert found.gamma == pytest.approx(units * (up - 2 * premium() + down) / 10_00**2 * 100, rel=2e-2)
    assert found.vega == pytest.approx(units * (premium(more=0.01) - premium()) / 100, rel=1e-2)
    forward = SPOT / options.discount(YEARS)  # a day passes, and the forward stays where it is
    tomorrow = options.price(forward, STRIKE, YEARS - 1 / 365, VOLATILITY)
    assert found.theta == pytest.approx(units * (float(tomorrow) - premium()) / 100, rel=5e-2)


def test_a_short_straddle_is_nearly_flat_and_earns_time() -> None:
    call, put = held([option(-65), option(-65, call=False)], AT)
    assert call
    assert put
    assert abs(call.delta + put.delta) < 0.25 * abs(call.delta)
    assert call.theta + put.theta > 0 > call.gamma + put.gamma
    assert call.vega + put.vega < 0


def test_a_future_moves_unit_for_unit_and_covers_two_calls() -> None:
    future, calls = held([Line(Kind.FUT, 65), option(-130)], AT)
    assert future == Held(65.0)
    assert calls
    assert abs(future.delta + calls.delta) < 10


@pytest.mark.parametrize(
    ("line", "known"),
    [
        (option(65, spot=None), False),
        (option(65, premium=None), True),  # no premium implies a volatility: the usual one stands in
        (option(65, strike=20_000_00, premium=5), True),
        (Line(Kind.EQ, 10), True),
    ],
)
def test_what_has_no_price_of_its_underlying_has_none(line: Line, known: bool) -> None:
    (found,) = held([line], AT)
    assert (found is not None) is known


def test_at_its_end_nothing_is_divided_by_nothing() -> None:
    (found,) = held([option(65)], expires_at(EXPIRY) + timedelta(minutes=1))
    assert found
    assert 0 <= found.delta <= 65
