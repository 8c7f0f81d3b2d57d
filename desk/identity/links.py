"""Setting a password: by a one-time link, or by knowing the old one; and lifting a lockout."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from core.reasons import Reason, Refusal
from db import audit
from db import identity as rows
from db import sessions as session_rows
from db.engine import Database
from desk.identity import passwords
from desk.identity.confirming import confirm_anew
from desk.identity.proof import forget_guesses
from desk.identity.sessions import digest
from desk.identity.users import User, find, public
from desk.principal import Principal
from desk.remember import forget_all

LINK_LIFE = timedelta(hours=1)


def password_link(database: Database, actor: str, name: str, base: str) -> str:
    """A link, good once and for an hour, by which the user sets a password; older links end."""
    user = find(database, name)
    code = secrets.token_urlsafe(32)
    with database.connection() as connection:
        session_rows.void_codes(connection, user.id, "PASSWORD")
        session_rows.insert_code(connection, digest(code), "PASSWORD", user.id, LINK_LIFE)
        audit.append(connection, actor, "PASSWORD_LINK", user.name, user_id=user.id)
    return f"{base.rstrip('/')}/?set_password={code}"


def link_owner(database: Database, code: str) -> User | None:
    """Whose a living password link is, for the form that it opens."""
    with database.connection() as connection:
        user_id = session_rows.code_owner(connection, digest(code), "PASSWORD")
        row = None if user_id is None else rows.user_by_id(connection, user_id)
    return public(row) if row is not None and row.active else None


def set_password_by_link(database: Database, code: str, password: str) -> User:
    """Set a password with a link: the link is used up, every session of the user ends."""
    owner = link_owner(database, code)
    if owner is None:
        raise Refusal(Reason.SIGN_IN, "This link was used or is too old. Ask for a new one.", field="code")
    passwords.check_rules(password, owner.name)
    hashed = passwords.hash_password(password)
    with database.connection() as connection:
        if session_rows.redeem_code(connection, digest(code), "PASSWORD") is None:
            raise Refusal(Reason.SIGN_IN, "This link was used meanwhile. Ask for a new one.", field="code")
        _set_password(connection, owner.name, owner, hashed, None)
    forget_all()
    return owner


def change_password(database: Database, principal: Principal, old: str, new: str) -> None:
    """A new password for who knows the old one; their other sessions end, this one stays.

    Who has none yet, because they came by an identity provider, sets the first one soon after signing in.
    """
    confirm_anew(database, principal, old)
    user = find(database, principal.name)
    passwords.check_rules(new, user.name)
    if new == old:
        raise Refusal(Reason.BAD_INPUT, "The new password is the old one. Choose another.", field="password")
    hashed = passwords.hash_password(new)
    keep = None if principal.session_public_id is None else UUID(principal.session_public_id)
    with database.connection() as connection:
        _set_password(connection, principal.name, user, hashed, keep)
    forget_all()


def unlock(database: Database, actor: str, name: str) -> None:
    """Lift a lockout."""
    user = find(database, name)
    with database.connection() as connection:
        forget_guesses(connection, user)
        audit.append(connection, actor, "USER_UNLOCKED", user.name, user_id=user.id)


def _set_password(connection: Any, actor: str, user: User, hashed: str, keep: UUID | None) -> None:
    """A new password also lifts a lockout: who may set it has proved more than a guesser can."""
    rows.set_password(connection, user.id, hashed, must_change=False)
    forget_guesses(connection, user)
    session_rows.void_codes(connection, user.id, "PASSWORD")
    ended = session_rows.revoke_sessions(connection, user.id, keep)
    detail = {"sessions_ended": ended}
    audit.append(connection, actor, "PASSWORD_CHANGED", user.name, user_id=user.id, detail=detail)
