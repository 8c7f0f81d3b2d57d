"""Positions that change their product. The CHECKs are in the SQL files alone."""

from sqlalchemy import BigInteger, Column, Date, DateTime, ForeignKey, Index, Integer, Table, Text

from db.schema.metadata import METADATA

conversions = Table(
    "conversions",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("instrument_id", Integer, ForeignKey("instruments.id"), nullable=False),
    Column("from_product", Text, nullable=False),
    Column("to_product", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("mark", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("converted_at", DateTime(timezone=True), nullable=False),
    Column("trading_date", Date, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("conversions_account_day", "account_id", "trading_date"),
)
