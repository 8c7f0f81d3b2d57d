"""Proving a name and a password, and locking out who guesses.

A name that nobody has is counted, locked and answered as a real one: neither the words nor the time of an
answer tell who exists.
"""

import ipaddress
from collections.abc import Callable
from typing import Any

from core.reasons import Reason, Refusal
from db import audit, guesses
from db import identity as rows
from db.engine import Database
from db.guesses import LOCK_FOR
from db.identity import UserRow
from desk.identity import passwords
from desk.identity.users import EMAIL, NAME, User, public

LOCK_AFTER = 5
"""Wrong passwords for one name before it is locked."""
ADDRESS_AFTER = 50
"""Wrong passwords from one address before it is locked: a whole office may sit behind one."""
_WRONG = "That name and password do not belong together. Check both and try again."
_LOCKED = "Too many wrong passwords for that name. Wait 15 minutes, or ask an administrator for a new link."
_ADDRESS_LOCKED = "Too many wrong passwords came from your network. Wait 15 minutes and try again."

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
    database: Database, typed_name: str, password: str, prove: Prover = by_bcrypt, *, address: str | None = None
) -> User:
    """The user whom name (or e-mail address) and password prove. Raises Refusal BAD_CREDENTIALS or LOCKED_OUT.

    The attempt is counted before it is judged, in the database, so that neither parallel guesses nor a
    restart give more than five.
    """
    name = typed_name.strip().lower()[:255]
    _check_length(password)
    named, placed = guesses.key("name", name), address_key(address)
    with database.connection() as connection:
        guesses.sweep(connection)
        row = _whose(connection, name)
        if placed is not None and not guesses.count(connection, placed, ADDRESS_AFTER):
            raise _locked_out(_ADDRESS_LOCKED)
        free = guesses.count(connection, named, LOCK_AFTER)
    if not free:
        raise _locked_out(_LOCKED)
    proposed = _credentials(name, row)
    readable = "\x00" not in password and password.isprintable()
    proved = prove(proposed, name, password) if readable else by_bcrypt(proposed, name, password)
    if not proved or row is None or not row.active or row.password_hash is None:
        with database.connection() as connection:
            # What was typed is not kept: it may be the password, typed into the wrong field.
            whose, known = (row.name, row.id) if row else ("?", None)
            audit.append(connection, whose, "SIGN_IN_FAILED", whose, user_id=known, detail={"address": address})
        raise Refusal(Reason.BAD_CREDENTIALS, _WRONG)
    with database.connection() as connection:
        if placed is not None:  # the address before the name, as they are counted
            guesses.forgive(connection, placed)
        guesses.clear(connection, [named])
        detail = {"address": address, "way": "password"}
        audit.append(connection, row.name, "SIGNED_IN", row.name, user_id=row.id, detail=detail)
    return public(row)


def confirm(database: Database, user_id: int, password: str) -> None:
    """Let go on who is signed in and knows the password of old.

    Counted apart from attempts to sign in, so that a stranger who locks a name keeps nobody from changing it.
    """
    _check_length(password)
    key = guesses.key("confirm", str(user_id))
    with database.connection() as connection:
        row = rows.user_by_id(connection, user_id)
        free = guesses.count(connection, key, LOCK_AFTER)
    if not free:
        raise _locked_out("Too many wrong passwords. Wait 15 minutes and try again.")
    if row is None or row.password_hash is None or not passwords.matches(password, row.password_hash):
        with database.connection() as connection:
            audit.append(connection, row.name if row else "?", "CONFIRMATION_FAILED", user_id=user_id)
        raise Refusal(Reason.BAD_CREDENTIALS, "That is not your present password. Try again.", field="password")
    with database.connection() as connection:
        guesses.clear(connection, [key])


def forget_guesses(connection: Any, row: UserRow | User) -> None:
    """Lift the locks of a user's name and address."""
    names = [row.name] + ([row.email] if row.email else [])
    guesses.clear(connection, [guesses.key("name", each) for each in names])


def address_key(address: str | None) -> bytes | None:
    """The row of an address, of IPv6 the network that one line gets. None where it is not known: a loopback
    address is the machine's own or a proxy's, and everybody would share it."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if found.is_loopback:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return address_key(str(found.ipv4_mapped))
        return guesses.key("address", str(ipaddress.ip_network((found, 64), strict=False)))
    return guesses.key("address", str(found))


def _check_length(password: str) -> None:
    if passwords.too_long(password):
        sentence = f"A password has at most {passwords.LONGEST} bytes. Type a shorter one."
        raise Refusal(Reason.BAD_CREDENTIALS, sentence, field="password")


def _locked_out(sentence: str) -> Refusal:
    return Refusal(Reason.LOCKED_OUT, sentence, numbers={"seconds": int(LOCK_FOR.total_seconds())})
