"""A broker's rulebook: sessions, more kinds of orders, margins, charges, settlement and risk."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
PARTS = ("sessions", "orders", "gtt", "margins", "charges", "positions", "risk", "identity")


def upgrade() -> None:
    # The driver's own execute takes a whole file and reads no % or : in it as a parameter.
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # there is a connection: this runs on it
    for part in PARTS:
        driver.execute((SQL / f"0002_{part}.sql").read_text(encoding="utf-8"))
    driver.execute((SQL / "work.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("What traders entered since would be lost. Restore a backup instead.")
