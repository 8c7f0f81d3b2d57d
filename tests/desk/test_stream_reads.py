"""What the streams' reader reads: all of it in one statement, by index, and the same as the pages show."""

import threading
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from core.gtt import GttWish, LegWish
from core.orders import OrderType, Product, Side, Status
from db.since import EVERYTHING, ORDERS_ALONE, PLANS, Besides
from desk import access, events, greeks, gtt, screens, today
from desk.access import AccountRef
from desk.events import Seen
from tests.floor import INFY, NIFTY, SBIN, Floor


@pytest.fixture
def busy(floor: Floor) -> AccountRef:
    """An account with resting and done orders, trades, a CNC and an option position, and a GTT."""
    account = floor.account("asha", 100_000_000)
    option = floor.instrument("NFO:NIFTY26DEC25000CE")
    floor.price(NIFTY, 2_500_000)
    floor.price(option.key, 40_000)
    floor.buy(account, 10, INFY, 150_000)
    floor.sell(account, 4, INFY, 150_100)
    floor.buy(account, option.lot, option.key, 40_000, "NRML")
    floor.place(account, "BUY", 3, SBIN, 79_000)
    return access.by_key(floor.database, "asha/main")


def looked(floor: Floor, account: AccountRef, version: int) -> list[events.Change]:
    seen = [Seen(account.id, version, floor.trading_date)]
    return events.since(floor.database, seen, {account.id: account.key}, [account.id], [account.id])


def test_a_stream_is_told_what_the_pages_show(floor: Floor, busy: AccountRef) -> None:
    (change,) = looked(floor, busy, -1)
    pages: dict[str, Any] = {
        "orders": screens.orders(floor.database, busy)["items"],
        "trades": screens.trades(floor.database, busy)["items"],
        "positions": screens.positions(floor.database, busy)["items"],
    }
    for name, shown in pages.items():
        told = getattr(change, name)
        key = {"orders": "order_id", "trades": "trade_id", "positions": "symbol"}[name]
        assert sorted(told, key=lambda row: row[key]) == sorted(shown, key=lambda row: row[key]), name
        assert len(told) > 1
        assert [row["version"] for row in told] == sorted(row["version"] for row in told)
    wallet = screens.wallet(floor.database, busy)
    assert change.wallet is not None
    assert {name: value for name, value in change.wallet.items() if name != "as_of"} == {
        name: value for name, value in wallet.items() if name != "as_of"
    }
    assert change.version == wallet["version"]
    assert any(row["greeks"] and row["greeks"]["delta"] > 0 for row in change.positions)


def test_what_has_not_changed_is_not_told(floor: Floor, busy: AccountRef) -> None:
    (before,) = looked(floor, busy, -1)
    assert looked(floor, busy, before.version) == []
    order = next(row for row in before.orders if row["status"] == Status.OPEN)
    floor.cancel(busy.id, int(order["order_id"]))
    (after,) = looked(floor, busy, before.version)
    assert [(row["order_id"], row["status"]) for row in after.orders] == [(order["order_id"], "CANCELLED")]
    assert (after.since, after.trades, after.alerts) == (before.version, [], [])


def test_a_look_is_one_round_trip(floor: Floor, busy: AccountRef, monkeypatch: pytest.MonkeyPatch) -> None:
    looked(floor, busy, -1)  # the masters are known from here on
    asked: list[Any] = []
    here = threading.current_thread()
    plain = psycopg.Cursor.execute

    def counted(cursor: Any, query: Any, *given: Any, **named: Any) -> Any:
        text = query.decode() if isinstance(query, bytes) else str(query)
        # The masters' version is asked as well, once a second for all who need it; a new session is set up; the bell
        # of what was placed before rings in a thread of its own.
        if (
            threading.current_thread() is here
            and "select" in text
            and "master_version" not in text
            and "set_config" not in text
        ):
            asked.append(text)
        return plain(cursor, query, *given, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    assert looked(floor, busy, -1)
    assert today.changed_orders(floor.database, [Seen(busy.id, -1, floor.trading_date)])
    assert len(asked) == 2, [text.strip()[:70] for text in asked]


@pytest.mark.parametrize("statement", [EVERYTHING, ORDERS_ALONE])
def test_nothing_is_read_whole(floor: Floor, busy: AccountRef, statement: Any) -> None:
    """With many accounts and a plan made for any values, as the reader's connection has it."""
    with floor.database.connection() as connection:
        connection.execute("insert into users (name, role) select 'u' || n, 'trader' from generate_series(1, 1000) n")
        connection.execute(
            "insert into accounts (user_id, market, name, trading_date)"
            " select id, 'sim', 'main', %s from users where name ~ '^u[0-9]+$'",
            [floor.trading_date],
        )
        connection.execute("analyze")
        connection.execute(PLANS.encode())
        text, types = statement.plain.decode(), []
        for name, kind in (
            ("accounts", "bigint[]"), ("versions", "bigint[]"), ("days", "date[]"), ("with_gtts", "bigint[]"),
            ("with_alerts", "bigint[]"), ("since", "timestamptz"), ("limit", "bigint"),
        ):  # fmt: skip
            if f"%({name})s" in text:
                types.append(kind)
                text = text.replace(f"%({name})s", f"${len(types)}")
        connection.execute(f"prepare look({', '.join(types)}) as {text.replace('%%', '%')}".encode())
        nothing = {"bigint[]": "'{}'", "date[]": "'{}'", "timestamptz": "now()", "bigint": "1"}
        plan = connection.execute(f"explain execute look({', '.join(nothing[each] for each in types)})".encode())
        found = "\n".join(row[0] for row in plan.fetchall())
    assert "Seq Scan on" not in found, found


def test_greeks_are_worked_out_once_for_all_who_hold_a_contract(
    floor: Floor, busy: AccountRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    (before,) = looked(floor, busy, -1)
    worked: list[int] = []
    held = greeks.net_greeks.held
    monkeypatch.setattr(greeks.net_greeks, "held", lambda lines, at: (worked.append(len(lines)), held(lines, at))[1])
    monkeypatch.setattr(greeks, "_memory", {})
    first, second = looked(floor, busy, -1), looked(floor, busy, -1)
    assert first[0].positions == second[0].positions == before.positions
    assert worked == [len(before.positions)]


def test_gtts_come_with_the_orders_that_they_placed(floor: Floor, busy: AccountRef) -> None:
    leg = LegWish(Side.BUY, OrderType.LIMIT, Product.CNC, 1, 140_000, 140_000)
    assert gtt.create(floor.database, "asha", busy.id, GttWish(floor.instrument(INFY).id, (leg,))).status == 201
    (change,) = looked(floor, busy, -1)
    assert [(row["symbol"], row["status"], row["legs"][0]["order_status"]) for row in change.gtts] == [
        ("INFY", "ACTIVE", None)
    ]
    assert Besides().alerts_from > datetime.now(UTC)
