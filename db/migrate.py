"""Brings a database to the schema of this release, once, whoever else starts at the same moment."""

from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from db.engine import DatabaseUnavailable, connect

FOLDER = Path(__file__).parent / "migrations"
# Held while a schema is changed; any number will do, as long as nobody else uses it.
LOCK = 7_210_501


class UnknownVersion(RuntimeError):
    """The database was last migrated by a release that this one does not know."""


def configuration() -> Config:
    """Alembic's settings, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def upgrade(url: str) -> None:
    """Migrates to the newest version in one transaction, or leaves everything as it was.

    Raises UnknownVersion for a newer schema and DatabaseUnavailable when the server goes away meanwhile.
    """
    try:
        _upgrade(url)
    except (psycopg.OperationalError, sqlalchemy.exc.OperationalError) as error:
        raise DatabaseUnavailable("The database went away while its schema was made; nothing was changed.") from error


def _upgrade(url: str) -> None:
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
