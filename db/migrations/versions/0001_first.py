"""The first schema: identity, market, trading, and the views in rupees."""

from db.migrations import files

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PARTS = ("0001_identity", "0001_market", "0001_trading", "0001_views")


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError("The first schema cannot be taken back: that would drop every account. Restore a backup.")
