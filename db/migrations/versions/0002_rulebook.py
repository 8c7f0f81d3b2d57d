"""A broker's rulebook: sessions, more kinds of orders, margins, charges, settlement and risk."""

from db.migrations import files

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PARTS = (
    "0002_sessions",
    "0002_orders",
    "0002_gtt",
    "0002_margins",
    "0002_charges",
    "0002_positions",
    "0002_risk",
    "0002_identity",
    "work",
)


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError("What traders entered since would be lost. Restore a backup instead.")
