"""Stock options near their end in whole accounts: blocked at the snapshot, called for, told, and set free by a sale."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from core.instruments import Instrument, Kind
from core.orders import OrderType, PlaceOrder, Product, Side
from core.reasons import Reason
from db.engine import Database
from desk import account_watch, baskets, estimate, margin_calls, margins, screens
from desk import market as markets
from desk.access import AccountRef
from tests.floor import INFY, NIFTY, Floor

SPOT, PREMIUM = 150_000, 12_000


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    floor = Floor(database)
    floor.price(INFY, SPOT)
    yield floor
    floor.sound()


def option(floor: Floor, kind: Kind = Kind.CE, inside: bool = True) -> Instrument:
    """The first one that ends later than today, and is in the money by the least."""
    chain = [one for one in floor.master.chain(floor.instrument(INFY).id) if one.kind is kind and one.strike]
    near = min(one.expiry for one in chain if one.expiry and one.expiry > floor.trading_date)
    strikes = {one.strike: one for one in chain if one.expiry == near and one.strike}
    below, above = max(s for s in strikes if s < SPOT), min(s for s in strikes if s > SPOT)
    one = strikes[below if (kind is Kind.CE) is inside else above]
    floor.price(one.key, PREMIUM)
    return one


def days_before(floor: Floor, expiry: date | None, days: int) -> int:
    """Take the snapshot of a trading date so many before an expiry, and bring all margins to it."""
    assert expiry
    on = expiry - timedelta(days=days)
    share, at = floor.instrument(INFY).id, datetime(on.year, on.month, on.day, 4, 0, tzinfo=UTC)
    assert markets.take_snapshot(floor.database, "sim", on, f"E{days}", [share], [SPOT], [0], 625, at=at)
    return margins.follow_snapshot(floor.database, "sim")


def funds(floor: Floor, account: int) -> dict[str, float]:
    return screens.wallet(floor.database, AccountRef(account, "asha/main", 1, "sim", "main", archived=False))


def blocked(lot: int, part: float) -> float:
    """Rupees: a share without a known volatility is at risk by 9 %, and by 3.5 % beyond that."""
    return SPOT / 100 * lot * 0.125 * part


def test_what_was_bought_is_secured_step_by_step_and_called_for(floor: Floor) -> None:
    call = option(floor)
    account = floor.account(cash=call.lot * PREMIUM + 1_000_000)
    floor.buy(account, call.lot, call.key, PREMIUM, "NRML")
    assert days_before(floor, call.expiry, 5) == 1
    assert funds(floor, account)["delivery_margin"] == 0
    for days, part in ((4, 0.10), (3, 0.25), (2, 0.45), (1, 0.70)):
        days_before(floor, call.expiry, days)
        told = funds(floor, account)
        assert told["delivery_margin"] == told["margin"] == pytest.approx(blocked(call.lot, part))
        assert told["margins"][0]["delivery"] == told["margin"]  # type: ignore[index]
    assert floor.balances(account)["CASH"] < 0, "a top-up is no refusal"
    account_watch.look(floor.database, "sim")
    margin_calls.follow(floor.database, "sim")
    call_told = funds(floor, account)["margin_call"]
    assert call_told["delivery_margin"] == pytest.approx(blocked(call.lot, 0.70))  # type: ignore[index]
    floor.sell(account, call.lot, call.key, PREMIUM, "NRML")
    after = funds(floor, account)
    assert (after["delivery_margin"], after["margin"]) == (0, 0)
    assert after["available"] > 0


def test_a_purchase_in_the_last_days_must_afford_the_margin_too(floor: Floor) -> None:
    call = option(floor)
    account = floor.account(cash=call.lot * PREMIUM + 1_000_000)
    days_before(floor, call.expiry, 2)
    wish = PlaceOrder(call.id, Side.BUY, OrderType.LIMIT, Product.NRML, call.lot, price=PREMIUM)
    told = estimate.of_order(floor.database, account, wish)
    assert told["parts"]["delivery"] == pytest.approx(blocked(call.lot, 0.45))
    assert told["parts"]["total"] == pytest.approx(told["parts"]["delivery"] + told["parts"]["option_premium"])
    assert Reason.DELIVERY_MARGIN in [each["reason_code"] for each in told["cautions"]]
    refused = floor.place(account, "BUY", call.lot, call.key, PREMIUM, "NRML")
    assert (refused.status, refused.body["reason_code"]) == (422, Reason.NOT_ENOUGH_FUNDS)
    basket = baskets.margin(floor.database, account, [wish])
    assert basket["parts"]["delivery"] == pytest.approx(blocked(call.lot, 0.45))
    rich = floor.account("ravi", cash=100_000_000)
    order = floor.place(rich, "BUY", call.lot, call.key, PREMIUM, "NRML")
    assert order.status == 201
    held = floor.balances(rich)["HOLD"]
    assert held > call.lot * PREMIUM + blocked(call.lot, 0.45) * 100
    assert floor.fill(rich, order, call.lot, PREMIUM).done
    assert floor.balances(rich)["MARGIN"] == round(blocked(call.lot, 0.45) * 100)


@pytest.mark.parametrize(("kind", "inside", "asks"), [(Kind.CE, False, 0), (Kind.PE, True, 0.70), (Kind.PE, False, 0)])
def test_only_what_will_be_exercised_asks_for_it(floor: Floor, kind: Kind, inside: bool, asks: float) -> None:
    one = option(floor, kind, inside)
    account = floor.account(cash=100_000_000)
    floor.buy(account, one.lot, one.key, PREMIUM, "NRML")
    days_before(floor, one.expiry, 1)
    assert funds(floor, account)["delivery_margin"] == pytest.approx(blocked(one.lot, asks))


def test_what_must_be_delivered_today_asks_for_half_as_much_again(floor: Floor) -> None:
    chain = floor.master.chain(floor.instrument(INFY).id)
    future = next(one for one in chain if one.kind is Kind.FUT and one.expiry and one.expiry > floor.trading_date)
    floor.price(future.key, SPOT)
    account = floor.account(cash=100_000_000)
    floor.buy(account, future.lot, future.key, SPOT, "NRML")
    days_before(floor, future.expiry, 1)
    usual = funds(floor, account)
    days_before(floor, future.expiry, 0)
    last = funds(floor, account)
    assert usual["add_ons"] == 0
    assert last["add_ons"] == pytest.approx(usual["margin"] / 2)
    assert last["margin"] == pytest.approx(usual["margin"] * 1.5)


def test_an_index_option_that_is_held_stays_out_of_every_group(floor: Floor) -> None:
    floor.price(NIFTY, 2_500_000)
    chain = floor.master.chain(floor.instrument(NIFTY).id)
    call = next(one for one in chain if one.kind is Kind.CE and one.expiry and one.expiry > floor.trading_date)
    floor.price(call.key, PREMIUM)
    account = floor.account(cash=100_000_000)
    floor.buy(account, call.lot, call.key, PREMIUM, "NRML")
    with floor.database.connection() as connection:
        row = connection.execute("select count(*) from margin_groups where account_id = %s", [account]).fetchone()
    assert row == (0,)
