"""Programs with keys: what a gateway for a broker's clients needs to know who asks."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
PARTS = ("programs",)


def upgrade() -> None:
    # The driver's own execute takes a whole file and reads no % or : in it as a parameter.
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # there is a connection: this runs on it
    for part in PARTS:
        driver.execute((SQL / f"0003_{part}.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("Programs would lose their keys. Restore a backup instead.")
