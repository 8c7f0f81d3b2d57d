"""Cover orders of today are found by today's orders, however many an account ever had."""

import re

import pytest

from db import gtts
from db.engine import Database
from desk.access import AccountRef
from tests import factories

OLD = """
insert into orders (account_id, client_order_id, instrument_id, side, order_type, product, validity, quantity, filled,
        price, worst_price, status, trading_date, placed_at, updated_at, active_from, priority, version)
    select account_id, 'old' || n, instrument_id, side, order_type, product, validity, quantity, quantity,
        price, worst_price, 'COMPLETE', trading_date - 1 - n %% 250, placed_at, updated_at, active_from,
        priority, version
    from orders, generate_series(1, 2000) n where id = %s;
"""
OTHERS = """
with made as (
    insert into accounts (user_id, market, name, trading_date)
    select user_id, market, 'other' || n, trading_date from accounts, generate_series(1, 50) n where id = %s
    returning id)
insert into orders (account_id, client_order_id, instrument_id, side, order_type, product, validity, quantity,
        price, worst_price, status, trading_date, placed_at, updated_at, active_from, priority, version)
    select made.id, 'plain' || n, instrument_id, side, order_type, product, validity, quantity,
        price, worst_price, status, trading_date, placed_at, updated_at, active_from, priority, version
    from orders o, made, generate_series(1, 20) n where o.id = %s;
"""
STOPS = """
insert into gtts (account_id, instrument_id, parent_id, cover, status, last_price, seen_at, expires_on, created_at,
        updated_at, version)
    select account_id, instrument_id, id, true, 'ACTIVE', 1, placed_at, trading_date, placed_at, placed_at, 1
    from orders where client_order_id not like 'plain%' order by id
"""
LEGS = """
insert into gtt_legs (gtt_id, leg, side, order_type, product, quantity, trigger_price, price, above, state)
    select id, 1, 'SELL', 'LIMIT', 'MIS', 1, 1, 1, false, 'WAITING' from gtts
"""


@pytest.fixture
def book(clean_database: Database) -> AccountRef:
    """One account with 2,000 covers of a year gone by and one of today, another account with one of today, and fifty
    with 1,000 plain orders of today between them."""
    infy = factories.instrument(clean_database)
    account = factories.account(clean_database)
    today = factories.order(clean_database, account, infy, client_order_id="today", tag="mine")
    factories.order(clean_database, account, infy, client_order_id="plain")
    other = factories.account(clean_database)
    with clean_database.connection() as connection:
        connection.execute(OLD, [today])
    theirs = factories.order(clean_database, other, infy, client_order_id="theirs")
    with clean_database.connection() as connection:
        connection.execute(OTHERS, [other.id, theirs])
    with clean_database.autocommit() as connection:
        connection.execute(STOPS)
        connection.execute(LEGS)
        connection.execute("analyze")
    return account


def test_covers_of_today_and_those_named(clean_database: Database, book: AccountRef) -> None:
    old = factories.ask(clean_database, "select id from orders where client_order_id = 'old7'")
    today = factories.ask(clean_database, "select id from orders where client_order_id = 'today'")
    theirs = factories.ask(clean_database, "select id from orders where client_order_id = 'theirs'")
    with clean_database.connection() as connection:
        found = [(gtt.parent_id, filled, tag) for gtt, filled, tag in gtts.covers(connection, [book.id])]
        named = gtts.covers(connection, [book.id], [old, today, theirs])
    assert found == [(today, 0, "mine")]
    assert [gtt.parent_id for gtt, _, _ in named] == sorted([today, old])
    assert [len(gtt.legs) for gtt, _, _ in named] == [1, 1]


def test_covers_read_neither_days_gone_by_nor_other_accounts(clean_database: Database, book: AccountRef) -> None:
    with clean_database.connection() as connection:
        # Tables as small as these are best read whole; those of a year are not.
        connection.execute("set local enable_seqscan = off")
        values = {"accounts": [book.id], "entries": [1]}
        plan = "\n".join(row[0] for row in connection.execute(f"explain (analyze) {gtts.COVERS}".encode(), values))
    rows = [int(n) for n in re.findall(r"actual time=\S+ rows=(\d+)", plan)]
    assert rows, plan
    assert max(rows) <= 10, plan
    removed = [int(n) for n in re.findall(r"Rows Removed by \w+(?: \w+)?: (\d+)", plan)]
    assert max(removed, default=0) <= 10, plan
