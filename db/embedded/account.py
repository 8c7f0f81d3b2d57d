"""The account that Postgres runs as. Postgres refuses to be root, so root drops to an account that exists.

Nothing of the machine is changed for it: no account is made, and no folder above ours is opened.
"""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.embedded import EmbeddedError

# Tried in this order. `postgres` is there where the system's own packages are; `nobody` always is.
NAMES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """An account of the machine, by name, user id and group id."""

    name: str
    uid: int
    gid: int


def choose(data: Path | None = None) -> Account | None:
    """None when the own account will do, else whom root drops to: the owner of `data` if it exists."""
    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise EmbeddedError(
                f"The user id {os.geteuid()} has no entry in the list of accounts, and Postgres refuses to "
                "start for it. Give the user an entry in /etc/passwd, or set DATABASE_URL."
            ) from None
        return None
    if data is not None and data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return Account(str(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError("Postgres does not run as root, and there is no account `postgres` or `nobody`.")


def dropping(account: Account | None) -> dict[str, Any]:
    """The arguments of subprocess that make a child run as the account."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def environment() -> dict[str, str]:
    """Our surroundings for a Postgres program: without the user's PG* settings, in a plain language."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    kept.pop("LANGUAGE", None)
    return kept | {"LC_ALL": "C", "LANG": "C", "TZ": "UTC"}


def run(command: Sequence[str | Path], account: Account | None, **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs a program as the account, from a folder that every account can enter."""
    return subprocess.run(
        [str(part) for part in command],
        cwd="/",
        env=environment(),
        text=True,
        capture_output=True,
        check=False,
        **dropping(account),
        **more,
    )


def may_run(program: Path, account: Account | None) -> bool:
    """Whether the account can execute the program: tried, because mode bits are not all there is to it."""
    try:
        return run([program, "--version"], account, timeout=20).returncode == 0
    except OSError:
        return False


def may_write(folder: Path, account: Account | None) -> bool:
    """Whether the account can enter the folder and make a file there; tried, not computed."""
    probe = 'cd "$1" && f=.kagaz-probe-$$ && : > "$f" && rm -f "$f"'
    try:
        return run(["/bin/sh", "-c", probe, "probe", folder], account, timeout=20).returncode == 0
    except OSError:
        return False


def give(path: Path, account: Account | None) -> None:
    """Hands a file or folder of ours to the account."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
