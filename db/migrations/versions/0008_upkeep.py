"""When Postgres looks after the tables that a live market writes without a rest."""

from db.migrations import files

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PARTS = ("0008_upkeep",)


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError("What was asked for since would be lost. Restore a backup instead.")
