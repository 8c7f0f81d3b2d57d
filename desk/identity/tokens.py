"""API tokens: shown once, kept as digests, limited by scope and perhaps to one account."""

import secrets
from datetime import datetime

from core.reasons import Reason, Refusal
from db import access as rows
from db import audit
from db.access import TokenRow
from db.engine import Database
from desk.access import AccountRef, by_key
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
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Refusal(Reason.BAD_INPUT, "Scopes are read and trade.", field="scopes")
    if len(name) > 64 or not name.isprintable():
        raise Refusal(Reason.BAD_INPUT, "A token's name has at most 64 printable letters.", field="name")
    account = None if account_key is None else own_account(database, user, account_key)
    token = PREFIX + secrets.token_urlsafe(32)
    wanted = [scope for scope in SCOPES if scope in scopes]
    with database.connection() as connection:
        if len(rows.tokens_of(connection, user.id)) >= MOST:
            sentence = f"A user has at most {MOST} tokens. Revoke one that is not used any more."
            raise Refusal(Reason.BAD_INPUT, sentence, field="name")
        token_id = rows.insert_token(
            connection, digest(token), user.id, account.id if account else None, name, wanted, expires_at
        )
        detail = {"token": token_id, "name": name, "scopes": wanted, "account": account and account.key}
        audit.append(connection, actor, "TOKEN_MADE", user.name, user_id=user.id, detail=detail)
    return token, token_id


def tokens(database: Database, principal: Principal) -> list[TokenRow]:
    """One's living tokens, newest first; never the token itself."""
    with database.connection() as connection:
        return rows.tokens_of(connection, principal.user_id)


def require_session(principal: Principal) -> None:
    """Refuse a token where only who is signed in may act: a leaked token must not make itself another."""
    if principal.session_public_id is None:
        raise Refusal(
            Reason.FORBIDDEN, "A token may not do this: it takes the session of somebody who signed in on the page."
        )


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
