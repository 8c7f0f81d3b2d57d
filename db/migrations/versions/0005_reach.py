"""Requests that cannot double, and what else programs and screens were promised."""

from db.migrations import files

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PARTS = ("0005_charts", "0005_tokens")


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError("What was asked for since would be lost. Restore a backup instead.")
