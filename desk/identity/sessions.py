"""Sessions behind an opaque cookie, and the one-time code that starts one."""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from core.reasons import Reason, Refusal
from db import access as access_rows
from db import audit
from db import identity as rows
from db import sessions as session_rows
from db.access import PrincipalRow
from db.engine import Database
from db.sessions import SessionRow
from desk.identity.users import find
from desk.principal import Principal
from desk.remember import foresee as foresee_all
from desk.remember import forget_all, remembered

COOKIE = "kagaz_session"
SECURE_COOKIE = "__Host-kagaz_session"
SESSION_LIFE = timedelta(hours=8)
CODE_LIFE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class NewSession:
    """``cookie`` is told once, here; only its digest is kept."""

    cookie: str
    principal: Principal


def cookie_name(*, secure: bool) -> str:
    """The cookie's name. Over https it has a prefix that browsers take from this very host and encrypted alone,
    so that neither a neighbouring subdomain nor a network in between can plant one."""
    return SECURE_COOKIE if secure else COOKIE


def digest(secret: str) -> bytes:
    """SHA-256 of a cookie, code or token: they are 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def session_code(database: Database, user_id: int) -> str:
    """A code that turns a proven sign-in into a cookie: once, within 60 seconds."""
    code = secrets.token_urlsafe(32)
    with database.connection() as connection:
        session_rows.insert_code(connection, digest(code), "SESSION", user_id, CODE_LIFE)
    return code


def start_session(database: Database, code: str, address: str | None = None, agent: str | None = None) -> NewSession:
    """Exchange a code for a session. Refuses a used, expired or invented code with SIGN_IN."""
    with database.connection() as connection:
        user_id = session_rows.redeem_code(connection, digest(code), "SESSION")
        if user_id is None:
            raise Refusal(Reason.SIGN_IN, "This sign-in code was used or is too old. Sign in again.", field="code")
        return _open(connection, user_id, address, agent)


def open_session(database: Database, user_id: int, address: str | None = None, agent: str | None = None) -> NewSession:
    """A session without a cookie exchange, for hosts where our routes cannot be reached.

    The caller keeps ``cookie`` in memory for as long as the page lives.
    """
    with database.connection() as connection:
        return _open(connection, user_id, address, agent)


def _open(connection: Any, user_id: int, address: str | None, agent: str | None) -> NewSession:
    cookie = secrets.token_urlsafe(32)
    user = rows.user_by_id(connection, user_id)
    if user is None or not user.active:
        raise Refusal(Reason.SIGN_IN, "This user may not sign in. Ask an administrator.")
    agent = "".join(letter for letter in agent[:200] if " " <= letter <= "~") if agent else None
    row = session_rows.insert_session(connection, digest(cookie), user_id, SESSION_LIFE, address, agent)
    audit.append(connection, user.name, "SESSION_STARTED", str(row.public_id), user_id=user_id)
    found = access_rows.principal_by_session(connection, digest(cookie))
    if found is None:
        raise Refusal(Reason.SIGN_IN, "The session ended as it began. Sign in again.")
    return NewSession(cookie, principal_of(found))


def principal_from_cookie(database: Database, cookie: str) -> Principal | None:
    """Who holds this cookie, or None: unknown, revoked, expired, or the user is switched off."""
    return who(database, "cookie", cookie, access_rows.principal_by_session)


def principal_from_token(database: Database, token: str) -> Principal | None:
    """Who holds this API token, or None."""
    return who(database, "token", token, access_rows.principal_by_token)


def who(
    database: Database, kind: str, secret: str, look: Callable[[Any, bytes], PrincipalRow | None]
) -> Principal | None:
    """Who holds a secret of that kind, by a look at its digest that is remembered for a second."""
    if not good_length(secret):
        return None
    hashed = digest(secret)

    def ask() -> Principal | None:
        with database.autocommit() as connection:
            row = look(connection, hashed)
            note_use(connection, () if row is None else (row,))
        return None if row is None else principal_of(row)

    return remembered(database, (kind, hashed), ask)


def foresee(database: Database, tokens: Sequence[str], cookies: Sequence[str]) -> None:
    """Look at many tokens and cookies at once, so that ``principal_from_token`` and ``principal_from_cookie`` need not
    ask for each of them in the next second."""
    kinds = (("token", tokens, access_rows.principals_by_token), ("cookie", cookies, access_rows.principals_by_session))
    for kind, given, look in kinds:
        _foresee(database, kind, given, look)


def _foresee(
    database: Database,
    kind: str,
    given: Sequence[str],
    look: Callable[[Any, Sequence[bytes]], dict[bytes, PrincipalRow]],
) -> None:
    def ask(keys: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes], Principal | None]:
        with database.autocommit() as connection:
            found = look(connection, [hashed for _, hashed in keys])
            note_use(connection, found.values())
        return {key: principal_of(found[key[1]]) if key[1] in found else None for key in keys}

    foresee_all(database, [(kind, digest(each)) for each in given if good_length(each)], ask)


def note_use(connection: Any, found: Iterable[PrincipalRow]) -> None:
    """Note the use of those whose last one was noted a minute ago or more."""
    stale = [each for each in found if each.stale]
    if stale:
        access_rows.note_use(connection, stale)


def good_length(secret: str) -> bool:
    """Whether it may be one of ours at all: what is not asks the database nothing."""
    return 20 <= len(secret) <= 200


def principal_of(row: PrincipalRow) -> Principal:
    """A row as the desk knows who asks."""
    return Principal(
        row.user_id,
        row.name,
        row.role,
        None if row.public_id is None else str(row.public_id),
        row.token_id,
        row.account_id,
        tuple(row.scopes),
        row.expires_at,
        row.must_change_password,
    )


def still_valid(database: Database, principal: Principal) -> bool:
    """Whether this principal's session or token still opens the door; at most a second old."""
    public_id = None if principal.session_public_id is None else UUID(principal.session_public_id)

    def ask() -> bool:
        with database.connection() as connection:
            return access_rows.still_valid(connection, public_id, principal.token_id)

    return remembered(database, ("valid", public_id, principal.token_id), ask)


def sessions(database: Database, principal: Principal) -> list[SessionRow]:
    """The principal's living sessions, newest first."""
    with database.connection() as connection:
        return session_rows.sessions_of(connection, principal.user_id)


def revoke_session(database: Database, principal: Principal, public_id: str) -> None:
    """End one of one's own sessions; another's is not found."""
    try:
        known = UUID(public_id)
    except ValueError:
        known = UUID(int=0)
    with database.connection() as connection:
        if not session_rows.revoke_session(connection, known, principal.user_id):
            raise Refusal(Reason.NOT_FOUND, "There is no such session.", field="session")
        audit.append(connection, principal.name, "SESSION_ENDED", str(known), user_id=principal.user_id)
    forget_all()


def revoke_others(database: Database, principal: Principal) -> int:
    """End every session of one's own but this one; returns how many."""
    return revoke_all(database, principal.name, principal.name, but=principal.session_public_id)


def revoke_all(database: Database, actor: str, name: str, but: str | None = None) -> int:
    """End every session of a user, but the one named if any; returns how many."""
    user = find(database, name)
    with database.connection() as connection:
        ended = session_rows.revoke_sessions(connection, user.id, UUID(but) if but else None)
        audit.append(connection, actor, "SESSIONS_ENDED", user.name, user_id=user.id, detail={"count": ended})
    forget_all()
    return ended
