"""Expiries against the exchange's own list, symbols against its names, and strikes that surround a price."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import contracts
from core.contracts import Terms
from core.instruments import Kind
from tests.core.test_calendar import NSE

TUESDAY, THURSDAY = 1, 3
NIFTY = Terms(date(2026, 1, 1), "NSE:NIFTY 50", "NIFTY", "NFO", 65, 1800, TUESDAY, 3, 4, 2, 50_00, 20)


@pytest.mark.parametrize(
    ("weekday", "expected"),
    [
        (TUESDAY, "01-27 02-24 03-30 04-28 05-26 06-30 07-28 08-25 09-29 10-27 11-23 12-29"),
        (THURSDAY, "01-29 02-26 03-25 04-30 05-27 06-25 07-30 08-27 09-24 10-29 11-26 12-31"),
    ],
)
def test_monthly_expiries_of_2026(weekday: int, expected: str) -> None:
    got = contracts.monthly_expiries(NSE, weekday, date(2026, 1, 1), 12)
    assert [f"{day:%m-%d}" for day in got] == expected.split()


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 11, 22), "12-01 12-08 12-15 12-22"),
        (date(2026, 3, 1), "03-02 03-10 03-17 03-24"),
        (date(2026, 10, 16), "10-19 11-03 11-09 11-17"),
        (date(2026, 12, 1), "12-01 12-08 12-15 12-22"),
    ],
)
def test_weekly_expiries(on: date, expected: str) -> None:
    got = contracts.weekly_expiries(NSE, TUESDAY, on, 4)
    assert [f"{day:%m-%d}" for day in got] == expected.split()


def test_an_expiry_that_has_passed_by_its_holiday_is_not_listed_again() -> None:
    assert contracts.monthly_expiries(NSE, TUESDAY, date(2026, 11, 24), 1) == [date(2026, 12, 29)]
    assert contracts.monthly_expiries(NSE, TUESDAY, date(2026, 11, 23), 1) == [date(2026, 11, 23)]
    assert contracts.weekly_expiries(NSE, TUESDAY, date(2026, 10, 20), 1) == [date(2026, 11, 3)]
    assert contracts.is_monthly(NSE, TUESDAY, date(2026, 11, 23))
    assert not contracts.is_monthly(NSE, TUESDAY, date(2026, 12, 1))


@pytest.mark.parametrize(
    ("expiry", "strike", "kind", "monthly", "symbol"),
    [
        (date(2026, 11, 23), 24_000_00, Kind.CE, True, "NIFTY26NOV24000CE"),
        (date(2026, 12, 1), 24_000_00, Kind.CE, False, "NIFTY26D0124000CE"),
        (date(2023, 7, 13), 17_900_00, Kind.PE, False, "NIFTY2371317900PE"),
        (date(2026, 10, 19), 252_50, Kind.PE, False, "NIFTY26O19252.5PE"),
    ],
)
def test_option_symbols(expiry: date, strike: int, kind: Kind, monthly: bool, symbol: str) -> None:
    assert contracts.option_symbol("NIFTY", expiry, strike, kind, monthly) == symbol


@pytest.mark.parametrize(
    ("price", "tick"),
    [
        (249_99, 1),
        (250_00, 5),
        (999_95, 5),
        (1_000_00, 10),
        (5_000_00, 50),
        (16_014_00, 100),
        (36_500_00, 500),
    ],
)
def test_share_ticks(price: int, tick: int) -> None:
    assert contracts.share_tick(price) == tick


def test_index_ticks_and_steps() -> None:
    assert [contracts.index_tick(level * 100) for level in (15_000, 15_001, 30_000, 30_001)] == [
        5,
        10,
        10,
        20,
    ]
    assert [contracts.share_step(price) for price in (10_00, 1_541_00, 16_014_00)] == [1_00, 20_00, 250_00]


def test_a_chain_on_the_day_before_an_advanced_expiry() -> None:
    listed = list(contracts.contracts(NSE.under("always"), NIFTY, Kind.INDEX, 25_012_35, date(2026, 11, 22)))
    by_symbol = {contract.symbol: contract for contract in listed}
    assert len(by_symbol) == len(listed) == 3 + (4 + 2) * 41 * 2
    assert by_symbol["NIFTY26NOVFUT"].expiry == date(2026, 11, 23)
    assert by_symbol["NIFTY27JANFUT"].tick == 10
    call = by_symbol["NIFTY26D0125000CE"]
    assert (call.expiry, call.strike, call.lot, call.tick) == (date(2026, 12, 1), 25_000_00, 65, 5)
    assert call.name == "NIFTY 1 Dec 2026 25000 CE"
    assert "NIFTY26DEC26000PE" in by_symbol
    assert "NIFTY26DEC26050PE" not in by_symbol


def test_the_options_of_a_cheap_share_have_the_small_tick_and_no_strike_at_zero() -> None:
    idea = Terms(date(2026, 1, 1), "NSE:IDEA", "IDEA", "NFO", 71_475, 2_144_250, TUESDAY, 3, 0, 1, 0, 10)
    listed = list(contracts.contracts(NSE, idea, Kind.EQ, 10_00, date(2026, 11, 22)))
    options = [contract for contract in listed if contract.kind is not Kind.FUT]
    assert {contract.tick for contract in listed} == {1}
    assert min(contract.strike or 0 for contract in options) == 1_00
    assert len(options) == 20 * 2


days = st.dates(date(2026, 1, 1), date(2027, 10, 1))


@given(days, st.sampled_from([TUESDAY, THURSDAY]), st.integers(1, 8))
def test_expiries_trade_rise_and_have_not_passed(on: date, weekday: int, count: int) -> None:
    for series in (contracts.weekly_expiries, contracts.monthly_expiries):
        got = series(NSE, weekday, on, count)
        assert len(got) == count
        assert got == sorted(set(got))
        assert got[0] >= on
        assert all(NSE.is_trading_date(day) for day in got)
        assert got[0] <= on + timedelta(days=42)


@given(st.integers(1, 10**8), st.sampled_from([1_00, 2_50, 50_00, 250_00]), st.integers(0, 30))
def test_strikes_surround_the_price(price: int, step: int, each_side: int) -> None:
    got = contracts.strikes_around(price, step, each_side)
    assert all(strike > 0 and strike % step == 0 for strike in got)
    assert got == sorted(set(got))
    if price > (each_side + 1) * step:
        assert len(got) == 2 * each_side + 1
        assert abs(got[each_side] - price) * 2 <= step
