"""Making a cluster's folder."""

import shutil
from pathlib import Path

from db.embedded import EmbeddedError
from db.embedded.account import Account, give, run

# The superuser of every cluster of ours. Anyone who can enter the socket's folder (0700) is let in.
USER = "kagaz"


def make(programs: Path, data: Path, account: Account | None, *, durable: bool = True) -> None:
    """Makes the cluster `data`: UTF-8, checksums. Built aside and renamed, so that it is whole or absent.

    `durable=False` leaves the files to the page cache, which is right for a cluster that is thrown away.
    """
    aside = data.with_name(f".{data.name}.making")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    give(aside, account)
    command: list[str | Path] = [
        programs / "initdb",
        "--pgdata",
        aside,
        "--username",
        USER,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums",
        "--no-instructions",
    ]
    if not durable:
        command.append("--no-sync")
    done = run(command, account, timeout=120)
    if done.returncode != 0:
        shutil.rmtree(aside, ignore_errors=True)
        said = (done.stderr or done.stdout).strip()
        raise EmbeddedError(f"Postgres could not make its data folder {data}: {said}")
    aside.rename(data)
