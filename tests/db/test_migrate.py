"""Migrations: whole or not at all, once, and never onto a schema from the future."""

import threading
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from db import migrate
from db.engine import Database, DatabaseUnavailable, connect
from db.migrate import UnknownVersion
from tests import factories as make


def tables(url: str) -> int:
    """How many tables the database has."""
    with connect(url) as connection:
        row = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
    assert row is not None
    return int(row[0])


def test_a_second_upgrade_changes_nothing(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    before = tables(empty_url)
    migrate.upgrade(empty_url)
    assert tables(empty_url) == before > 30


def test_the_newest_version_is_the_one_that_alembic_finds() -> None:
    assert migrate.newest() == ScriptDirectory.from_config(migrate.configuration()).get_current_head()


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    errors: list[BaseException] = []

    def upgrade() -> None:
        try:
            migrate.upgrade(empty_url)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert tables(empty_url) > 30


def test_an_upgrade_that_fails_half_way_leaves_nothing(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_migrations(tmp_path, monkeypatch, last="select 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate.upgrade(empty_url)
    assert tables(empty_url) == 0


def test_an_upgrade_that_is_killed_half_way_leaves_nothing_and_can_be_repeated(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        copy_migrations(tmp_path, patch, last="select pg_terminate_backend(pg_backend_pid());")
        with pytest.raises(DatabaseUnavailable):
            migrate.upgrade(empty_url)
    assert tables(empty_url) == 0
    migrate.upgrade(empty_url)
    assert tables(empty_url) > 30


def test_a_schema_from_the_future_is_refused_in_words(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with connect(empty_url) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(UnknownVersion, match="'9999', which this release of Kagaz does not know"):
        migrate.upgrade(empty_url)


def copy_migrations(to: Path, patch: pytest.MonkeyPatch, *, last: str) -> None:
    """Migrations of our own release whose last statement is another."""
    for source in migrate.FOLDER.rglob("*"):
        if source.suffix in (".py", ".sql"):
            target = to / source.relative_to(migrate.FOLDER)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(source.read_text())
    with (to / "sql" / "0001_views.sql").open("a") as file:
        file.write(last)
    patch.setattr(migrate, "FOLDER", to)


def test_a_database_with_books_comes_from_the_version_before(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda config, _: whole(config, "0006"))
        migrate.upgrade(empty_url)
    database = Database(empty_url)
    try:
        account = make.account(database, market="kept").id
        share, index = make.instrument(database), make.instrument(database, "NSE:NIFTY 50", kind="INDEX", isin=None)
        for number, lead in enumerate((share, index)):
            ends = {"expiry": make.TODAY, "strike": 100_000, "underlying_id": lead}
            option = make.instrument(database, f"NFO:CALL{number}", kind="CE", isin=None, **ends)
            held = {"account_id": account, "instrument_id": option, "underlying_id": lead}
            make.insert(database, "positions", **held, product="NRML", quantity=50, cost=5_000, mark=5_000)
        group = {"account_id": account, "segment": "DERIVATIVES", "underlying_id": index}
        make.insert(database, "margin_groups", **group, position_margin=7, span=4, exposure=2, add_ons=1)
        paid = {"account_id": account, "trading_date": make.TODAY, "kind": "DP", "dp": 1_300, "gst": 234}
        make.insert(database, "charge_entries", **paid)
        rates = {"effective_from": make.TODAY, "plan": "zero", "rates": {"dp": 1_300}}
        for segment in ("DELIVERY", "FUTURES"):
            make.insert(database, "charge_rates", segment=segment, **rates)
        migrate.upgrade(empty_url)
        assert make.ask(database, "select total from charge_entries where interest = 0") == 1_534
        groups = "select array_agg(underlying_id order by underlying_id) from margin_groups where delivery = 0"
        assert make.ask(database, groups) == [share, index]
        told = "select array_agg((rates ->> 'interest')::int order by segment) from charge_rates"
        assert make.ask(database, told) == [500_000, 0]
        assert make.ask(database, "select count(*) from trades_in_rupees") == 0
    finally:
        database.close()
