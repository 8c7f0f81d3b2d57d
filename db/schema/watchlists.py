"""Lists of instruments that a user watches."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

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
    Column("colour", Text),
    Column("section", Text),
    CheckConstraint("colour in ('RED', 'ORANGE', 'GREEN', 'BLUE', 'VIOLET')"),
)

watch_views = Table(
    "watch_views",
    METADATA,
    Column("user_id", BigInteger, ForeignKey("users.id"), primary_key=True),
    Column("columns", ARRAY(Text), nullable=False),
    Column("base", Text, nullable=False),
    Column("interval", Text, nullable=False, server_default=text("'1m'::text")),
    Column("studies", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    CheckConstraint("base in ('CLOSE', 'OPEN')"),
)

recent_instruments = Table(
    "recent_instruments",
    METADATA,
    Column("user_id", BigInteger, ForeignKey("users.id"), primary_key=True),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), primary_key=True),
    Column("chosen_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("times", Integer, nullable=False, server_default=text("1")),
)
