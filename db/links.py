"""Identities at providers, linked to users, and invitations to link one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from db.rows import many, one, value


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A provider's identity that signs in as a user; ``email`` is as the provider told it last."""

    issuer: str
    subject: str
    user_id: int
    email: str
    created_at: datetime
    proved_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An address whose proof will link to a user, once."""

    email: str
    user: str
    invited_by: str
    expires_at: datetime


_LINK = "select issuer, subject, user_id, email, created_at, proved_at from identities "


def find(connection: Connection[Any], issuer: str, subject: str) -> LinkRow | None:
    """The link of that identity, if any."""
    return one(connection, LinkRow, _LINK + "where issuer = %s and subject = %s", (issuer, subject))


def of_user(connection: Connection[Any], user_id: int) -> list[LinkRow]:
    """A user's links, oldest first."""
    return many(connection, LinkRow, _LINK + "where user_id = %s order by created_at, subject", (user_id,))


def insert(connection: Connection[Any], link: LinkRow) -> bool:
    """A new link; False when the identity is linked already, be it to the same user."""
    sql = """insert into identities (issuer, subject, user_id, email, proved_at) values (%s, %s, %s, %s, %s)
             on conflict do nothing returning true"""
    arguments = (link.issuer, link.subject, link.user_id, link.email, link.proved_at)
    return value(connection, sql, arguments) is not None


def use(connection: Connection[Any], issuer: str, subject: str, email: str, proved_at: datetime) -> bool:
    """Take a proof; False when it, or one given later, was taken before."""
    sql = """update identities set proved_at = %s, email = %s
             where issuer = %s and subject = %s and coalesce(proved_at < %s, true) returning true"""
    return value(connection, sql, (proved_at, email, issuer, subject, proved_at)) is not None


def remove(connection: Connection[Any], user_id: int, issuer: str, subject: str) -> bool:
    """Take a link of this user away; False when there is none."""
    sql = "delete from identities where user_id = %s and issuer = %s and subject = %s returning true"
    return value(connection, sql, (user_id, issuer, subject)) is not None


def invite(connection: Connection[Any], email: str, user_id: int, invited_by: str, life: timedelta) -> None:
    """Invite an address; a newer word about the same address replaces the older."""
    connection.execute(
        """insert into invitations (email, user_id, invited_by, expires_at) values (%s, %s, %s, now() + %s)
           on conflict (email) do update set (user_id, invited_by, created_at, expires_at)
               = (excluded.user_id, excluded.invited_by, now(), excluded.expires_at)""",
        (email, user_id, invited_by, life),
    )


def redeem_invitation(connection: Connection[Any], email: str) -> int | None:
    """The user to whom that address may link; the invitation is used up."""
    sql = "delete from invitations where email = %s and expires_at > now() returning user_id"
    found = value(connection, sql, (email,))
    return None if found is None else int(found)


def withdraw(connection: Connection[Any], email: str) -> bool:
    """Take an invitation back; False when there is none."""
    return value(connection, "delete from invitations where email = %s returning true", (email,)) is not None


def invitations(connection: Connection[Any], after: str | None = None, limit: int | None = None) -> list[InvitationRow]:
    """Living invitations by address: all of them, or so many behind an address."""
    sql = """select i.email, u.name as user, i.invited_by, i.expires_at
             from invitations i join users u on u.id = i.user_id
             where i.expires_at > now() and (%s::text is null or i.email > %s) order by i.email limit %s"""
    return many(connection, InvitationRow, sql, (after, after, limit))
