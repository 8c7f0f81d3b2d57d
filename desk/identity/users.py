"""Users: adding them, and what an administrator may change."""

import re
from dataclasses import dataclass
from typing import Any

from core.reasons import Reason, Refusal
from db import access as access_rows
from db import audit
from db import identity as rows
from db import sessions as session_rows
from db.engine import Database
from db.identity import UserRow
from desk import wallet
from desk.identity import passwords
from desk.remember import forget_all

ROLES = ("trader", "analyst", "admin")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}", re.ASCII)
EMAIL = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,190}", re.ASCII)


@dataclass(frozen=True, slots=True)
class User:
    """What others may know of a user; never the hash."""

    id: int
    name: str
    email: str | None
    display_name: str
    role: str
    active: bool
    must_change_password: bool
    locked: bool


def public(row: UserRow) -> User:
    """A user row without what nobody needs to know."""
    return User(
        row.id,
        row.name,
        row.email,
        row.display_name or row.name,
        row.role,
        row.active,
        row.must_change_password,
        row.locked,
    )


def add_user(
    database: Database,
    name: str,
    role: str,
    *,
    password: str | None = None,
    email: str | None = None,
    display_name: str = "",
    must_change: bool = False,
    cash_paise: int = 0,
    actor: str = "system",
) -> User:
    """A new user, and the account ``NAME/main`` in the running market with ``cash_paise`` deposited.

    A password that must change at first sign-in need not keep the rules; the one that follows must.
    Without a password the user signs in by a link (``password_link``) or an identity provider. Raises
    Refusal: a bad name or role, a name taken, a weak password, no market running yet.
    """
    name = normal_name(name)
    if role not in ROLES:
        raise Refusal(Reason.BAD_INPUT, f"A role is one of {', '.join(ROLES)}.", field="role")
    if password is not None and must_change:
        passwords.check_storable(password)
    elif password is not None:
        passwords.check_rules(password, name)
    email = None if email is None else normal_email(email)
    hashed = None if password is None else passwords.hash_password(password)
    with database.connection() as connection:
        row, account_id = create(
            connection, actor, name, role, hashed, email=email, display_name=display_name, must_change=must_change
        )
    fund(database, actor, name, account_id, cash_paise)
    return public(row)


def create(
    connection: Any, actor: str, name: str, role: str, hashed: str | None, *,
    email: str | None, display_name: str = "", must_change: bool = False,
) -> tuple[UserRow, int | None]:  # fmt: skip
    """A new user and the id of their first account, in the caller's transaction."""
    market = access_rows.running_market(connection)
    if market is None:
        raise Refusal(Reason.MARKET_STOPPED, "No market runs yet. Start Kagaz once, then add users.")
    user_id = rows.insert_user(
        connection, name, role, hashed, email=email, display_name=display_name, must_change=must_change
    )
    if user_id is None:
        raise Refusal(Reason.BAD_INPUT, "That name or address is taken. Choose another.", field="name")
    account_id = access_rows.insert_account(connection, user_id, market[0], "main", market[1])
    audit.append(connection, actor, "USER_ADDED", name, detail={"role": role})
    row = rows.user_by_id(connection, user_id)
    assert row is not None  # inserted a few lines above, in the same transaction
    return row, account_id


def fund(database: Database, actor: str, name: str, account_id: int | None, cash_paise: int) -> None:
    """The first virtual money of a new account."""
    if not cash_paise or account_id is None:
        return
    answer = wallet.deposit(database, actor, account_id, cash_paise, "first-deposit")
    if not answer.ok:
        sentence = f"{name} was added without money: {answer.body['detail']}"
        raise Refusal(Reason(answer.body["reason_code"]), sentence, field="cash")


def normal_name(name: str) -> str:
    """The name as it is stored: lower case. Refuses what cannot be a name."""
    name = name.strip().lower()
    if not NAME.fullmatch(name):
        raise Refusal(
            Reason.BAD_INPUT,
            "A name has 1 to 32 small letters, digits, dots, dashes or underscores, and starts with a "
            "letter or a digit.",
            field="name",
        )
    return name


def normal_email(email: str) -> str:
    """The address as it is stored: small letters. Refuses what cannot be one."""
    email = email.strip().lower()
    if not EMAIL.fullmatch(email):
        raise Refusal(Reason.BAD_INPUT, "An e-mail address is written name@place.", field="email")
    return email


def find(database: Database, name: str) -> User:
    """The user of that name; Refusal NOT_FOUND otherwise."""
    with database.connection() as connection:
        return public(_row(connection, name))


def everyone(database: Database, after: str | None = None, limit: int | None = None) -> list[User]:
    """Users by name, for the administrator's page: all of them, or so many behind a name."""
    with database.connection() as connection:
        return [public(row) for row in rows.users(connection, after, limit)]


def set_role(database: Database, actor: str, name: str, role: str) -> None:
    """Change what a user may do. The last active administrator keeps the role."""
    if role not in ROLES:
        raise Refusal(Reason.BAD_INPUT, f"A role is one of {', '.join(ROLES)}.", field="role")
    with database.connection() as connection:
        row = _guarded(connection, name, keeps=role == "admin")
        rows.set_role(connection, row.id, role)
        detail = {"from": row.role, "to": role}
        audit.append(connection, actor, "ROLE_CHANGED", row.name, user_id=row.id, detail=detail)
    forget_all()


def set_active(database: Database, actor: str, name: str, active: bool) -> None:
    """Let a user in or keep them out; keeping out ends every session and token at once."""
    with database.connection() as connection:
        row = _guarded(connection, name, keeps=active)
        rows.set_active(connection, row.id, active)
        if not active:
            session_rows.revoke_sessions(connection, row.id)
            access_rows.revoke_tokens(connection, row.id)
        audit.append(connection, actor, "USER_ENABLED" if active else "USER_DISABLED", row.name, user_id=row.id)
    forget_all()


def _row(connection: Any, name: str) -> UserRow:
    row = rows.user_by_name(connection, name.strip().lower())
    if row is None:
        raise Refusal(Reason.NOT_FOUND, "There is no user of that name.", field="name")
    return row


def _guarded(connection: Any, name: str, *, keeps: bool) -> UserRow:
    """The user, with all administrators locked; refuses to lose the last of them."""
    administrators = rows.lock_administrators(connection)
    row = _row(connection, name)
    if not keeps and administrators == [row.id]:
        raise Refusal(Reason.FORBIDDEN, "The last administrator stays. Make another one first.", field="name")
    return row
