"""The keeper: a process of its own that starts the server, restarts it when it dies, and stops it at the end.

It is started by the first client with the keeper's lock in hand, and belongs to no client: any of them may be
killed. When the keeper itself is killed the server goes on, and a client starts the next keeper.
"""

import argparse
import logging
import subprocess
import time
from pathlib import Path

import log
from db.embedded import EmbeddedError, locks, server
from db.embedded.places import Places, settle

# Between two looks at the server and at the clients, in seconds.
LOOK = 0.2
# A server that dies this soon after its start, and so for the third time, is taken for a broken one: clients are told,
# and it is started again ever more slowly, in seconds. Twice may be somebody's kill.
SOON = 10.0
TWICE = 2
SLOWEST = 5.0


class Keeper:
    """Keeps one cluster until its last client has been gone for `grace` seconds."""

    def __init__(self, places: Places, programs: Path, grace: float) -> None:
        self.places = places
        self.programs = programs
        self.grace = grace
        self.child: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.deaths = 0  # in a row, soon after a start
        self.wait = LOOK

    def run(self) -> None:
        """Returns when the server has been stopped."""
        last_client = time.monotonic()
        while True:
            self.serve()
            with locks.locked(self.places.door):
                if locks.living(self.places.clients):
                    last_client = time.monotonic()
                elif time.monotonic() - last_client >= self.grace:
                    # Still behind the door: who comes now waits, and then finds no keeper and no server.
                    server.stop(self.places)
                    return
            time.sleep(self.wait)

    def serve(self) -> None:
        """Makes sure that a server runs; tries again later when one cannot be started."""
        if self.child is not None and self.child.poll() is not None:
            log.get(__name__).warning("Postgres ended", extra={"status": self.child.returncode})
            self.child = None
            self.mourn()
        if self.child is not None or server.postmaster(self.places.data) is not None:
            if time.monotonic() - self.started > SOON:
                self.wait, self.deaths = LOOK, 0
                self.places.trouble.unlink(missing_ok=True)
            return
        try:
            self.child = server.start(self.places, self.programs)
            self.started = time.monotonic()
        except server.StillBusyError as error:
            log.get(__name__).info(str(error))
        except EmbeddedError as error:
            self.wait = min(self.wait * 2, SLOWEST)
            self.note(str(error))

    def mourn(self) -> None:
        """Takes a server's death in."""
        if time.monotonic() - self.started >= SOON:
            return
        self.deaths += 1
        if self.deaths > TWICE:
            self.wait = min(self.wait * 2, SLOWEST)
            self.note(f"Postgres does not stay up. It said: {server.said(self.places)}")

    def note(self, sentence: str) -> None:
        """Tells the clients that wait for the server."""
        log.get(__name__).error(sentence)
        self.places.trouble.write_text(sentence)


def main() -> None:
    """`python -m db.embedded.keeper HOME PROGRAMS GRACE`, with the keeper's lock among the open files."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("programs", type=Path)
    parser.add_argument("grace", type=float)
    given = parser.parse_args()
    logging.captureWarnings(capture=True)
    log.configure()
    Keeper(settle(given.home), given.programs, given.grace).run()


if __name__ == "__main__":
    main()
