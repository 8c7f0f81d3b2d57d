"""Credentials of vendors, logins on their way, and outages of live markets. The CHECKs are in the SQL files alone."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from db.schema.metadata import METADATA

feed_credentials = Table(
    "feed_credentials",
    METADATA,
    Column("user_id", BigInteger, ForeignKey("users.id"), primary_key=True),
    Column("vendor", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("hint", Text, nullable=False),
    Column("token_sealed", LargeBinary),
    Column("token_expires_at", DateTime(timezone=True)),
    Column("refused", Text),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

feed_logins = Table(
    "feed_logins",
    METADATA,
    Column("state_sha256", LargeBinary, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("vendor", Text, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("code_sealed", LargeBinary),
    Column("used_at", DateTime(timezone=True)),
    Column("taken_at", DateTime(timezone=True)),
    Index("feed_logins_waiting", "used_at", postgresql_where=text("(code_sealed IS NOT NULL)")),
)

feed_gaps = Table(
    "feed_gaps",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("market", Text, ForeignKey("markets.id"), nullable=False),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True), nullable=False),
    Column("noted_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("filled_at", DateTime(timezone=True)),
    Column("candles", Integer, nullable=False, server_default=text("0")),
    Column("failed", Text),
    UniqueConstraint("market", "began_at"),
)

live_charts = Table(
    "live_charts",
    METADATA,
    Column("market", Text, ForeignKey("markets.id"), primary_key=True),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), primary_key=True),
    Column("filled_for", Date, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("candles", Integer, nullable=False),
    Column("failed", Text),
    Column("filled_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)
