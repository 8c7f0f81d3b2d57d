"""Live markets: whose prices are whose, and what opens a vendor's door. What programs with keys may do."""

from db.migrations import files

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PARTS = ("0004_alerts", "0004_feeds", "0004_masters", "0004_programs", "0004_recording")


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError(
        "Owners would lose their markets, and programs that only read would trade. Restore a backup instead."
    )
