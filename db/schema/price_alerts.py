"""Price alerts. The CHECKs are in the SQL files alone."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from db.schema.metadata import METADATA

_NOW = text("clock_timestamp()")
price_alerts = Table(
    "price_alerts",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), nullable=False),
    Column("measure", Text, nullable=False),
    Column("condition", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("repeats", Boolean, nullable=False),
    Column("note", Text, nullable=False, server_default=text("''::text")),
    Column("status", Text, nullable=False, server_default=text("'ACTIVE'::text")),
    Column("resting", Boolean, nullable=False, server_default=text("false")),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("rings", Integer, nullable=False, server_default=text("0")),
    Column("rung_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("request_key", Text),
    Column("request_hash", Text),
    Column("side", Text),
    Index("price_alerts_account", "account_id", text("id DESC NULLS LAST")),
    Index("price_alerts_waiting", "account_id", postgresql_where=text("(status = 'ACTIVE'::text)")),
    Index(
        "price_alerts_request",
        "account_id",
        "request_key",
        unique=True,
        postgresql_where=text("(request_key IS NOT NULL)"),
    ),
)

price_alert_rings = Table(
    "price_alert_rings",
    METADATA,
    Column("alert_id", BigInteger, ForeignKey("price_alerts.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("price", Integer, nullable=False),
    Column("frame", BigInteger, nullable=False),
    Column("exchange_time", DateTime(timezone=True), nullable=False),
    Column("sentence", Text, nullable=False),
    Index("price_alert_rings_account", "account_id", "at"),
)

price_alert_changes = Table(
    "price_alert_changes",
    METADATA,
    Column("market", Text, nullable=False),
    Column("alert_id", BigInteger, nullable=False),
)
