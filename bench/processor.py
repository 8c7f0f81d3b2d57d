"""Processor time, because that is what an act costs whatever else runs on the machine."""

from contextlib import suppress

import psutil

from db.engine import Database


def used(*processes: psutil.Process) -> float:
    """Seconds of processor time that processes have had so far, all of them together."""
    times = [process.cpu_times() for process in processes]
    return float(sum(each.user + each.system for each in times))


def server(database: Database) -> psutil.Process:
    """The Postgres that serves a database: the parent of each of its backends."""
    with database.autocommit() as connection:
        parent = psutil.Process(connection.info.backend_pid).parent()
    if parent is None:
        raise RuntimeError("The database's server runs elsewhere, so that its processor time cannot be told.")
    return parent


def used_by_server(postmaster: psutil.Process) -> float:
    """Seconds of processor time that a Postgres has had so far, with its backends and those of them that have gone.

    Pools let connections go and autovacuum's workers end, so that what lives now is not who lived before. Who has
    ended is counted among the server's own: it waits for each of its children.
    """
    living = 0.0
    for child in postmaster.children():
        with suppress(psutil.NoSuchProcess):
            living += used(child)
    times = postmaster.cpu_times()
    return living + float(times.user + times.system + times.children_user + times.children_system)
