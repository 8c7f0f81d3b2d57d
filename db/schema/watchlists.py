"""Lists of instruments that a user watches."""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, Table, Text, UniqueConstraint

from db.schema.metadata import METADATA

watchlists = Table(
    "watchlists",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("position", Integer, nullable=False),
    UniqueConstraint("user_id", "name"),
)

watchlist_items = Table(
    "watchlist_items",
    METADATA,
    Column("watchlist_id", BigInteger, ForeignKey("watchlists.id", ondelete="CASCADE"), primary_key=True),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), primary_key=True),
    Column("position", Integer, nullable=False),
)
