"""API tokens: shown once, kept as digests, limited by scope and perhaps to one account."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.reasons import Reason, Refusal
from db import access as rows
from db import audit
from db.access import TokenRow
from db.engine import Database
from db.identity import lock_user
from desk.access import AccountRef, by_key, require_session
from desk.answers import fingerprint, key_conflict
from desk.identity.sessions import digest
from desk.identity.users import User, find
from desk.principal import Principal
from desk.remember import forget_all

SCOPES = ("read", "trade")
PREFIX = "kagaz_"
MOST = 50
"""Living tokens of one user."""


def active_user(database: Database, name: str) -> User:
    """The user for whom something is made. Raises FORBIDDEN for one who is switched off."""
    user = find(database, name)
    if not user.active:
        raise Refusal(Reason.FORBIDDEN, "This user is switched off. Switch them on first.", field="name")
    return user


def own_account(database: Database, user: User, key: str) -> AccountRef:
    """An account that must be the user's own."""
    account = by_key(database, key)
    if account.user_id != user.id:
        raise Refusal(Reason.UNKNOWN_ACCOUNT, "This user has no such account.", field="account")
    return account


def create_token(
    database: Database,
    actor: str,
    user_name: str,
    account_key: str | None = None,
    *,
    name: str = "",
    scopes: tuple[str, ...] = SCOPES,
    expires_at: datetime | None = None,
) -> tuple[str, int]:
    """A new token and its id; the token is told here and never again.

    With ``account_key`` the token reaches that account alone, which must be the user's own.
    """
    user = active_user(database, user_name)
    terms = _terms(database, user, account_key, name, scopes)
    with database.connection() as connection:
        return _make(connection, actor, user, terms, expires_at, None)


def create_token_once(
    database: Database,
    principal: Principal,
    key: str | None,
    account_key: str | None = None,
    *,
    name: str,
    scopes: tuple[str, ...],
    days: int | None,
) -> tuple[str | None, TokenRow]:
    """A new token of one's own and its row. A request that is repeated with its ``key`` makes no second one: its token
    is then None, because it was told before and is kept nowhere. Raises KEY_CONFLICT where the key was another
    request's."""
    user = active_user(database, principal.name)
    terms = _terms(database, user, account_key, name, scopes)
    asked = fingerprint("token", account_key, name, terms.scopes, days)
    with database.connection() as connection:
        lock_user(connection, user.id)
        token, token_id = None, made_before(connection, user.id, key, asked)
        if token_id is None:
            ends = None if days is None else datetime.now(UTC) + timedelta(days=days)
            token, token_id = _make(connection, user.name, user, terms, ends, None if key is None else (key, asked))
        row = rows.token_row(connection, token_id)
    assert row is not None  # made above, or kept with its key: tokens are ended and not erased
    return token, row


def made_before(connection: Any, user_id: int, key: str | None, asked: str) -> int | None:
    """The token that a user's request with this key and hash made, None where it made none yet. Raises KEY_CONFLICT
    where the key was another request's."""
    known = None if key is None else rows.token_asked_for(connection, user_id, key)
    if known is None:
        return None
    if known[1] != asked:
        raise key_conflict()
    return known[0]


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a token may do, checked."""

    name: str
    scopes: list[str]
    account: AccountRef | None


def _terms(database: Database, user: User, account_key: str | None, name: str, scopes: tuple[str, ...]) -> _Terms:
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Refusal(Reason.BAD_INPUT, "Scopes are read and trade.", field="scopes")
    if len(name) > 64 or not name.isprintable():
        raise Refusal(Reason.BAD_INPUT, "A token's name has at most 64 printable letters.", field="name")
    account = None if account_key is None else own_account(database, user, account_key)
    return _Terms(name, [scope for scope in SCOPES if scope in scopes], account)


def _make(
    connection: Any, actor: str, user: User, terms: _Terms, expires_at: datetime | None, request: tuple[str, str] | None
) -> tuple[str, int]:
    lock_user(connection, user.id)
    if len(rows.tokens_of(connection, user.id)) >= MOST:
        sentence = f"A user has at most {MOST} tokens. Revoke one that is not used any more."
        raise Refusal(Reason.BAD_INPUT, sentence, field="name")
    token, account = PREFIX + secrets.token_urlsafe(32), terms.account
    token_id = rows.insert_token(
        connection, digest(token), user.id, account.id if account else None, terms.name, terms.scopes, expires_at,
        request=request,
    )  # fmt: skip
    detail = {"token": token_id, "name": terms.name, "scopes": terms.scopes, "account": account and account.key}
    audit.append(connection, actor, "TOKEN_MADE", user.name, user_id=user.id, detail=detail)
    return token, token_id


def tokens(
    database: Database, principal: Principal, before: int | None = None, limit: int | None = None
) -> list[TokenRow]:
    """One's living tokens, newest first, perhaps so many below an id; never the token itself."""
    with database.connection() as connection:
        return rows.tokens_of(connection, principal.user_id, before, limit)


def revoke_token(database: Database, principal: Principal, token_id: int) -> None:
    """End one of one's own tokens; another's is not found. A token may end itself alone."""
    if principal.token_id != token_id:
        require_session(principal)
    with database.connection() as connection:
        if not rows.revoke_token(connection, token_id, principal.user_id):
            raise Refusal(Reason.NOT_FOUND, "There is no such token.", field="token")
        detail = {"token": token_id}
        name, user_id = principal.name, principal.user_id
        audit.append(connection, name, "TOKEN_ENDED", name, user_id=user_id, detail=detail)
    forget_all()
