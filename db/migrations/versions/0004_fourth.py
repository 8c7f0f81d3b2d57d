"""The fourth state of the schema, a part for each topic: what programs with keys may do."""

from db.migrations import files

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PARTS = ("0004_programs",)


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError("Programs that may only read would be let trade. Restore a backup instead.")
