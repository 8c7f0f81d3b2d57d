"""Limits, restrictions, switches and decisions of risk. The CHECKs are in the SQL files alone."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from db.schema.metadata import METADATA

risk_version = Table(
    "risk_version",
    METADATA,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
)

risk_limits = Table(
    "risk_limits",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("scope", Text, nullable=False),
    Column("subject", BigInteger, nullable=False, server_default=text("0")),
    Column("name", Text, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("effective_to", Date),
    Column("set_by", Text, nullable=False),
    Column("by_admin", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Index("risk_limits_subject", "scope", "subject", "name"),
)

restrictions = Table(
    "restrictions",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=text("''::text")),
    Column("effective_from", Date, nullable=False),
    Column("effective_to", Date),
    Column("set_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

kill_switches = Table(
    "kill_switches",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("scope", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("pressed_by", Text, nullable=False),
    Column("by_admin", Boolean, nullable=False),
    Column("pressed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("rearmed_by", Text),
    Column("rearmed_at", DateTime(timezone=True)),
    Index("kill_switches_pressed", "scope", "subject", unique=True, postgresql_where=text("(rearmed_at IS NULL)")),
)

flattenings = Table(
    "flattenings",
    METADATA,
    Column("account_id", BigInteger, ForeignKey("accounts.id"), primary_key=True),
    Column("pressed_by", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("tried_at", DateTime(timezone=True)),
)

risk_decisions = Table(
    "risk_decisions",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("order_id", BigInteger),
    Column("actor", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("rule", Integer, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("numbers", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Index("risk_decisions_account", "account_id", text("id DESC")),
    Index("risk_decisions_taken", "account_id", "at", postgresql_where=text("(decision <> 'REFUSED'::text)")),
)
