"""Money at the edges of a decision: a snapshot that moved, option money while cash is called for, retries."""

from datetime import UTC, datetime, timedelta

import pytest

from core.orders import OrderType, PlaceOrder, Product, Side
from core.reasons import Reason
from core.sessions import Board
from desk import estimate, trading, wallet
from tests.floor import SBIN, Floor


def snapshot(floor: Floor, slot: str, key: str, price: int) -> None:
    with floor.database.connection() as connection:
        connection.execute(
            "with taken as (insert into risk_snapshots (market, trading_date, slot) values ('sim', %s, %s)"
            " returning id),"
            " priced as (insert into risk_prices (snapshot_id, instrument_id, price) select id, %s, %s from taken)"
            " update markets set risk_snapshot_id = (select id from taken) where id = 'sim'",
            [floor.trading_date, slot, floor.instrument(key).id, price],
        )


def test_what_a_new_snapshot_sets_free_pays_for_the_next_order(floor: Floor) -> None:
    snapshot(floor, "early", SBIN, 80_000)
    account = floor.account(cash=1_650_000)
    floor.buy(account, 100, SBIN, 80_000, "MIS")
    snapshot(floor, "late", SBIN, 60_000)
    order = floor.place(account, "BUY", 30, SBIN, 80_000, "MIS")
    assert order.status == 201, order.body
    assert floor.balances(account)["MARGIN"] + floor.balances(account)["HOLD"] == 130 * 60_000 // 5


def test_an_estimate_asks_for_what_the_order_takes_and_not_for_what_a_snapshot_does(floor: Floor) -> None:
    snapshot(floor, "early", SBIN, 80_000)
    account = floor.account(cash=10_000_000)
    floor.buy(account, 100, SBIN, 80_000, "MIS")
    snapshot(floor, "late", SBIN, 90_000)
    wish = PlaceOrder(floor.instrument(SBIN).id, Side.BUY, OrderType.LIMIT, Product.MIS, 10, price=80_000)
    told = estimate.of_order(floor.database, account, wish)
    assert (told["required"], told["margin"], told["refusals"]) == (1_800, 1_800, [])
    assert floor.balances(account)["MARGIN"] == 100 * 80_000 // 5


def test_option_money_buys_options_while_cash_is_called_for(floor: Floor) -> None:
    account = floor.account(cash=10_000_000)
    nifty = floor.instrument("NSE:NIFTY 50")
    call = next(i for i in floor.master.chain(nifty.id) if i.kind == "CE")
    floor.price(nifty.key, 2_500_000)
    floor.price(call.key, 10_000)
    floor.buy(account, call.lot, call.key, 10_000, "NRML")
    floor.sell(account, call.lot, call.key, 12_000, "NRML")
    credit = floor.balances(account)["OPTION_CREDIT"]
    cash = floor.balances(account)["CASH"]
    with floor.database.connection() as connection:
        connection.execute("update accounts set blocked_loss = %s where id = %s", [cash + 1_000, account])
    order = floor.place(account, "BUY", call.lot, call.key, 10_000, "NRML")
    assert order.status == 201, order.body
    assert floor.balances(account)["OPTION_CREDIT"] == credit - floor.balances(account)["HOLD"]
    assert floor.balances(account)["CASH"] == cash


def test_a_reset_with_a_key_happens_once_also_by_the_name_of_the_new_account(floor: Floor) -> None:
    account = floor.account()
    first = wallet.reset(floor.database, "asha", account, 5_000_000, "again")
    fresh = int(first.body["account_id"])
    again = wallet.reset(floor.database, "asha", fresh, 5_000_000, "again")
    assert (again.replayed, again.body) == (True, first.body)
    assert floor.place(fresh, "BUY", 1, SBIN, 79_000).status == 201


def test_a_key_that_looks_like_one_of_ours_is_refused_and_takes_no_number(floor: Floor) -> None:
    account = floor.account()
    number = floor.number(floor.place(account, "BUY", 1, SBIN, 79_000))
    refused = floor.place(account, "BUY", 1, SBIN, 79_000, request=f"auto-{number + 1}")
    assert (refused.status, refused.body["field"]) == (400, "Idempotency-Key")
    assert floor.place(account, "BUY", 1, SBIN, 79_000).status == 201


def late(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on it is past the time until which intraday orders are taken."""
    real = trading.open_task

    def after_hours(*given: object, **wanted: object) -> object:
        task = real(*given, **wanted)  # type: ignore[arg-type]
        ended = datetime.now(UTC) - timedelta(hours=1)
        task.facts = type(task.facts)(
            **{name: getattr(task.facts, name) for name in task.facts.__slots__}
            | {"intraday_ends": dict.fromkeys(Board, ended)}
        )
        return task

    for module in (trading, estimate):
        monkeypatch.setattr(module, "open_task", after_hours)


def test_no_change_of_an_order_opens_an_intraday_position_late_in_the_day(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    order = floor.place(account, "SELL", 10, SBIN, 81_000, "MIS")
    late(floor, monkeypatch)
    assert floor.modify(account, order, quantity=100).status == 422
    assert floor.modify(account, order, price=80_500).status == 200


def test_exits_late_in_the_day_close_a_position_once_together(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    late(floor, monkeypatch)
    exit_order = floor.place(account, "SELL", 6, SBIN, 81_000, "MIS")
    assert exit_order.status == 201
    again = floor.place(account, "SELL", 5, SBIN, 81_000, "MIS")
    assert (again.status, again.body["reason_code"]) == (422, Reason.PRODUCT_NOT_ALLOWED), "it would leave a short of 1"
    assert floor.place(account, "SELL", 4, SBIN, 81_000, "MIS").status == 201
    assert floor.modify(account, exit_order, quantity=7).status == 422


def test_an_estimate_says_that_intraday_is_over(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    account = floor.account(cash=100_000_000)
    late(floor, monkeypatch)
    wish = PlaceOrder(floor.instrument(SBIN).id, Side.BUY, OrderType.LIMIT, Product.MIS, 10, price=80_000)
    told = estimate.of_order(floor.database, account, wish)
    assert [each["field"] for each in told["refusals"]] == ["product"]


def test_a_margined_order_waits_for_a_price_and_an_unpriced_group_keeps_its_margin(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    resting = floor.place(account, "BUY", 10, SBIN, 79_000, "MIS")
    with floor.database.connection() as connection:
        connection.execute("truncate quotes")
        connection.execute("delete from market_days")
    refused = floor.place(account, "BUY", 10, SBIN, 79_000, "MIS")
    assert (refused.status, "no price" in refused.body["detail"]) == (422, True)
    assert floor.cancel(account, resting).status == 200
    assert floor.balances(account)["MARGIN"] == 160_000
