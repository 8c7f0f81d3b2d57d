"""Child processes that live no longer than their parent, and are started again when they die.

A child's standard input is a pipe from its parent. When the parent ends, even by kill -9, the kernel closes
the pipe and the child (`desk.child`) ends itself. Beside a child that is well a spare one lies ready, loaded and
idle, where there is memory for it: it takes over as soon as the first is seen to be dead.
"""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import log

PROJECT = Path(__file__).resolve().parent.parent
# Seconds before a child that died young is started again: doubled each time. One that lived long is replaced at once,
# and one that was killed soon, because nothing is wrong with it.
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
LONGEST_WAIT_OF_KILLED = 4.0
HEALTHY = 10.0
# Seconds after which a child's spare is loaded: not while a start has use for the processors.
SPARE_AFTER = 5.0
# How long a child may take to end in good order, in seconds.
GRACE = 10.0

Process = subprocess.Popen[bytes]


class Children:
    """Keeps one process for each command; a command is a module and its arguments, as `["jobs"]`."""

    def __init__(self, commands: Sequence[Sequence[str]], *, spare: bool = False) -> None:
        self._commands = [list(command) for command in commands]
        self._spare = spare
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._loaded: dict[str, Process] = {}
        self.running: dict[str, int] = {}  # pid by module, for the admin page

    def load(self) -> None:
        """Has all of them load what they need; they begin with `start`. To be called before it, if at all."""
        for command in self._commands:
            self._loaded[command[0]] = _spawn(command)

    def start(self) -> None:
        """Starts all of them and returns; a second call does nothing."""
        if not self._threads:
            for command in self._commands:
                self._add(command, self._spare)

    def add(self, command: Sequence[str]) -> None:
        """Starts and keeps one more, without a spare; nothing once all are told to end."""
        self._add(list(command), spare=False)

    def stop(self) -> None:
        """Ends all of them, in good order if they can, and waits for it."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(GRACE * 2)
        for command in self._commands:
            self._let_go(command[0])

    def _add(self, command: list[str], spare: bool) -> None:
        if self._stopping.is_set():
            return
        thread = threading.Thread(target=self._keep, args=(command, spare), name=f"child-{command[0]}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _keep(self, command: list[str], spare: bool) -> None:
        wait = 0.0
        while not self._stopping.is_set():
            began = time.monotonic()
            status = self._live(command, spare)
            if self._stopping.is_set():
                return
            longest = LONGEST_WAIT if status >= 0 else LONGEST_WAIT_OF_KILLED
            lived = time.monotonic() - began
            wait = 0.0 if lived >= HEALTHY else min(max(wait * 2, FIRST_WAIT), longest)
            log.get(__name__).warning(
                "A child ended and will be started again",
                extra={"child": command[0], "status": status, "seconds": wait},
            )
            self._stopping.wait(wait)

    def _live(self, command: list[str], spare: bool) -> int:
        """One life of a child, to its end; the exit status."""
        child = self._loaded.pop(command[0], None) or _spawn(command)
        began = time.monotonic()
        with child:
            self.running[command[0]] = child.pid
            assert child.stdin is not None  # asked for above
            with contextlib.suppress(OSError):  # it died already, which is seen below
                child.stdin.write(b"\n")
                child.stdin.flush()
            while child.poll() is None and not self._stopping.is_set():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(0.5)
                if spare and time.monotonic() - began >= SPARE_AFTER:
                    self._have_a_spare(command)
            self.running.pop(command[0], None)
            return _end(child)

    def _have_a_spare(self, command: list[str]) -> None:
        loaded = self._loaded.get(command[0])
        if loaded is None or loaded.poll() is not None:
            self._let_go(command[0])
            self._loaded[command[0]] = _spawn(command)

    def _let_go(self, name: str) -> None:
        """Ends what waits under a name, if anything does."""
        loaded = self._loaded.pop(name, None)
        if loaded is not None:
            with loaded:
                _end(loaded)


def _spawn(command: list[str]) -> Process:
    """A process that loads the command and then waits for the word."""
    return subprocess.Popen([sys.executable, "-m", "desk.child", *command], stdin=subprocess.PIPE, cwd=PROJECT)


def _end(child: Process) -> int:
    """Has a child end, by the same word as our death would be, and without ceremony if it does not; its status."""
    assert child.stdin is not None  # every child has the pipe
    with contextlib.suppress(OSError):
        child.stdin.close()
    try:
        return child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
