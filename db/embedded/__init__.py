"""A Postgres of our own: started by whichever process comes first, stopped after the last one.

    cluster = db.embedded.acquire(Path(".kagaz"))
    ... connect to cluster.url ...
    cluster.release()

Who is here is known by kernel file locks, so that a process that was killed counts as gone.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from db.embedded.cluster import Cluster

# How long the server outlives its last client, in seconds: a restart of the web process finds it running.
GRACE = 10.0


class EmbeddedError(RuntimeError):
    """The embedded Postgres cannot run here; the message is a sentence that says why and what to do."""


def acquire(home: Path, *, programs: Path | str | None = None, grace: float = GRACE) -> "Cluster":
    """Registers this process as a client of the cluster in `home`/pg and makes sure that it serves.

    `programs` is a folder with `postgres` and `initdb`; without it a wheel's are used. `grace`
    (in seconds) is obeyed by the keeper that this call starts, if it starts one. Raises EmbeddedError.
    """
    if os.name != "posix":
        raise EmbeddedError(
            "The embedded Postgres runs on Linux and macOS. Use WSL, or set DATABASE_URL to a Postgres server."
        )
    from db.embedded import cluster

    return cluster.acquire(home, str(programs) if programs else None, grace)
