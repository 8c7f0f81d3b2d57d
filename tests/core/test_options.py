"""Black-76 against published values, its own derivatives and the arbitrages it must not allow."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core import options, smile

forwards = st.floats(10, 100_000)
ratios = st.floats(0.7, 1.4)
times = st.floats(1 / 365, 2)
volatilities = st.floats(0.06, 1.0)


def test_normal_is_the_error_function() -> None:
    x = np.linspace(-38, 38, 20_001)
    exact = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x])
    assert np.allclose(options.normal(x), exact, rtol=0, atol=5e-15)
    deep = (x < -1) & (x > -36)
    assert np.allclose(options.normal(x)[deep], exact[deep], rtol=1e-7)


@pytest.mark.parametrize(
    ("forward", "strike", "years", "volatility", "rate", "call", "premium"),
    [
        # Hull: a put on a future, F = K = 20, r 9 %, volatility 25 %, four months.
        (20.0, 20.0, 4 / 12, 0.25, 0.09, False, 1.1166),
        # Hull: S 42, K 40, r 10 %, volatility 20 %, six months; call 4.76, put 0.81.
        (42 * math.exp(0.05), 40.0, 0.5, 0.2, 0.10, True, 4.7594),
        (42 * math.exp(0.05), 40.0, 0.5, 0.2, 0.10, False, 0.8086),
        (100.0, 90.0, 0.0, 0.3, 0.05, True, 10.0),
        (100.0, 90.0, -1.0, 0.3, 0.05, False, 0.0),
    ],
)
def test_published_values(
    forward: float, strike: float, years: float, volatility: float, rate: float, call: bool, premium: float
) -> None:
    assert options.price(forward, strike, years, volatility, rate, call) == pytest.approx(premium, abs=6e-5)


@given(forwards, ratios, times, volatilities)
def test_call_less_put_is_the_discounted_forward(f: float, ratio: float, t: float, v: float) -> None:
    k = f * ratio
    call, put = options.price(f, k, t, v, call=np.array([True, False]))
    assert call - put == pytest.approx(float(options.discount(t)) * (f - k), abs=1e-9 * f)


@given(forwards, ratios, times, volatilities, st.booleans())
def test_greeks_are_the_slopes_of_the_price(f: float, ratio: float, t: float, v: float, call: bool) -> None:
    k, h = f * ratio, 1e-4

    def premium(df: float = 0, dv: float = 0, dt: float = 0) -> float:
        return float(options.price(f + df, k, t + dt, v + dv, call=call))

    got = options.greeks(f, k, t, v, call=call)
    step = f * h
    assert got.delta == pytest.approx((premium(step) - premium(-step)) / (2 * step), abs=1e-4)
    bend = (premium(step) - 2 * premium() + premium(-step)) / step**2
    assert got.gamma * f == pytest.approx(bend * f, rel=0.02, abs=1e-3)
    assert got.vega / f == pytest.approx((premium(dv=1e-5) - premium(dv=-1e-5)) / 2e-3 / f, abs=1e-7)
    dt = t * 1e-4
    assert got.theta / f == pytest.approx((premium(dt=-dt) - premium(dt=dt)) / (2 * dt * 365) / f, rel=1e-3, abs=1e-7)


@given(forwards, ratios, times, volatilities, st.booleans())
def test_implied_volatility_gives_the_price_back(f: float, ratio: float, t: float, v: float, call: bool) -> None:
    k = f * ratio
    premium = options.price(f, k, t, v, call=call)
    time_value = float(premium) - float(options.price(f, k, t, 1e-6, call=call))
    assume(time_value > 1e-6 * f)
    assert options.implied_volatility(premium, f, k, t, call=call) == pytest.approx(v, rel=1e-5)


def test_no_volatility_gives_an_impossible_price() -> None:
    premiums = [0.0, 9.0, 101.0, 5.0, -1.0]
    years = [0.1, 0.1, 0.1, 0.0, 0.1]
    got = options.implied_volatility(premiums, 100, [100, 90, 90, 100, 100], years, rate=0.0)
    assert np.isnan(got).all()


@pytest.mark.parametrize(("shape", "base"), [(smile.INDEX, 0.12), (smile.INDEX, 0.14), (smile.SHARE, 0.28)])
def test_the_surface_allows_no_arbitrage(shape: smile.Smile, base: float) -> None:
    days = np.array([0.02, 0.1, 0.5, 1, 2, 3, 7, 14, 21, 28, 60, 90])[:, None]
    years = days / 365
    k = np.exp(np.linspace(-0.25, 0.25, 1001))[None, :]
    atm = smile.at_the_money(base, years)
    sigma = smile.volatility(1.0, k, years, atm, shape)
    calls = options.price(1.0, k, years, sigma, rate=0.0)
    slopes = np.diff(calls, axis=1) / np.diff(k, axis=1)
    assert (slopes <= 1e-12).all(), "a further strike costs more"
    assert (np.diff(slopes, axis=1) >= -1e-10).all(), "a butterfly costs less than nothing"
    assert (np.diff(sigma**2 * years, axis=0) >= 0).all(), "a later expiry holds less variance"


def test_the_surface_has_the_market_s_shape() -> None:
    strikes = np.array([23_400.0, 24_000.0, 24_600.0])
    put, middle, call = smile.volatility(24_000, strikes, 7 / 365, 0.12)
    assert put > middle == pytest.approx(0.12)
    assert put > call
    fallen, calm = smile.at_the_money(0.12, 7 / 365, [-0.01, 0.0])
    assert fallen - calm == pytest.approx(0.01)
    assert smile.at_the_money(0.12, 0.5) > smile.at_the_money(0.12, 0.02)
    assert smile.at_the_money(0.12, 0.02, 0.5) == smile.FLOOR
