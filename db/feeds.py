"""Credentials of vendors as Postgres holds them: sealed. Every statement that reads one is bounded by its owner."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from db.rows import many, one, value


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """What an owner typed in for a vendor, and the token of the day. ``alive``: the token has not ended yet, by the
    database's clock; ``waits``: a login has come back whose code is not exchanged yet. Who took one and died
    leaves it at that for a minute."""

    vendor: str
    sealed: bytes
    hint: str
    token_sealed: bytes | None
    token_expires_at: datetime | None
    alive: bool
    waits: bool
    refused: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code that a vendor sent by its owner's browser."""

    user_id: int
    vendor: str
    code_sealed: bytes


_CREDENTIALS = """
select c.vendor, c.sealed, c.hint, c.token_sealed, c.token_expires_at,
       coalesce(c.token_expires_at > now(), false) as alive,
       exists (select from feed_logins l where l.user_id = c.user_id and l.vendor = c.vendor
               and (l.code_sealed is not null or l.taken_at > now() - interval '1 minute')) as waits,
       c.refused, c.changed_at
from feed_credentials c where c.user_id = %s order by c.vendor"""


def credentials(connection: Connection[Any], user_id: int) -> list[CredentialRow]:
    """All of one user."""
    return many(connection, CredentialRow, _CREDENTIALS, (user_id,))


def put(connection: Connection[Any], user_id: int, vendor: str, sealed: bytes, hint: str) -> None:
    """What its owner typed in; a token that came by what stood there before is gone."""
    connection.execute(
        "insert into feed_credentials as c (user_id, vendor, sealed, hint) values (%s, %s, %s, %s)"
        " on conflict (user_id, vendor) do update set sealed = excluded.sealed, hint = excluded.hint,"
        " token_sealed = null, token_expires_at = null, refused = null, changed_at = now()",
        (user_id, vendor, sealed, hint),
    )
    _moved(connection, user_id)


def drop(connection: Connection[Any], user_id: int, vendor: str) -> bool:
    """Forget it, with the logins on their way; whether there was one."""
    connection.execute("delete from feed_logins where user_id = %s and vendor = %s", (user_id, vendor))
    gone = connection.execute("delete from feed_credentials where user_id = %s and vendor = %s", (user_id, vendor))
    _moved(connection, user_id)
    return gone.rowcount == 1


def put_token(connection: Connection[Any], user_id: int, vendor: str, sealed: bytes, expires_at: datetime) -> bool:
    """The token of the day; whether there is a credential that it belongs to."""
    done = connection.execute(
        "update feed_credentials set token_sealed = %s, token_expires_at = %s, refused = null, changed_at = now()"
        " where user_id = %s and vendor = %s",
        (sealed, expires_at, user_id, vendor),
    )
    _answered(connection, user_id, vendor)
    _moved(connection, user_id)
    return done.rowcount == 1


def refuse(
    connection: Connection[Any],
    user_id: int,
    vendor: str,
    sentence: str,
    *,
    drop_token: bool,
    version: int | None = None,
) -> None:
    """The vendor let us in no longer, and why; its token is of no more use where it said so.

    ``version`` is the owner's market's when the refused feed was opened: what was stored since then is not what was
    refused, and stays as it is.
    """
    # The row is locked by a statement of its own, so that the next one sees what whoever held it has committed.
    connection.execute("select from feed_credentials where user_id = %s and vendor = %s for update", (user_id, vendor))
    connection.execute(
        "update feed_credentials set refused = %(sentence)s,"
        " token_sealed = case when %(drop)s then null else token_sealed end,"
        " token_expires_at = case when %(drop)s then null else token_expires_at end"
        " where user_id = %(user)s and vendor = %(vendor)s and (%(version)s::bigint is null or exists"
        " (select from markets where owner_id = %(user)s and feed_version = %(version)s))",
        {"sentence": sentence, "drop": drop_token, "user": user_id, "vendor": vendor, "version": version},
    )
    if version is None:
        _answered(connection, user_id, vendor)


def _answered(connection: Connection[Any], user_id: int, vendor: str) -> None:
    """What was taken to the vendor is not on its way any more."""
    connection.execute("update feed_logins set taken_at = null where user_id = %s and vendor = %s", (user_id, vendor))


def _moved(connection: Connection[Any], user_id: int) -> None:
    """Tells the owner's market, if there is one, that its feed must be opened anew."""
    connection.execute("update markets set feed_version = feed_version + 1 where owner_id = %s", (user_id,))


def begin_login(
    connection: Connection[Any], digest: bytes, user_id: int, vendor: str, session_id: UUID, minutes: int
) -> None:
    """A login on its way; those that never came back go at the same time, so that the table stays small."""
    connection.execute("delete from feed_logins where expires_at < now() - interval '1 day'")
    connection.execute(
        "insert into feed_logins (state_sha256, user_id, vendor, session_id, expires_at)"
        " values (%s, %s, %s, %s, now() + make_interval(mins => %s))",
        (digest, user_id, vendor, session_id, minutes),
    )


def end_login(connection: Connection[Any], digest: bytes, session_id: UUID, code_sealed: bytes | None) -> str | None:
    """Use up a living state that this very session began, keeping the code it brought; its vendor, None for any
    other state."""
    found = value(
        connection,
        "update feed_logins set used_at = now(), code_sealed = %s where state_sha256 = %s and session_id = %s"
        " and used_at is null and expires_at > now() returning vendor",
        (code_sealed, digest, session_id),
    )
    return None if found is None else str(found)


def take_code(connection: Connection[Any]) -> CodeRow | None:
    """The oldest code that waits, taken away from there: whoever gets it is the only one, and says by ``put_token`` or
    ``refuse`` what came of it."""
    sql = """
        with next as (
            select state_sha256, user_id, vendor, code_sealed from feed_logins
            where code_sealed is not null order by used_at limit 1 for update skip locked)
        update feed_logins l set code_sealed = null, taken_at = now() from next where l.state_sha256 = next.state_sha256
        returning next.user_id, next.vendor, next.code_sealed"""
    return one(connection, CodeRow, sql)
