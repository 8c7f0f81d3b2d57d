"""Kernel file locks: they end with the process that holds them, however it ended."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def try_lock(path: Path) -> int | None:
    """The descriptor that holds the file's lock, or None when another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def held(path: Path) -> bool:
    """Whether some process holds the lock of the file."""
    descriptor = try_lock(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits for the lock and holds it in the block."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def living(folder: Path) -> int:
    """How many of the folder's files are locked; the others were left by the dead and are removed.

    Only behind the door (`Places.door`): a file that is made but not locked yet would look abandoned.
    """
    count = 0
    for path in folder.iterdir():
        if held(path):
            count += 1
        else:
            path.unlink(missing_ok=True)
    return count
