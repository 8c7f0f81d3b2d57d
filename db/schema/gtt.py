"""GTTs and baskets. The CHECKs are in the SQL files alone."""

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
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from db.schema.metadata import METADATA

gtts = Table(
    "gtts",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), nullable=False),
    Column("parent_id", BigInteger, ForeignKey("orders.id")),
    Column("cover", Boolean, nullable=False, server_default=text("false")),
    Column("status", Text, nullable=False),
    Column("last_price", Integer, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("reason_code", Integer),
    Column("reason", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("events", Integer, nullable=False, server_default=text("0")),
    Column("version", BigInteger, nullable=False),
    Column("carried", Integer, nullable=False, server_default=text("0")),
    Index(
        "gtts_live",
        "account_id",
        postgresql_where=text("(status = ANY (ARRAY['ACTIVE'::text, 'DISABLED'::text]))"),
    ),
    Index(
        "gtts_expiry",
        "expires_on",
        postgresql_where=text("(status = ANY (ARRAY['ACTIVE'::text, 'DISABLED'::text]))"),
    ),
    Index("gtts_updated", "account_id", "updated_at"),
    Index("gtts_changed", "account_id", "version"),
    Index("gtts_account", "account_id", text("id DESC NULLS LAST")),
    Index(
        "gtts_attached",
        "id",
        postgresql_where=text("((parent_id IS NOT NULL) AND (status = 'ACTIVE'::text))"),
    ),
    Index("gtts_parent", "parent_id", unique=True, postgresql_where=text("(parent_id IS NOT NULL)")),
)

gtt_legs = Table(
    "gtt_legs",
    METADATA,
    Column("gtt_id", BigInteger, ForeignKey("gtts.id"), primary_key=True),
    Column("leg", SmallInteger, primary_key=True),
    Column("side", Text, nullable=False),
    Column("order_type", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("trigger_price", Integer, nullable=False),
    Column("price", Integer, nullable=False),
    Column("above", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("order_id", BigInteger, ForeignKey("orders.id")),
    Column("reason_code", Integer),
    Column("reason", Text),
    UniqueConstraint("order_id"),
)

gtt_events = Table(
    "gtt_events",
    METADATA,
    Column("gtt_id", BigInteger, ForeignKey("gtts.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("event", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason_code", Integer),
    Column("reason", Text),
    Column("leg", SmallInteger),
    Column("price", Integer),
    Column("terms", JSONB, nullable=False),
)

gtt_changes = Table(
    "gtt_changes",
    METADATA,
    Column("market", Text, nullable=False),
    Column("gtt_id", BigInteger, nullable=False),
)

baskets = Table(
    "baskets",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    UniqueConstraint("user_id", "name"),
)

basket_requests = Table(
    "basket_requests",
    METADATA,
    Column("user_id", BigInteger, ForeignKey("users.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("basket_id", BigInteger, ForeignKey("baskets.id", ondelete="CASCADE"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Index("basket_requests_basket", "basket_id"),
    Index("basket_requests_age", "at", postgresql_using="brin"),
)

basket_legs = Table(
    "basket_legs",
    METADATA,
    Column("basket_id", BigInteger, ForeignKey("baskets.id", ondelete="CASCADE"), primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), nullable=False),
    Column("side", Text, nullable=False),
    Column("order_type", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("validity", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price", Integer, nullable=False, server_default=text("0")),
    Column("trigger_price", Integer, nullable=False, server_default=text("0")),
)
