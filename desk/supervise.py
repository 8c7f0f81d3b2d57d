"""Child processes that live no longer than their parent, and are started again when they die.

A child's standard input is a pipe from its parent. When the parent ends, even by kill -9, the kernel closes
the pipe and the child (`desk.child`) ends itself.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import log

PROJECT = Path(__file__).resolve().parent.parent
# Seconds before a dead child is started again: doubled each time, and as at first once it has lived long.
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
HEALTHY = 10.0
# How long a child may take to end in good order, in seconds.
GRACE = 10.0


class Children:
    """Keeps one process for each command; a command is a module and its arguments, as `["jobs"]`."""

    def __init__(self, commands: Sequence[Sequence[str]]) -> None:
        self._commands = commands
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.running: dict[str, int] = {}  # pid by module, for the admin page

    def start(self) -> None:
        """Starts all of them and returns."""
        for command in self._commands:
            self.add(command)

    def add(self, command: Sequence[str]) -> None:
        """Starts and keeps one more; nothing once all are told to end."""
        if self._stopping.is_set():
            return
        thread = threading.Thread(target=self._keep, args=(list(command),), name=f"child-{command[0]}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """Ends all of them, in good order if they can, and waits for it."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(GRACE * 2)

    def _keep(self, command: list[str]) -> None:
        wait = FIRST_WAIT
        while not self._stopping.is_set():
            began = time.monotonic()
            status = self._live(command)
            if self._stopping.is_set():
                return
            if time.monotonic() - began >= HEALTHY:
                wait = FIRST_WAIT
            log.get(__name__).warning(
                "A child ended and will be started again",
                extra={"child": command[0], "status": status, "seconds": wait},
            )
            self._stopping.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    def _live(self, command: list[str]) -> int:
        """One life of a child, to its end; the exit status."""
        with subprocess.Popen(
            [sys.executable, "-m", "desk.child", *command], stdin=subprocess.PIPE, cwd=PROJECT
        ) as child:
            self.running[command[0]] = child.pid
            while child.poll() is None and not self._stopping.is_set():
                try:
                    child.wait(0.5)
                except subprocess.TimeoutExpired:
                    continue
            assert child.stdin is not None  # asked for above
            child.stdin.close()  # the same word as our death would be: end
            try:
                child.wait(GRACE)
            except subprocess.TimeoutExpired:
                child.kill()
            self.running.pop(command[0], None)
            return child.wait()
