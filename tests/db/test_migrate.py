"""Migrations: whole or not at all, once, and never onto a schema from the future."""

import threading
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory

from db import migrate
from db.engine import DatabaseUnavailable, connect
from db.migrate import UnknownVersion


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
