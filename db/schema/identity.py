"""Who may sign in, and what they did. The CHECKs are in the SQL files alone."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
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
from sqlalchemy.dialects.postgresql import JSONB

from db.schema.metadata import METADATA

users = Table(
    "users",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("display_name", Text, nullable=False, server_default=text("''::text")),
    Column("password_hash", Text),
    Column("role", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("must_change_password", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    UniqueConstraint("email"),
    UniqueConstraint("name"),
)

identities = Table(
    "identities",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("email", Text, nullable=False, server_default=text("''::text")),
    Column("proved_at", DateTime(timezone=True)),
    Index("identities_user", "user_id"),
)

invitations = Table(
    "invitations",
    METADATA,
    Column("email", Text, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("invited_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("invitations_user", "user_id"),
)

guesses = Table(
    "guesses",
    METADATA,
    Column("key_sha256", LargeBinary, primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("locked_until", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("guesses_end", "expires_at"),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("public_id", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("last_seen_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("address", Text),
    Column("agent", Text),
    Column("revoked_at", DateTime(timezone=True)),
    UniqueConstraint("public_id"),
    Index("sessions_user", "user_id", postgresql_where=text("(revoked_at IS NULL)")),
)

one_time_codes = Table(
    "one_time_codes",
    METADATA,
    Column("code_sha256", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("user_id", BigInteger, ForeignKey("users.id"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
)

audit = Table(
    "audit",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("user_id", BigInteger, ForeignKey("users.id")),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default=text("''::text")),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Index("audit_at", text("at DESC")),
    Index("audit_action", "action", text("id DESC")),
    Index("audit_actor", "actor", text("id DESC")),
)
