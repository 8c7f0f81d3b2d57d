"""The first users of an empty database."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from core.money import FRESH_CASH
from core.vendors import Vendor
from db.engine import Database
from desk import access, identity, live, replays, sharing, wallet
from settings import Settings

FILE = "first-sign-in.txt"
HEADING = "The first users of this Kagaz and their passwords. Change them, then remove this file."


@dataclass(frozen=True)
class Demo:
    """A user that only the embedded database gets."""

    name: str
    display_name: str
    role: str
    cash: int = 0


# The admin comes last: while there is none, the others may be missing too, and are made at the next start.
DEMO = (
    Demo("asha", "Asha", "trader", FRESH_CASH),
    Demo("ravi", "Ravi", "trader", FRESH_CASH),
    Demo("meera", "Meera", "analyst"),
    Demo("admin", "Administrator", "admin"),
)


def ensure(database: Database, settings: Settings, home: Path | None) -> None:
    """Makes the first users unless there is an admin. `home` is the embedded database's, else None."""
    if not any(user.role == "admin" for user in identity.everyone(database)):
        _make(database, settings, home)
    if settings.kagaz_feed in set(Vendor):
        live.for_first_administrator(database, Vendor(settings.kagaz_feed))
    replays.ensure(database, settings)


def _make(database: Database, settings: Settings, home: Path | None) -> None:
    if home is not None:
        _demo(database, home, with_admin=settings.kagaz_admin_email is None)
    if settings.kagaz_admin_email is not None:
        identity.add_user(
            database,
            "admin",
            "admin",
            password=settings.kagaz_admin_password,
            email=settings.kagaz_admin_email,
            display_name="Administrator",
            must_change=True,
        )


def _demo(database: Database, home: Path, *, with_admin: bool) -> None:
    """The demo users, with passwords that are on disk before the users are: a crash between loses nothing."""
    users = [demo for demo in DEMO if with_admin or demo.role != "admin"]
    passwords = _read(home / FILE)
    passwords |= {demo.name: identity.generate() for demo in users if demo.name not in passwords}
    _write(home / FILE, passwords)
    present = {user.name for user in identity.everyone(database)}
    for demo in users:
        if demo.name not in present:
            identity.add_user(
                database,
                demo.name,
                demo.role,
                password=passwords[demo.name],
                display_name=demo.display_name,
            )
        if demo.cash:
            # The key makes this once, however often an interrupted start is repeated.
            account = access.by_key(database, f"{demo.name}/main")
            wallet.deposit(database, "system", account.id, demo.cash, "first-deposit")
        if demo.role == "analyst":
            owner = access.by_key(database, "asha/main")
            sharing.let_in(database, owner, demo.name, owner.user_id, "asha")
    if sys.stdout is not None and sys.stdout.isatty():
        sys.stdout.write(_text(passwords))


def _read(path: Path) -> dict[str, str]:
    """The passwords that an interrupted start wrote down."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    names = {demo.name for demo in DEMO}
    words = [line.split() for line in lines]
    return {pair[0]: pair[1] for pair in words if len(pair) == 2 and pair[0] in names}


def _write(path: Path, passwords: dict[str, str]) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_text(passwords))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _text(passwords: dict[str, str]) -> str:
    return "\n".join([HEADING, "", *(f"{name:<8}{password}" for name, password in passwords.items()), ""])
