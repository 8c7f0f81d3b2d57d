"""`python -m jobs`: the sidecar. Runs until it is told to end (SIGTERM, SIGINT)."""

import signal
import sys
import threading

import heap
import log
import settings
from desk import installation
from jobs.runner import Runner


def main() -> int:
    """Prepares the database, runs the loops, and stops them in good order."""
    heap.one_for_all()
    chosen = settings.load()
    log.configure(chosen.kagaz_log_level, chosen.kagaz_log_format)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    # Users are the web process's to make: no market waits for them.
    database = installation.prepare_patiently(chosen, ended, users=False)
    if database is None:
        return 0
    runner = Runner(database, chosen)
    try:
        runner.start()
        ended.wait()
    finally:
        runner.shut_down()
        database.close()
        installation.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
