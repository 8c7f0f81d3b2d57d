"""Who else may read an account: its owner lets them, by name, and takes it back."""

from typing import Any

from core.reasons import Reason, Refusal
from db import access as rows
from db import audit
from db import identity as users
from db.engine import Database
from db.identity import UserRow
from desk.access import AccountRef, account, require_session, require_write
from desk.principal import Principal
from desk.remember import forget_all


def share(database: Database, principal: Principal, key: str, reader: str) -> None:
    """Let another user read one's account; an administrator may share any. No token shares: a leaked one would give
    its owner's book to the thief."""
    found = _own(database, principal, key)
    if found.live:
        sentence = "A vendor's prices may be shown to the holder of its account alone: a book with them is not shared."
        raise Refusal(Reason.FORBIDDEN, sentence, field="account")
    require_session(principal)
    let_in(database, found, reader, principal.user_id, principal.name)


def let_in(database: Database, found: AccountRef, reader: str, by_id: int, by_name: str) -> None:
    """Write that a user may read an account, in somebody's name, whoever asks: for the installation."""
    with database.connection() as connection:
        user = _user(connection, reader)
        if user.id == found.user_id:
            raise Refusal(Reason.BAD_INPUT, "That is the book's owner, who reads it already.", field="name")
        rows.share(connection, found.id, user.id, by_id)
        _note(connection, "ACCOUNT_SHARED", found, user, by_id, by_name)
    forget_all()


def unshare(database: Database, principal: Principal, key: str, reader: str) -> None:
    """Take a share back."""
    found = _own(database, principal, key)
    with database.connection() as connection:
        user = _user(connection, reader)
        rows.unshare(connection, found.id, user.id)
        _note(connection, "ACCOUNT_UNSHARED", found, user, principal.user_id, principal.name)
    forget_all()


def shared_with(database: Database, principal: Principal, key: str, after: str | None, limit: int) -> list[str]:
    """The names of those who may read an account, so many behind a name."""
    found = account(database, principal, key)
    with database.connection() as connection:
        return rows.sharers(connection, found.id, after, limit)


def readers(database: Database, principal: Principal) -> list[tuple[str, str]]:
    """(Key of an account, name) of all who may read accounts of one's own."""
    with database.connection() as connection:
        found = rows.readers(connection, principal.user_id)
    return [(f"{principal.name}/{account}", reader) for account, reader in found]


def _own(database: Database, principal: Principal, key: str) -> AccountRef:
    require_write(principal)
    found = account(database, principal, key)
    if found.user_id != principal.user_id and not principal.is_admin:
        raise Refusal(Reason.FORBIDDEN, "Only its owner shares an account.", field="account")
    return found


def _user(connection: Any, name: str) -> UserRow:
    found = users.user_by_name(connection, name.strip().lower())
    if found is None:
        raise Refusal(Reason.NOT_FOUND, "There is no user of that name.", field="name")
    return found


def _note(connection: Any, action: str, found: AccountRef, reader: UserRow, by_id: int, by_name: str) -> None:
    audit.append(connection, by_name, action, found.key, user_id=by_id, detail={"reader": reader.name})
