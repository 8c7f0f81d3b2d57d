"""What migrations are made of: SQL files."""

from collections.abc import Iterable

from alembic import op

from db import migrate


def run(names: Iterable[str]) -> None:
    """Run some files, named without their ending, on the connection of the migration."""
    # The driver's own execute takes a whole file and reads no % or : in it as a parameter.
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # there is a connection: this runs on it
    for name in names:
        driver.execute((migrate.FOLDER / "sql" / f"{name}.sql").read_text(encoding="utf-8"))
