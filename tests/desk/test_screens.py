"""The lists of one account: what is in them, in which shape, and what never is."""

from datetime import date, timedelta

import pytest

from core.reasons import Reason, Refusal
from db.engine import Database
from desk import screens
from tests import factories as make

ORDER_KEYS = {
    "order_id",
    "account",
    "client_order_id",
    "exchange",
    "symbol",
    "side",
    "order_type",
    "product",
    "validity",
    "quantity",
    "filled_quantity",
    "pending_quantity",
    "cancelled_quantity",
    "disclosed_quantity",
    "price",
    "trigger_price",
    "worst_price",
    "average_price",
    "status",
    "reason_code",
    "reason",
    "tag",
    "modifications",
    "trading_date",
    "placed_at",
    "updated_at",
    "version",
}
TRADE_KEYS = {
    "trade_id",
    "order_id",
    "account",
    "kind",
    "exchange",
    "symbol",
    "side",
    "product",
    "quantity",
    "price",
    "value",
    "limit_price",
    "traded_at",
    "trading_date",
    "charges",
    "evidence",
    "version",
}
POSITION_KEYS = {
    "account",
    "exchange",
    "symbol",
    "product",
    "quantity",
    "average_price",
    "open_buy",
    "open_sell",
    "last_price",
    "value",
    "realised",
    "unrealised",
    "mark",
    "version",
}
HOLDING_KEYS = {
    "account",
    "exchange",
    "symbol",
    "isin",
    "quantity",
    "t1_quantity",
    "reserved_quantity",
    "sellable_quantity",
    "average_price",
    "last_price",
    "value",
    "unrealised",
    "version",
}


def test_an_order_row_has_every_key_and_says_none_where_nothing_applies(clean_database: Database) -> None:
    infy, book = make.instrument(clean_database), make.account(clean_database, version=7)
    id = make.order(clean_database, book, infy, order_type="MARKET", price=0, version=7)
    answer = screens.orders(clean_database, book)
    row = answer["items"][0]
    assert row.keys() >= ORDER_KEYS
    assert (answer["next"], answer["version"]) == (None, 7)
    assert (row["order_id"], row["account"], row["exchange"], row["symbol"]) == (
        str(id),
        book.key,
        "NSE",
        "INFY",
    )
    assert (row["price"], row["trigger_price"], row["average_price"], row["reason_code"]) == (
        None,
        None,
        None,
        None,
    )
    assert (row["worst_price"], row["pending_quantity"]) == (1500, 10)
    assert row["placed_at"] == "2026-11-23T12:00:00.000+05:30"


@pytest.mark.parametrize(
    ("status", "day", "expected"),
    [
        ("all", None, ["late open", "open", "done"]),
        ("open", None, ["late open", "open"]),
        ("done", None, ["done"]),
        ("all", make.YESTERDAY, ["late open", "old"]),
        ("open", make.YESTERDAY, ["late open"]),
        ("done", make.YESTERDAY, ["old"]),
        ("all", date(2026, 1, 1), []),
    ],
)
def test_orders_are_of_today_or_still_work_or_of_the_date_asked(
    clean_database: Database, status: str, day: date | None, expected: list[str]
) -> None:
    infy, book = make.instrument(clean_database), make.account(clean_database)
    other = make.account(clean_database)
    final = {"status": "COMPLETE", "filled": 10, "turnover": 1_499_999}
    make.order(clean_database, book, infy, client_order_id="old", trading_date=make.YESTERDAY, **final)
    make.order(clean_database, book, infy, client_order_id="done", **final)
    make.order(clean_database, book, infy, client_order_id="open")
    make.order(clean_database, book, infy, client_order_id="late open", trading_date=make.YESTERDAY)
    make.order(clean_database, other, infy, client_order_id="another's")
    found = screens.orders(clean_database, book, status, day)
    assert [row["client_order_id"] for row in found["items"]] == expected


def test_a_long_list_comes_in_pages_that_neither_repeat_nor_skip(clean_database: Database) -> None:
    infy, book = make.instrument(clean_database), make.account(clean_database)
    ids = [str(make.order(clean_database, book, infy)) for _ in range(7)]
    seen, cursor = [], None
    while True:
        page = screens.orders(clean_database, book, cursor=cursor, limit=3)
        seen += [row["order_id"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ids[::-1]


@pytest.mark.parametrize("cursor", ["-1", "x", "1e3", "९", "1" * 30])
def test_a_cursor_that_no_list_gave_is_refused_in_words(clean_database: Database, cursor: str) -> None:
    book = make.account(clean_database)
    with pytest.raises(Refusal) as refused:
        screens.orders(clean_database, book, cursor=cursor)
    assert (refused.value.reason, refused.value.field) == (Reason.BAD_INPUT, "cursor")


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_page_has_a_length_within_reason(clean_database: Database, limit: int) -> None:
    book = make.account(clean_database)
    with pytest.raises(Refusal):
        screens.trades(clean_database, book, limit=limit)


def test_an_order_brings_its_history_and_its_trades(clean_database: Database) -> None:
    infy, book = make.instrument(clean_database), make.account(clean_database)
    id = make.order(clean_database, book, infy, filled=3, turnover=3 * 149_950)
    make.event(clean_database, id, 1)
    make.event(clean_database, id, 2, event="FILLED", actor="exchange", filled=3, at=make.NOON + timedelta(seconds=1))
    entry = make.charges(clean_database, book, brokerage=2_000, gst=360)
    make.trade(clean_database, book, infy, id, quantity=3, price=149_950, charge_id=entry, frame=99)
    row = screens.order(clean_database, book, id)
    assert row["average_price"] == 1499.5
    assert [(step["n"], step["event"], step["by"], step["filled_quantity"]) for step in row["history"]] == [
        (1, "PLACED", "user", 0),
        (2, "FILLED", "exchange", 3),
    ]
    (fill,) = row["trades"]
    assert fill.keys() >= TRADE_KEYS
    assert fill["charges"] == {
        "brokerage": 20,
        "stt": 0,
        "exchange": 0,
        "ipft": 0,
        "sebi": 0,
        "stamp": 0,
        "gst": 3.6,
        "total": 23.6,
    }
    assert fill["evidence"] == {
        "frame": 99,
        "exchange_time": "2026-11-23T12:00:00.000+05:30",
        "last_price": 1500,
        "levels": [[1499.5, 3]],
    }


def test_an_order_of_another_account_does_not_exist(clean_database: Database) -> None:
    infy, book = make.instrument(clean_database), make.account(clean_database)
    id = make.order(clean_database, make.account(clean_database), infy)
    with pytest.raises(Refusal) as refused:
        screens.order(clean_database, book, id)
    assert refused.value.reason is Reason.UNKNOWN_ORDER


def test_trades_are_of_one_date_newest_first(clean_database: Database) -> None:
    infy, book = make.instrument(clean_database), make.account(clean_database, version=3)
    order = make.order(clean_database, book, infy)
    make.trade(clean_database, book, infy, order, trading_date=make.YESTERDAY)
    first, second = (make.trade(clean_database, book, infy, order) for _ in range(2))
    expiry = make.trade(clean_database, book, infy, None, kind="EXPIRY", side="SELL")
    found = screens.trades(clean_database, book)
    assert [row["trade_id"] for row in found["items"]] == [str(expiry), str(second), str(first)]
    assert found["items"][0]["order_id"] is None
    assert len(screens.trades(clean_database, book, make.YESTERDAY)["items"]) == 1


@pytest.mark.parametrize(
    ("quantity", "cost", "mark", "last", "average", "unrealised"),
    [
        (10, 1_500_000, 1_500_000, 151_000, 1500, 100),
        (-10, -1_499_000, -1_499_000, 151_200, 1499, -130),
        (3, 100_000, 99_000, 33_000, 333.3333, 0),
        (0, 0, 0, 33_000, None, 0),
    ],
)
def test_a_position_is_worth_what_the_last_price_says(
    clean_database: Database,
    quantity: int,
    cost: int,
    mark: int,
    last: int,
    average: float,
    unrealised: float,
) -> None:
    infy, book = make.instrument(clean_database), make.account(clean_database)
    make.position(clean_database, book, infy, quantity=quantity, cost=cost, mark=mark, realised=5, version=2)
    make.quote(clean_database, infy, last)
    (row,) = screens.positions(clean_database, book)["items"]
    assert row.keys() >= POSITION_KEYS
    assert (row["quantity"], row["average_price"], row["unrealised"]) == (quantity, average, unrealised)
    assert row["unrealised"] == pytest.approx(row["value"] - row["mark"])


def test_without_a_frame_a_position_is_valued_at_the_previous_close_then_at_its_cost(
    clean_database: Database,
) -> None:
    infy, book = make.instrument(clean_database), make.account(clean_database)
    make.position(clean_database, book, infy, quantity=-4, cost=-600_000, mark=-600_000)
    assert screens.positions(clean_database, book)["items"][0]["last_price"] == 1500
    make.insert(
        clean_database,
        "market_days",
        market="sim",
        trading_date=make.TODAY,
        instrument_id=infy,
        prev_close=149_000,
    )
    assert screens.positions(clean_database, book)["items"][0]["unrealised"] == 40


def test_shares_are_a_position_on_the_day_they_are_bought_and_a_holding_after(
    clean_database: Database,
) -> None:
    infy, book = make.instrument(clean_database), make.account(clean_database)
    make.position(
        clean_database,
        book,
        infy,
        product="CNC",
        quantity=35,
        cost=5_000_000,
        mark=5_000_000,
        open_sell=12,
        day_buy_quantity=20,
        day_buy_value=2_900_000,
    )
    monday = make.TODAY
    make.lot(
        clean_database,
        book,
        infy,
        quantity=5,
        cost=700_000,
        bought_on=date(2026, 11, 17),
        settles_on=date(2026, 11, 18),
    )
    make.lot(clean_database, book, infy, quantity=10, cost=1_400_000, bought_on=make.YESTERDAY, settles_on=monday)
    make.lot(clean_database, book, infy, quantity=20, cost=2_900_000, settles_on=monday + timedelta(days=1))
    make.quote(clean_database, infy, 150_000)
    (today,) = screens.positions(clean_database, book)["items"]
    (before,) = screens.holdings(clean_database, book)["items"]
    assert before.keys() >= HOLDING_KEYS
    assert (today["quantity"], today["average_price"], today["unrealised"]) == (20, 1450, 1000)
    assert (before["quantity"], before["t1_quantity"], before["average_price"]) == (5, 10, 1400)
    assert (before["reserved_quantity"], before["sellable_quantity"], before["unrealised"]) == (12, 3, 1500)
    unrealised = screens.wallet(clean_database, book)["unrealised"]
    assert unrealised == today["unrealised"] + before["unrealised"]


def test_open_sells_reserve_old_shares_before_those_of_today(clean_database: Database) -> None:
    infy, book = make.instrument(clean_database), make.account(clean_database)
    make.position(clean_database, book, infy, product="CNC", quantity=15, cost=15, mark=15, open_sell=12)
    make.lot(clean_database, book, infy, quantity=10, cost=10, bought_on=make.YESTERDAY)
    make.lot(clean_database, book, infy, quantity=5, cost=5)
    (before,) = screens.holdings(clean_database, book)["items"]
    assert (before["reserved_quantity"], before["sellable_quantity"]) == (10, 0)


def test_old_shares_that_nothing_happened_to_are_no_position(clean_database: Database) -> None:
    infy, book = make.instrument(clean_database), make.account(clean_database)
    make.position(clean_database, book, infy, product="CNC", quantity=10, cost=1, mark=1)
    make.lot(clean_database, book, infy, quantity=10, cost=1, bought_on=make.YESTERDAY)
    assert screens.positions(clean_database, book)["items"] == []
    assert len(screens.holdings(clean_database, book)["items"]) == 1


def test_an_account_that_is_gone_is_a_refusal_not_an_empty_list(clean_database: Database) -> None:
    book = make.account(clean_database)
    gone = type(book)(book.id + 1, "nobody/main", book.user_id, "sim", "main", False)
    for read in (
        screens.wallet,
        screens.orders,
        screens.trades,
        screens.positions,
        screens.holdings,
        screens.ledger,
    ):
        with pytest.raises(Refusal) as refused:
            read(clean_database, gone)
        assert refused.value.reason is Reason.UNKNOWN_ACCOUNT
