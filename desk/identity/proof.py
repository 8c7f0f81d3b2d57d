"""Proving a name and a password, and locking out who guesses."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from core.reasons import Reason, Refusal
from db import audit
from db import identity as rows
from db.engine import Database
from db.identity import LOCK_AFTER, LOCK_FOR, UserRow
from desk.identity import passwords
from desk.identity.users import EMAIL, NAME, User, public

_WRONG = "That name and password do not belong together. Check both and try again."
_LOCKED = "Too many wrong passwords for that name. Wait 15 minutes, or ask an administrator for a new link."

Credentials = dict[str, Any]
Prover = Callable[[Credentials, str, str], bool]


def credentials(database: Database, typed_name: str) -> Credentials:
    """streamlit-authenticator's dictionary, holding the one typed name alone.

    A name that nobody has gets a decoy hash: the dictionary looks the same and the check takes as long.
    """
    name = typed_name.strip().lower()
    with database.connection() as connection:
        row = _whose(connection, name)
    return _credentials(name, row)


def _whose(connection: Any, typed: str) -> UserRow | None:
    """The user by name or e-mail address; a text that is neither is not even asked for."""
    if NAME.fullmatch(typed):
        return rows.user_by_name(connection, typed)
    return rows.user_by_email(connection, typed) if EMAIL.fullmatch(typed) else None


def _credentials(name: str, row: UserRow | None) -> Credentials:
    known = row if row is not None and row.active and row.password_hash is not None else None
    return {
        "usernames": {
            name: {
                "email": (known.email or "") if known else "",
                "first_name": (known.display_name or name) if known else name,
                "last_name": "",
                "password": known.password_hash if known else passwords.decoy(),
                "roles": [known.role] if known else [],
                "failed_login_attempts": 0,
                "logged_in": False,
            }
        }
    }


def by_bcrypt(proposed: Credentials, name: str, password: str) -> bool:
    """The plain prover; the sign-in page gives one that asks streamlit-authenticator."""
    return passwords.matches(password, proposed["usernames"][name]["password"])


def check_password(
    database: Database,
    typed_name: str,
    password: str,
    prove: Prover = by_bcrypt,
    *,
    address: str | None = None,
    action: str = "SIGNED_IN",
) -> User:
    """The user whom name (or e-mail address) and password prove. Raises Refusal BAD_CREDENTIALS or LOCKED_OUT.

    The attempt is counted before it is judged, in the database, so that neither parallel guesses nor a
    restart give more than five. Strangers' names take as long, and lock, like real ones.
    """
    name = typed_name.strip().lower()[:255]
    if passwords.too_long(password):
        sentence = f"A password has at most {passwords.LONGEST} bytes. Type a shorter one."
        raise Refusal(Reason.BAD_CREDENTIALS, sentence, field="password")
    with database.connection() as connection:
        row = _whose(connection, name)
        free = rows.count_attempt(connection, row.id) if row else _strangers.count(name)
    if not free:
        raise Refusal(Reason.LOCKED_OUT, _LOCKED, numbers={"seconds": int(LOCK_FOR.total_seconds())})
    proposed = _credentials(name, row)
    readable = "\x00" not in password and password.isprintable()
    proved = prove(proposed, name, password) if readable else by_bcrypt(proposed, name, password)
    if not proved or row is None or not row.active or row.password_hash is None:
        with database.connection() as connection:
            # A text that is no name may not even be storable.
            typed = row.name if row else name if NAME.fullmatch(name) else "?"
            known = row.id if row else None
            detail = {"address": address}
            audit.append(connection, typed, "SIGN_IN_FAILED", typed, user_id=known, detail=detail)
        raise Refusal(Reason.BAD_CREDENTIALS, _WRONG)
    with database.connection() as connection:
        rows.clear_attempts(connection, row.id)
        audit.append(connection, row.name, action, row.name, user_id=row.id, detail={"address": address})
    return public(row)


class _Strangers:
    """Attempts on names that nobody has: they lock as real names do, so that a lockout tells nothing.

    Kept in memory and bounded, because anyone may invent names without end.
    """

    def __init__(self, room: int = 4096) -> None:
        self._room = room
        self._attempts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, name: str) -> bool:
        now = time.monotonic()
        with self._lock:
            attempts, locked_until = self._attempts.pop(name, (0, 0.0))
            if locked_until > now:
                self._attempts[name] = (attempts, locked_until)
                return False
            attempts = 1 if locked_until else attempts + 1
            until = now + LOCK_FOR.total_seconds() if attempts >= LOCK_AFTER else 0.0
            self._attempts[name] = (attempts, until)
            while len(self._attempts) > self._room:
                self._attempts.popitem(last=False)
        return True


_strangers = _Strangers()
