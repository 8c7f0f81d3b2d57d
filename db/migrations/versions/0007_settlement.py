"""What a split adds to what an entry opened, for the target and the stop that close it."""

from db.migrations import files

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PARTS = ("0007_exits",)


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError("What was asked for since would be lost. Restore a backup instead.")
