"""Programs with keys, and their logins. The CHECKs are in the SQL files alone."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from db.schema.metadata import METADATA

apps = Table(
    "apps",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("key_sha256", LargeBinary, nullable=False),
    Column("key_hint", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("redirect_url", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("revoked_at", DateTime(timezone=True)),
    Column("scopes", ARRAY(Text), nullable=False, server_default=text("'{read,trade}'::text[]")),
    UniqueConstraint("key_sha256"),
    Index("apps_user", "user_id", postgresql_where=text("(revoked_at IS NULL)")),
)

app_logins = Table(
    "app_logins",
    METADATA,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("app_id", BigInteger, ForeignKey("apps.id"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
)
