"""What a split adds to what an entry opened, for the target and the stop that close it, and the steps of orders by the
version of their account; interest on what is owed, and margins of stock contracts in their last days; price bands that
move, halts of a market, and keys of requests that are forgotten; sections of a market watch, charts that look alike
wherever their user sits, and alerts on crossings."""

from db.migrations import files

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# "work" comes last: it reads and writes what the others add.
PARTS = (
    "0007_exits", "0007_steps", "0007_money", "0007_bands", "0007_halts", "0007_keys", "0007_watch", "0007_crossings",
    "work",
)  # fmt: skip


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError("What was asked for since would be lost. Restore a backup instead.")
