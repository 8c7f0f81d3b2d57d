"""What is done to a running Kagaz. Each fault returns when it is done, not when its harm has passed."""

import os
import random
import signal
import time
from collections.abc import Callable

from tests.drill.kagaz import Kagaz, until

# A leader is deposed after 3 s of silence; it is stopped for longer than that.
SILENCE = (4.2, 6.0)


def sidecar(kagaz: Kagaz, _chance: random.Random) -> None:
    """The sidecar is killed; the web process starts another."""
    until(kagaz.sidecar, "there is a sidecar")
    process = kagaz.sidecar()
    assert process is not None
    process.kill()


def web(kagaz: Kagaz, _chance: random.Random) -> None:
    """The web process is killed, and the sidecar ends with it; the user starts it again."""
    assert kagaz.web is not None
    kagaz.web.kill()
    kagaz.web.wait()
    kagaz.start()


def backend(kagaz: Kagaz, chance: random.Random) -> None:
    """One process of Postgres is killed; the server then ends all sessions and recovers."""
    until(kagaz.backends, "there are backends")
    chance.choice(kagaz.backends()).kill()


def postmaster(kagaz: Kagaz, _chance: random.Random) -> None:
    """The server itself is killed; its keeper starts it again."""
    until(kagaz.postmaster, "there is a server")
    process = kagaz.postmaster()
    assert process is not None
    process.kill()


def pause(kagaz: Kagaz, _chance: random.Random) -> None:
    """The sidecar is stopped while a second one stands by; ``wake`` lets it go on."""
    kagaz.start_standby()
    process = kagaz.sidecar()
    assert process is not None
    process.suspend()


FAULTS: dict[str, Callable[[Kagaz, random.Random], None]] = {
    each.__name__: each for each in (sidecar, web, backend, postmaster, pause)
}


def term(kagaz: Kagaz) -> int:
    """The present term of the market's leader."""
    with kagaz.database.autocommit() as connection:
        row = connection.execute("select term from leader where market = 'sim'").fetchone()
    assert row is not None
    return int(row[0])


def wake(kagaz: Kagaz, stopped_at: float, chance: random.Random) -> None:
    """Let a stopped sidecar go on, once it was silent for long enough."""
    time.sleep(max(0.0, stopped_at + chance.uniform(*SILENCE) - time.monotonic()))
    process = kagaz.sidecar()
    assert process is not None
    os.kill(process.pid, signal.SIGCONT)
