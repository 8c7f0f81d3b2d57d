"""The option chain's own modules, asked in a browser: the model against ``core.options``, strategies by hand."""

import math

import pytest

from core import options
from tests.browser.test_modules import ask, page  # noqa: F401 - the page is a fixture

pytestmark = pytest.mark.browser
CASES = [
    (call, forward, strike, years, volatility)
    for call in (True, False)
    for forward in (1_500.0, 25_000.0)
    for strike in (0.9, 1.0, 1.07)
    for years in (1 / 365, 30 / 365)
    for volatility in (0.11, 0.45)
]


def test_premium_greeks_and_volatility_are_those_of_the_core(page):  # noqa: F811
    asked = [[call, forward, forward * part, years, vol] for call, forward, part, years, vol in CASES]
    told = ask(
        page, "options_model",
        "v[0].map((a) => { const p = m.premium(...a); const g = m.greeks(...a);"
        " return [p, g.delta, g.gamma, g.vega, g.theta, m.impliedVolatility(a[0], p, a[1], a[2], a[3])]; })",
        asked,
    )  # fmt: skip
    for (call, forward, strike, years, vol), (premium, delta, gamma, vega, theta, implied) in zip(
        asked, told, strict=True
    ):
        wanted = float(options.price(forward, strike, years, vol, options.RATE, call))
        greeks = options.greeks(forward, strike, years, vol, options.RATE, call)
        assert premium == pytest.approx(wanted, rel=1e-12, abs=1e-9)
        ours = (delta, gamma, vega, theta)
        assert ours == pytest.approx([float(getattr(greeks, n)) for n in ("delta", "gamma", "vega", "theta")], rel=1e-9)
        core = float(options.implied_volatility(wanted, forward, strike, years, options.RATE, call))
        if math.isnan(core) or core < 0.02:
            assert implied is None or implied < 0.02  # a premium that is all intrinsic says nothing of volatility
        else:
            assert implied == pytest.approx(core, rel=1e-6)
    assert ask(page, "options_model", "m.RATE") == options.RATE


@pytest.mark.parametrize(("paid", "strike"), [(0, 25_000), (400, 24_500), (30_000, 24_000)])
def test_a_premium_that_no_volatility_explains_has_none(page, paid, strike):  # noqa: F811
    assert ask(page, "options_model", "m.impliedVolatility(true, v[0], 25000, v[1], 0.05)", paid, strike) is None


def test_max_pain_and_the_ratio_of_puts_to_calls(page):  # noqa: F811
    rows = [
        {"strike": 100, "call": 10, "put": 50},
        {"strike": 110, "call": 40, "put": 40},
        {"strike": 120, "call": 50, "put": 10},
    ]
    told = ask(page, "options_model", "m.openInterest(v[0])", rows)
    # At 100: puts cost 40×10 + 10×20 = 600. At 110: calls 10×10, puts 10×10 = 200. At 120: calls 10×20 + 40×10 = 600.
    assert told == {"calls": 100, "puts": 100, "ratio": 1, "pain": 110}
    assert ask(page, "options_model", "m.openInterest([])")["pain"] is None


@pytest.mark.parametrize(("values", "share"), [(list(range(20)), 95), ([5] * 20, 0), (list(range(19)), None)])
def test_a_percentile_counts_the_days_that_were_lower(page, values, share):  # noqa: F811
    assert ask(page, "options_model", "m.percentile(v[0])", values) == share


def leg(kind: str, strike: float | None, units: int, price: float, **more: object) -> dict[str, object]:
    return {"kind": kind, "strike": strike, "expiry": "2026-12-29", "units": units, "price": price, "iv": 0.15, **more}


@pytest.mark.parametrize(
    ("legs", "profit", "loss", "breakevens"),
    [
        # One lot of 65 each; premiums in rupees a unit.
        ([leg("CE", 25_000, 65, 100)], "Infinity", -6_500, [25_100]),
        ([leg("PE", 25_000, 65, 100)], 65 * 24_900, -6_500, [24_900]),
        ([leg("CE", 25_000, -65, 100)], 6_500, "-Infinity", [25_100]),
        ([leg("CE", 25_000, 65, 150), leg("CE", 25_200, -65, 60)], 65 * 110, -65 * 90, [25_090]),
        ([leg("CE", 25_000, -65, 150), leg("PE", 25_000, -65, 140)], 65 * 290, "-Infinity", [24_710, 25_290]),
        (
            [leg("PE", 24_600, 65, 20), leg("CE", 25_400, 65, 25), leg("PE", 24_800, -65, 60),
             leg("CE", 25_200, -65, 70)],
            65 * 85, -65 * 115, [24_715, 25_285],
        ),
        ([leg("FUT", None, 65, 25_000)], "Infinity", -65 * 25_000, [25_000]),
        ([leg("FUT", None, -65, 25_000)], 65 * 25_000, "-Infinity", [25_000]),
        ([leg("FUT", None, 65, 25_000), leg("PE", 24_900, 65, 80)], "Infinity", -65 * 180, [25_080]),
    ],
)  # fmt: skip
def test_where_a_strategy_ends(page, legs, profit, loss, breakevens):  # noqa: F811
    told = ask(
        page,
        "options_strategy",
        "(() => { const e = m.ends(v[0]); return {...e, profit: String(e.profit), loss: String(e.loss)}; })()",
        legs,
    )
    assert told["exact"]
    for name, wanted in (("profit", profit), ("loss", loss)):
        if isinstance(wanted, str):
            assert told[name] == wanted
        else:
            assert float(told[name]) == pytest.approx(wanted, abs=0.1)
    assert told["breakevens"] == pytest.approx(breakevens, abs=0.01)


def test_what_lives_on_past_the_first_expiry_is_told_by_the_model(page):  # noqa: F811
    near, far = leg("CE", 25_000, -65, 90, expiry="2026-12-01"), leg("CE", 25_000, 65, 300)
    told = ask(page, "options_strategy", "m.ends(v[0])", [near, far])
    assert not told["exact"]
    assert 0 < told["profit"] < 65 * 300
    assert -65 * 300 < told["loss"] < 0


def test_what_is_paid_and_what_comes_in(page):  # noqa: F811
    legs = [leg("CE", 25_000, 65, 150), leg("CE", 25_200, -65, 60), leg("FUT", None, 65, 25_000)]
    assert ask(page, "options_strategy", "m.netPremium(v[0])", legs) == pytest.approx(-65 * 90)


def test_a_ready_made_strategy_takes_strikes_a_hundredth_apart(page):  # noqa: F811
    rungs = [{"strike": s, "CE": f"C{s}", "PE": f"P{s}"} for s in range(24_000, 26_050, 50)]
    shape = "m.STRATEGIES.find(([name]) => name === 'Iron condor')[1]"
    found = ask(page, "options_strategy", f"m.contractsOf({shape}, v[0], 25012)", rungs)
    assert [(each["key"], each["lots"]) for each in found] == [
        ("P24500", 1), ("C25500", 1), ("P24750", -1), ("C25250", -1)
    ]  # fmt: skip
    assert ask(page, "options_strategy", f"m.contractsOf({shape}, v[0], 25012)", rungs[:3]) is None
    bought_first = "m.STRATEGIES.every(([, legs]) => legs.every(([, , lots], n) => !n || lots <= legs[n - 1][2]))"
    assert ask(page, "options_strategy", bought_first), "a hedge that comes first keeps what is needed on the way low"


def test_metrics_and_frames_in_numbers(page):  # noqa: F811
    text = '# TYPE a gauge\na 3\nb_seconds{quantile="0.5"} 0.004\n'
    assert ask(page, "pace", "m.metricsOf(v[0])", text) == {"a": 3, 'b_seconds{quantile="0.5"}': 0.004}
    frames = "[7, 8, 11].forEach((frame) => m.note({frame, exchange_time: new Date().toISOString()}))"
    told = ask(page, "pace", f"({frames}, m.pace())")
    assert (told["frames"], told["passed"]) == (3, 2)
    assert 0 <= told["p50"] <= told["p99"] < 60_000


def test_the_week_is_told_in_a_sentence(page):  # noqa: F811
    def day(date: str, net: float, trades: int) -> dict[str, object]:
        return {"date": date, "net": net, "gross": net + 10, "charges": 10, "trades": trades}

    days = [day("2026-11-19", -200, 2), day("2026-11-23", 500, 3), day("2026-11-24", 1_200.5, 1)]
    told = ask(page, "pnl_week", "m.weekTold(v[0], 'net')", days)
    assert told == (
        "This week +₹1,700.50 net, in 4 trades (the week before −₹200.00); "
        "best on 24 Nov with +₹1,200.50; charges ₹20.00."
    )
    assert ask(page, "pnl_week", "m.weekTold([], 'net')") == ""
