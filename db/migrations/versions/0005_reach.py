"""Requests that cannot double, what else programs and screens were promised, and fills in fewer steps."""

from db.migrations import files

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# "work" comes last: it reads and writes what the others add.
PARTS = ("0005_charts", "0005_price_alerts", "0005_tokens", "0005_replays", "0005_legs", "work")


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError("What was asked for since would be lost. Restore a backup instead.")
