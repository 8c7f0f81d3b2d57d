"""Programs with keys: what a gateway for a broker's clients needs to know who asks."""

from db.migrations import files

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PARTS = ("0003_programs",)


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError("Programs would lose their keys. Restore a backup instead.")
