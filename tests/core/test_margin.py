"""Margins of contracts: figures that were published, and what must hold of any portfolio."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import options, scan, smile
from core.calendar import expires_at
from core.instruments import Instrument, Kind
from core.margin import Need, Net, group_margin, needed
from core.margin_rules import of_cash, of_contracts
from core.scan import Snapshot
from tests.core.portfolios import cancelled_and_filled

TODAY = date(2026, 12, 7)
AT = datetime(2026, 12, 7, 5, 0, tzinfo=UTC)
NEAR, FAR = date(2026, 12, 8), date(2026, 12, 29)
SPOT = 24_000_00


def contract(id: int, kind: Kind, expiry: date = FAR, strike: int | None = None) -> Instrument:
    return Instrument(id, "NFO", f"C{id}", "", kind, 65, 5, 1_800, 1, expiry=expiry, strike=strike)


FUTURE, FAR_FUTURE = contract(2, Kind.FUT, NEAR), contract(3, Kind.FUT)
CALL, HIGHER, DEEP = (contract(n, Kind.CE, FAR, strike * 100) for n, strike in ((4, 24_000), (5, 24_500), (6, 27_000)))
PUT, NEAR_CALL = contract(7, Kind.PE, FAR, 23_500_00), contract(8, Kind.CE, NEAR, 24_200_00)
ALL = (FUTURE, FAR_FUTURE, CALL, HIGHER, DEEP, PUT, NEAR_CALL)


def snapshot(on: date = TODAY, price: int = SPOT) -> Snapshot:
    return Snapshot(1, price, on, datetime(on.year, on.month, on.day, 5, 0, tzinfo=UTC), 1_300, 625)


def need(*nets: Net, on: date = TODAY) -> Need:
    return needed(nets, snapshot(on), True)


def test_a_nifty_future_blocks_scan_range_and_exposure() -> None:
    assert need(Net(FUTURE, 65)).total == 1_76_280_00
    assert need(Net(FUTURE, -65)).total == 1_76_280_00


@pytest.mark.parametrize("days", [14, 19, 24])
def test_a_naked_and_a_hedged_call_are_what_a_broker_published(days: int) -> None:
    """A broker's published answers of July 2023: SPAN 66,832.50 naked, 7,788.00 with a call 100 points higher
    bought. Spot, quantity, days and premiums (35.65 and 6.95) are inferred from its other figures. The two premiums
    lie on no one smile, so both calls are scanned at the written one's volatility and valued at their premiums."""
    spot, rate, years, rule = 19_434_15, 0.065, days / 365, of_contracts(date(2023, 7, 10), True)
    own = float(options.implied_volatility(35_65, spot * (1 + rate * years), 20_600_00, years, rate))
    reach = rule.price_range(spot, 0)
    strikes, both = np.array([20_600_00.0, 20_700_00.0]), np.ones(2)
    losses, values = scan.option_losses(spot, strikes, both * years, both * own, rate, both > 0, reach, rule)
    written, bought = ((losses[n], int(values[n])) for n in (0, 1))
    naked = int((-75 * written[0]).max())
    scanned = int((75 * (bought[0] - written[0])).max()) - 75 * (written[1] - bought[1])
    hedged = scanned + 75 * (35_65 - 6_95)
    assert naked == pytest.approx(66_832_50, rel=0.05)
    assert hedged == pytest.approx(7_788_00, rel=0.05)
    assert hedged < 0.15 * naked
    exposure = rule.exposure * spot * 75 / 10_000
    assert exposure == 29_151_22.5, "hedged or not"
    assert naked + exposure == pytest.approx(95_983_70, rel=0.05)
    assert hedged + exposure - 75 * (35_65 - 6_95) == pytest.approx(34_786_72.5, rel=0.05), "less the premium"


def test_what_is_bought_needs_no_margin() -> None:
    assert need(Net(CALL, 650), Net(PUT, 130), Net(NEAR_CALL, 0, buy=65)).total == 0


def test_a_hedge_reduces_span_and_not_exposure() -> None:
    naked, hedged = need(Net(CALL, -65)), need(Net(CALL, -65), Net(HIGHER, 65))
    assert hedged.exposure == naked.exposure == SPOT * 65 * 2 // 100
    assert hedged.span < naked.span // 3
    assert hedged.span <= 500_00 * 65, "no more than the distance of the strikes"


@pytest.mark.parametrize(
    ("name", "member", "on", "exposure", "add_ons"),
    [
        ("a future", FUTURE, TODAY, 200, 0),
        ("a written option", CALL, TODAY, 200, 0),
        ("a written option far out of the money", DEEP, TODAY, 300, 0),
        ("a written option on its last day", NEAR_CALL, NEAR, 200, 200),
        ("a future on its last day", FUTURE, NEAR, 200, 0),
    ],
)
def test_rates_on_the_notional(name: str, member: Instrument, on: date, exposure: int, add_ons: int) -> None:
    found = need(Net(member, -65), on=on)
    assert (found.exposure, found.add_ons) == (SPOT * 65 * exposure // 10_000, SPOT * 65 * add_ons // 10_000), name


def test_the_add_on_of_the_last_day_came_by_circular() -> None:
    before, since = date(2024, 11, 19), date(2024, 11, 20)
    assert of_contracts(before, True).expiry_day == 0
    assert of_contracts(since, True).expiry_day == 200
    assert of_contracts(date(2026, 11, 1), False).expiry_day == 0


def test_a_calendar_spread_pays_its_charge_and_loses_its_offset_on_the_last_day() -> None:
    spread = Net(FUTURE, 65), Net(FAR_FUTURE, -65)
    assert need(*spread).span == SPOT * 65 * 175 // 10_000
    assert need(*spread, on=NEAR).span == 2 * (SPOT * 65 * 930 // 10_000)


@pytest.mark.parametrize(
    ("kind", "volatility", "rate"), [(Kind.EQ, 0, 2_000), (Kind.EQ, 2_500, 2_000), (Kind.EQ, 6_000, 2_618),
                                     (Kind.ETF, 1_500, 2_000)],
)  # fmt: skip
def test_an_intraday_share_blocks_a_fifth_or_its_value_at_risk(kind: Kind, volatility: int, rate: int) -> None:
    assert of_cash(TODAY).intraday_rate(kind, volatility) == rate
    share = Instrument(9, "NSE", "X", "", kind, 1, 5, 10**6)
    taken = replace(snapshot(price=1_500_00), volatility=volatility)
    assert needed([Net(share, -10)], taken, False).total == -(-1_500_00 * 10 * rate // 10_000)


def test_proceeds_of_demat_shares_by_date() -> None:
    assert of_cash(date(2024, 10, 6)).usable_proceeds == 8_000
    assert of_cash(date(2024, 10, 7)).usable_proceeds == 10_000


lots = st.integers(-6, 6).map(lambda n: n * 65)
resting = st.integers(0, 4).map(lambda n: n * 65)
portfolios = st.lists(st.builds(Net, st.sampled_from(ALL), lots, resting, resting), min_size=1, max_size=6,
                      unique_by=lambda net: net.instrument.id)  # fmt: skip
days = st.sampled_from((TODAY, NEAR, FAR))


def total(nets: list[Net], on: date) -> int:
    held, resting_too = group_margin(nets, snapshot(on), True)
    assert held.total >= 0
    assert resting_too >= 0, "orders never lower what positions need"
    return held.total + resting_too


@settings(max_examples=150, deadline=None)
@given(nets=portfolios, which=st.integers(0, 5), part=st.integers(1, 4), buys=st.booleans(), on=days)
def test_neither_a_fill_nor_a_cancel_raises_a_margin(
    nets: list[Net], which: int, part: int, buys: bool, on: date
) -> None:
    before = total(nets, on)
    cancelled, filled = cancelled_and_filled(nets, which, part * 65, buys)
    assert total(cancelled, on) <= before, "a cancel"
    assert total(filled, on) <= before, "a fill"


@settings(max_examples=100, deadline=None)
@given(nets=portfolios, on=days)
def test_together_never_needs_more_than_each_leg_alone(nets: list[Net], on: date) -> None:
    assert total(nets, on) <= sum(total([net], on) for net in nets)


@settings(max_examples=100, deadline=None)
@given(nets=portfolios, more=st.integers(1, 5), on=days)
def test_an_order_that_buys_an_option_or_closes_a_lone_position_raises_nothing(
    nets: list[Net], more: int, on: date
) -> None:
    alone = replace(nets[0], buy=0, sell=0)
    closing = replace(alone, buy=max(0, -alone.quantity), sell=max(0, alone.quantity))
    assert total([closing], on) == total([alone], on)
    within = [net for net in nets if net.instrument.expiry == FAR]
    bought = [replace(net, buy=net.buy + (more * 65 if net.instrument.strike else 0)) for net in within]
    assert total(bought, on) == total(within, on)


def alone(one: Instrument, at: scan.Snapshot, index: bool) -> tuple[list[int], int, int]:
    """(scenarios, value, delta) of one option, priced by itself: one scenario after the other."""
    rule, rate = of_contracts(at.on, index), at.rate / 10_000
    assert one.expiry is not None
    assert one.strike is not None
    years = (expires_at(one.expiry) - at.at).total_seconds() / (365 * 86_400)
    growth, call = float(np.exp(rate * max(years, 0.0))), one.kind is Kind.CE
    base = (at.volatility or rule.unknown_volatility) / 10_000
    shape = smile.INDEX if index else smile.SHARE
    own = float(smile.volatility(at.price * growth, one.strike, years, smile.at_the_money(base, years), shape))
    reach, shift = rule.price_range(at.price, at.volatility), rule.volatility_range / 10_000

    def worth(move: float, more: float) -> float:
        spot = max(at.price + move * reach, 1.0)
        return float(options.price(spot * growth, one.strike, years, max(own + more, 0.01), rate, call))

    now = worth(0.0, 0.0)
    scanned = [worth(part / 3, sign * shift) for part in (0, 1, -1, 2, -2, 3, -3) for sign in (1, -1)]
    far = [worth(sign * rule.extreme_move, 0.0) for sign in (1, -1)]
    weighed = [now + (value - now) * rule.extreme_weight / 10_000 for value in far]
    greeks = options.greeks(at.price * growth, one.strike, years, own, rate, call)
    return [-round(value) for value in scanned + weighed], round(now), round(float(greeks.delta) * 10_000)


@settings(max_examples=60, deadline=None)
@given(
    strikes=st.lists(st.tuples(st.integers(40, 160), st.booleans(), st.sampled_from([TODAY, NEAR, FAR])), min_size=1),
    price=st.integers(50_000, 5_000_000),
    volatility=st.sampled_from([0, 800, 1_300, 4_500]),
    index=st.booleans(),
)
def test_options_priced_together_are_priced_as_each_by_itself(
    strikes: list[tuple[int, bool, date]], price: int, volatility: int, index: bool
) -> None:
    at = scan.Snapshot(1, price, TODAY, AT, volatility, 625)
    chain = [
        replace(CALL, id=100 + n, kind=Kind.CE if call else Kind.PE, strike=max(5, price * away // 100), expiry=expiry)
        for n, (away, call, expiry) in enumerate(strikes)
    ]
    at.prepare(chain, index)
    for one in chain:
        risk, (losses, value, delta) = at.risks[one.id, one.expiry, one.strike], alone(one, at, index)
        assert (risk.losses.tolist(), risk.value, risk.delta) == (losses, value, delta)
        assert (risk.rise, risk.fall) == (max(0, *losses), max(0, -min(losses)))


def test_arrays_of_a_snapshot_are_worked_out_once() -> None:
    one = scan.taken(7, SPOT, TODAY, AT, 1_300, 625)
    assert one is scan.taken(7, SPOT, TODAY, AT, 1_300, 625)
    assert one.risk(CALL, True) is one.risk(CALL, True)
    assert scan.taken(8, SPOT, TODAY, AT + timedelta(hours=1), 1_300, 625).risk(CALL, True) is not one.risk(CALL, True)
