"""Live markets: whose prices are whose, and what opens a vendor's door."""

from db.migrations import files

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PARTS = ("0004_feeds",)


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError("Owners would lose their markets and credentials. Restore a backup instead.")
