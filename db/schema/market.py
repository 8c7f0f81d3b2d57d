"""Instruments, calendars, markets, and what a market prints. The CHECKs are in the SQL files alone."""

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
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Time,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from db.schema.metadata import METADATA

instruments = Table(
    "instruments",
    METADATA,
    Column("id", Integer, Identity(), primary_key=True),
    Column("exchange", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("underlying_id", Integer, ForeignKey("instruments.id")),
    Column("isin", Text),
    Column("sector", Text),
    Column("expiry", Date),
    Column("strike", BigInteger),
    Column("listed_from", Date, nullable=False),
    Column("listed_to", Date),
    Column("fee_group", Text),
    Column("house", Boolean, nullable=False, server_default=text("true")),
    Column("changed", BigInteger, nullable=False, server_default=text("((pg_current_xact_id())::text)::bigint")),
    UniqueConstraint("exchange", "symbol"),
    Index("instruments_isin", "isin", postgresql_where=text("(isin IS NOT NULL)")),
    Index(
        "instruments_underlying",
        "underlying_id",
        "expiry",
        postgresql_where=text("(underlying_id IS NOT NULL)"),
    ),
)

instrument_terms = Table(
    "instrument_terms",
    METADATA,
    Column("instrument_id", Integer, ForeignKey("instruments.id"), primary_key=True),
    Column("effective_from", Date, primary_key=True),
    Column("lot", Integer, nullable=False),
    Column("tick", Integer, nullable=False),
    Column("freeze_quantity", Integer, nullable=False),
    Column("changed", BigInteger, nullable=False, server_default=text("((pg_current_xact_id())::text)::bigint")),
)

instrument_keys = Table(
    "instrument_keys",
    METADATA,
    Column("vendor", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("since", Date, primary_key=True),
    Column("until", Date),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), nullable=False),
    Index("instrument_keys_now", "vendor", "key", unique=True, postgresql_where=text("(until IS NULL)")),
    Index(
        "instrument_keys_instrument", "instrument_id", "vendor", unique=True, postgresql_where=text("(until IS NULL)")
    ),
)

master_loads = Table(
    "master_loads",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("vendor", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("loaded_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("actor", Text, nullable=False),
    Column("report", JSONB, nullable=False),
)

calendar_days = Table(
    "calendar_days",
    METADATA,
    Column("exchange", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("opens", Time),
    Column("closes", Time),
)

master_version = Table(
    "master_version",
    METADATA,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("seeded", Text, nullable=False, server_default=text("''::text")),
)

charge_rates = Table(
    "charge_rates",
    METADATA,
    Column("effective_from", Date, primary_key=True),
    Column("plan", Text, primary_key=True),
    Column("segment", Text, primary_key=True),
    Column("rates", JSONB, nullable=False),
)

markets = Table(
    "markets",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("feed", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("running", Boolean, nullable=False, server_default=text("false")),
    Column("phase", Text, nullable=False, server_default=text("'STARTING'::text")),
    Column("trading_date", Date, nullable=False),
    Column("exchange_time", DateTime(timezone=True)),
    Column("frame", BigInteger, nullable=False, server_default=text("0")),
    Column("frame_at", DateTime(timezone=True)),
    Column("risk_snapshot_id", BigInteger, ForeignKey("risk_snapshots.id", use_alter=True)),
    Column("feed_state", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("resume", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("owner_id", BigInteger, ForeignKey("users.id")),
    Column("backup", Text),
    Column("feed_version", BigInteger, nullable=False, server_default=text("0")),
    Column("recording", Boolean, nullable=False, server_default=text("false")),
    Column("shown_to", BigInteger, ForeignKey("users.id")),
    Column("quotes_frame", BigInteger),
    Column("bands_version", BigInteger, nullable=False, server_default=text("0")),
    Column("halts", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Index("markets_owner", "owner_id", unique=True, postgresql_where=text("(owner_id IS NOT NULL)")),
)

market_days = Table(
    "market_days",
    METADATA,
    Column("market", Text, ForeignKey("markets.id"), primary_key=True),
    Column("trading_date", Date, primary_key=True),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), primary_key=True),
    Column("prev_close", Integer, nullable=False),
    Column("lower_band", Integer),
    Column("upper_band", Integer),
    Column("settlement", Integer),
    Column("reference", Integer),
)

auctions = Table(
    "auctions",
    METADATA,
    Column("market", Text, ForeignKey("markets.id"), primary_key=True),
    Column("trading_date", Date, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), primary_key=True),
    Column("price", Integer),
    Column("quantity", BigInteger, nullable=False),
    Column("frame", BigInteger, nullable=False),
    Column("exchange_time", DateTime(timezone=True), nullable=False),
    Column("last_price", Integer, nullable=False),
    Column("shares", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("struck_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

risk_snapshots = Table(
    "risk_snapshots",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("market", Text, ForeignKey("markets.id"), nullable=False),
    Column("trading_date", Date, nullable=False),
    Column("slot", Text, nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("exchange_time", DateTime(timezone=True)),
    Column("ahead", ARRAY(Date), nullable=False, server_default=text("'{}'::date[]")),
    UniqueConstraint("market", "trading_date", "slot"),
)

risk_prices = Table(
    "risk_prices",
    METADATA,
    Column("snapshot_id", BigInteger, ForeignKey("risk_snapshots.id"), primary_key=True),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), primary_key=True),
    Column("price", BigInteger, nullable=False),
    Column("volatility_bp", Integer, nullable=False, server_default=text("0")),
    Column("rate_bp", Integer, nullable=False, server_default=text("0")),
)

tape = Table(
    "tape",
    METADATA,
    Column("market", Text, nullable=False),
    Column("frame", BigInteger, nullable=False),
    Column("exchange_time", DateTime(timezone=True), nullable=False),
    Column("stored_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("levels", SmallInteger, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("tape_market_frame", "market", "frame"),
    postgresql_partition_by="RANGE (stored_at)",
)

quotes = Table(
    "quotes",
    METADATA,
    Column("market", Text, primary_key=True),
    Column("instrument_id", Integer, primary_key=True),
    Column("frame", BigInteger, nullable=False),
    Column("exchange_time", DateTime(timezone=True), nullable=False),
    Column("stored_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("last_price", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("high", Integer, nullable=False),
    Column("low", Integer, nullable=False),
    Column("prev_close", Integer, nullable=False),
    Column("volume", BigInteger, nullable=False),
    Column("oi", BigInteger, nullable=False),
    Column("bids", ARRAY(Integer), nullable=False),
    Column("asks", ARRAY(Integer), nullable=False),
    prefixes=["UNLOGGED"],
)

candles = Table(
    "candles",
    METADATA,
    Column("market", Text, primary_key=True),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("start", DateTime(timezone=True), primary_key=True),
    Column("open", Integer, nullable=False),
    Column("high", Integer, nullable=False),
    Column("low", Integer, nullable=False),
    Column("close", Integer, nullable=False),
    Column("volume", BigInteger, nullable=False),
    Column("oi", BigInteger, nullable=False),
    Column("filled", Boolean, nullable=False, server_default=text("false")),
)

leader = Table(
    "leader",
    METADATA,
    Column("market", Text, ForeignKey("markets.id"), primary_key=True),
    Column("term", BigInteger, nullable=False, server_default=text("0")),
    Column("holder", Text, nullable=False, server_default=text("''::text")),
    Column("backend_pids", ARRAY(Integer), nullable=False, server_default=text("'{}'::integer[]")),
    Column("taken_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("first_frame", BigInteger),
)

heartbeats = Table(
    "heartbeats",
    METADATA,
    Column("process", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("market", Text),
    Column("pid", Integer, nullable=False),
    Column("term", BigInteger),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("beat_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
)

job_runs = Table(
    "job_runs",
    METADATA,
    Column("market", Text, ForeignKey("markets.id"), primary_key=True),
    Column("job", Text, primary_key=True),
    Column("trading_date", Date, primary_key=True),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("finished_at", DateTime(timezone=True)),
    Column("late", Boolean, nullable=False, server_default=text("false")),
    Column("late_ms", BigInteger, nullable=False, server_default=text("0")),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("error", Text),
)
