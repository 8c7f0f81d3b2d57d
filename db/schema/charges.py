"""Broker plans, and splits and bonuses. The CHECKs are in the SQL files alone."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
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

broker_plans = Table(
    "broker_plans",
    METADATA,
    Column("plan", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("says", Text, nullable=False),
)

account_plans = Table(
    "account_plans",
    METADATA,
    Column("account_id", BigInteger, ForeignKey("accounts.id"), primary_key=True),
    Column("effective_from", Date, primary_key=True),
    Column("plan", Text, ForeignKey("broker_plans.plan"), nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

corporate_actions = Table(
    "corporate_actions",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), nullable=False),
    Column("ex_date", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("becomes", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("new_isin", Text),
    Column("new_lot", Integer),
    Column("new_tick", Integer),
    Column("entered_by", Text, nullable=False),
    Column("entered_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("listed_at", DateTime(timezone=True)),
    UniqueConstraint("instrument_id", "ex_date"),
)

corporate_action_markets = Table(
    "corporate_action_markets",
    METADATA,
    Column("action_id", BigInteger, ForeignKey("corporate_actions.id"), primary_key=True),
    Column("market", Text, ForeignKey("markets.id"), primary_key=True),
    Column("applied_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)
