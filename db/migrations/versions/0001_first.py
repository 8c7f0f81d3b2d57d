"""The first schema: identity, market, trading, and the views in rupees."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
PARTS = ("identity", "market", "trading", "views")


def upgrade() -> None:
    # The driver's own execute takes a whole file and reads no % or : in it as a parameter.
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # there is a connection: this runs on it
    for part in PARTS:
        driver.execute((SQL / f"0001_{part}.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("The first schema cannot be taken back: that would drop every account. Restore a backup.")
