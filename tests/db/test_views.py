"""Those who read with SQL see rupees and names."""

from decimal import Decimal

from db.engine import Database

ROWS = """
insert into users (name, role) values ('asha', 'trader');
insert into instruments (exchange, symbol, name, kind, listed_from)
    values ('NSE', 'INFY', 'Infosys', 'EQ', '2000-01-01');
insert into markets (id, feed, session, trading_date) values ('m', 'simulator', 'always', '2026-11-23');
insert into accounts (user_id, market, name, trading_date, cash, hold, blocked_loss)
    select id, 'm', 'main', '2026-11-23', 123456789, 11, 89 from users;
insert into transfers (account_id, trading_date, from_ledger, to_ledger, amount, code, event_at, cash_after, version)
    select id, '2026-11-23', 'BANK', 'CASH', 123456805, 'DEPOSIT', now(), 123456805, 1 from accounts;
"""


def test_paise_are_shown_as_rupees_and_accounts_by_name(clean_database: Database) -> None:
    with clean_database.autocommit() as connection:
        connection.execute(ROWS)
        account = connection.execute(
            "select account, cash, hold, balance, available from accounts_in_rupees"
        ).fetchall()
        ledger = connection.execute('select account, "from", "to", amount from ledger_in_rupees').fetchall()
    cash, held = Decimal("1234567.89"), Decimal("0.11")
    assert account == [("asha/main", cash, held, Decimal("1234568.00"), Decimal("1234567.00"))]
    assert ledger == [("asha/main", "BANK", "CASH", Decimal("1234568.05"))]


def test_each_view_can_be_read_without_rows(clean_database: Database) -> None:
    with clean_database.autocommit() as connection:
        for name in ("accounts", "orders", "trades", "positions", "ledger"):
            assert connection.execute(f"select * from {name}_in_rupees").fetchall() == []
