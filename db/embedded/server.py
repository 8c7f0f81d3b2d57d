"""The postmaster of one cluster: is it there, start it, stop it."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil

from db.embedded import EmbeddedError, account, binaries, initdb, locks, memory
from db.embedded.places import Places

# A log of the server beyond this is set aside at the next start, in bytes.
LOG_LIMIT = 16 * 1024 * 1024

SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    # The quotes change all the time; without this their pages are cleaned too late to be used again in place.
    "autovacuum_naptime": "10s",
}


class StillBusyError(EmbeddedError):
    """Processes of an earlier server still hold the cluster; they end by themselves shortly."""


def postmaster(data: Path) -> psutil.Process | None:
    """The process that serves the folder, or None. A number in a file proves nothing: pids are used again."""
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))
        ours = Path(process.cwd()).samefile(data) and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        # Also when we may not look at it: then it is another account's, and cannot be on a folder of ours.
        return None
    return process if ours else None


def check_version(places: Places, programs: Path) -> None:
    """Raises EmbeddedError, in words, for a folder that another major version made."""
    try:
        made_by = int((places.data / "PG_VERSION").read_text().strip().split(".")[0])
    except FileNotFoundError:
        return
    mine = binaries.major(programs)
    if made_by != mine:
        raise EmbeddedError(
            f"The data in {places.data} was made by Postgres {made_by}, and the programs in {programs} are "
            f"Postgres {mine}, which cannot open it. Install programs of version {made_by} (or name their "
            f"folder by KAGAZ_PG_BIN), or dump the data with version {made_by}, move the folder away, start "
            "again and restore the dump."
        )


def start(places: Places, programs: Path) -> "subprocess.Popen[bytes]":
    """Starts the postmaster as a child; it may still be recovering when this returns."""
    check_version(places, programs)
    runnable = binaries.usable_by(programs, places.account, places.root / "programs")
    lock = locks.try_lock(places.server)
    if lock is None:
        raise StillBusyError(f"An earlier Postgres has not let go of {places.data} yet.")
    try:
        if not (places.data / "PG_VERSION").exists():
            initdb.make(runnable, places.data, places.account)
        _clear_stale(places)
        _set_aside(places.server_log)
        with places.server_log.open("ab") as output:
            return subprocess.Popen(
                _command(places, runnable),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=account.environment(),
                start_new_session=True,
                # The server and each of its children hold the lock with this descriptor.
                pass_fds=(lock,),
                **account.dropping(places.account),
            )
    finally:
        os.close(lock)


def stop(places: Places, patience: float = 60.0) -> None:
    """Stops the server in good order, and without ceremony when that takes longer than `patience` seconds."""
    for sign in (signal.SIGINT, signal.SIGQUIT):
        process = postmaster(places.data)
        if process is None:
            return
        process.send_signal(sign)
        until = time.monotonic() + patience
        while postmaster(places.data) is not None and time.monotonic() < until:
            # Reaps it when it is a child of ours; somebody else's child only goes away.
            try:
                process.wait(0.05)
            except psutil.TimeoutExpired:
                continue


def said(places: Places) -> str:
    """The last lines of the server's log."""
    try:
        return "\n".join(places.server_log.read_text(errors="replace").splitlines()[-5:])
    except OSError:
        return ""


def _command(places: Places, programs: Path) -> list[str]:
    options = SETTINGS | memory.settings(memory.total()) | {"unix_socket_directories": str(places.socket)}
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return [str(programs / "postgres"), "-D", str(places.data), *settings]


def _clear_stale(places: Places) -> None:
    """Removes what a killed server left: its number may be a zombie's or another program's by now.

    Called with the server's lock, which no process of the cluster can hold any more.
    """
    if postmaster(places.data) is not None:
        raise StillBusyError(f"Another Postgres, not started by Kagaz, serves {places.data}. Stop it first.")
    left = (
        places.data / "postmaster.pid",
        places.socket / ".s.PGSQL.5432",
        places.socket / ".s.PGSQL.5432.lock",
    )
    for path in left:
        path.unlink(missing_ok=True)


def _set_aside(path: Path) -> None:
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
