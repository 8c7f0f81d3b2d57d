"""Brings a database to the schema of this release, once, whoever else starts at the same moment.

Nearly every start finds nothing to do. That is seen by one question, without Alembic and SQLAlchemy, which a start
would load for half a second of processor time.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from db.engine import DatabaseUnavailable, connect

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
# Held while a schema is changed; any number will do, as long as nobody else uses it.
LOCK = 7_210_501


class UnknownVersion(RuntimeError):
    """The database was last migrated by a release that this one does not know."""


def configuration() -> "Config":
    """Alembic's settings, without a file of its own."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def newest() -> str:
    """The version that this release brings a database to: migrations follow each other by the number of their file."""
    return max(path.name.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


def upgrade(url: str) -> None:
    """Migrates to the newest version in one transaction, or leaves everything as it was.

    Raises UnknownVersion for a newer schema and DatabaseUnavailable when the server goes away meanwhile.
    """
    gone = "The database went away while its schema was made; nothing was changed."
    try:
        if _version(url) == newest():
            return
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(gone) from error
    import sqlalchemy.exc

    try:
        _upgrade(url)
    except (psycopg.OperationalError, sqlalchemy.exc.OperationalError) as error:
        raise DatabaseUnavailable(gone) from error


def _version(url: str) -> str | None:
    """The version that the last migration left, None before the first. What is seen here is committed."""
    with connect(url) as connection:
        try:
            row = connection.execute("select version_num from alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return str(row[0]) if row else None


def _upgrade(url: str) -> None:
    import sqlalchemy
    from alembic import command
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = configuration()
    script = ScriptDirectory.from_config(config)
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(url, autocommit=False),
        poolclass=sqlalchemy.NullPool,
        use_native_hstore=False,
    )
    with engine.connect() as connection, connection.begin():
        # A process that comes second may wait for a long migration; it is not in a hurry.
        connection.exec_driver_sql("set local lock_timeout = '10min'")
        connection.exec_driver_sql("set local idle_in_transaction_session_timeout = 0")
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({LOCK})")
        current = MigrationContext.configure(connection).get_current_revision()
        if current == script.get_current_head():
            return
        if current is not None and current not in {known.revision for known in script.walk_revisions()}:
            raise UnknownVersion(
                f"The database has schema version {current!r}, which this release of Kagaz does not know "
                f"(its newest is {script.get_current_head()!r}). Start the release that made it, or restore a "
                "backup."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
