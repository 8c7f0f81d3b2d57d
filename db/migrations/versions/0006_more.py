"""Latest quotes that may be a little behind the frames of a market that says more than can be written at once,
requests of baskets that cannot double, how a market watch looks, and logins whose code is at the vendor."""

from db.migrations import files

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PARTS = ("0006_quotes", "0006_baskets", "0006_watch", "0006_logins")


def upgrade() -> None:
    files.run(PARTS)


def downgrade() -> None:
    raise RuntimeError("What was asked for since would be lost. Restore a backup instead.")
