"""Where the cluster's files are, and which home is taken when the wanted one will not do."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import log
from db.embedded import EmbeddedError
from db.embedded.account import Account, choose, give, may_write
from db.embedded.locks import locked

# A socket's address holds 104 bytes on macOS and 108 on Linux, the file's own name included.
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")


@dataclass(frozen=True)
class Places:
    """The files of one cluster. Those that Postgres writes belong to its account, the rest to us."""

    home: Path
    account: Account | None

    @property
    def root(self) -> Path:
        """The folder of everything below."""
        return self.home / "pg"

    @property
    def data(self) -> Path:
        """The cluster itself."""
        return self.root / "data"

    @property
    def clients(self) -> Path:
        """One locked file a client."""
        return self.root / "clients"

    @property
    def door(self) -> Path:
        """Locked while somebody comes, and while the keeper decides to stop."""
        return self.root / "door.lock"

    @property
    def keeper(self) -> Path:
        """Locked by the keeper for as long as it lives."""
        return self.root / "keeper.lock"

    @property
    def server(self) -> Path:
        """Locked by the postmaster and all its children: free when the last of them is gone."""
        return self.root / "server.lock"

    @property
    def server_log(self) -> Path:
        """What Postgres says."""
        return self.root / "postgres.log"

    @property
    def trouble(self) -> Path:
        """The sentence of a keeper that could not start the server."""
        return self.root / "trouble.txt"

    @property
    def socket(self) -> Path:
        """The folder of the socket: in the home, or a short one when that name is too long for a socket."""
        inside = self.root / "run"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
            return inside
        return Path("/tmp") / f"kagaz-{_digest(self.root)}"  # noqa: S108 - owner and mode are checked

    def url(self, database: str) -> str:
        """The address of a database of the cluster."""
        return f"postgresql://kagaz@/{database}?host={self.socket}&port=5432"


def settle(wanted: Path) -> Places:
    """The wanted home if Postgres can live there, else the first other that will do; the log names it."""
    wanted = wanted.expanduser().absolute()
    reasons: list[str] = []
    for home in (wanted, *_others(wanted)):
        places = Places(home, choose(home / "pg" / "data"))
        reason = _prepare(places, temporary=home.parent == Path(tempfile.gettempdir()))
        if reason is None:
            if home != wanted:
                log.get(__name__).warning(
                    "The database is not in the wanted home", extra={"home": str(home), "because": reasons}
                )
            return places
        reasons.append(f"{home}: {reason}")
    raise EmbeddedError("There is no folder in which Postgres could keep its data. " + "; ".join(reasons))


def _others(wanted: Path) -> Iterator[Path]:
    name = f"kagaz-{_digest(wanted)}"
    if os.geteuid() == 0:
        yield Path("/var/lib") / name
    else:
        with contextlib.suppress(RuntimeError):  # an account without a home
            yield Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share").absolute() / name
    yield Path(tempfile.gettempdir()) / f"{name}-{os.geteuid()}"


def _prepare(places: Places, *, temporary: bool) -> str | None:
    """Makes the folders; why they cannot be used, or None."""
    ours = 0o711 if places.account else 0o700
    try:
        # Entered by others only as far as Postgres's own account must pass through.
        for folder in (places.home, places.root):
            with contextlib.suppress(FileExistsError):  # made before, or by a process that starts beside us
                folder.mkdir(parents=folder is places.home)
                folder.chmod(ours)
        if temporary and places.home.lstat().st_uid != os.geteuid():
            return "it belongs to another user"
        places.clients.mkdir(mode=0o700, exist_ok=True)
        places.door.touch(0o600)
        if not os.access(places.root, os.W_OK) or not os.access(places.clients, os.W_OK):
            return "it cannot be written"
        # Another process must not judge a folder that has been made and not yet handed over.
        with locked(places.root / "places.lock"):
            return _socket_folder(places)
    except OSError as error:
        return error.strerror or str(error)


def _socket_folder(places: Places) -> str | None:
    folder = places.socket
    owner = places.account.uid if places.account else os.geteuid()
    if not folder.exists():
        folder.mkdir(mode=0o700)
        give(folder, places.account)
    if folder.is_symlink() or folder.lstat().st_uid != owner:
        return f"the socket's folder {folder} belongs to another user"
    folder.chmod(0o700)
    if not may_write(folder, places.account):
        return f"the account {places.account.name if places.account else os.geteuid()} cannot enter it"
    return None


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]
