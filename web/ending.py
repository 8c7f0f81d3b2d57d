"""That this process was told to end, known from its first second on and before its server waits for its connections.

A stream never ends by itself, so that a server would wait for the last of its readers to go. Whoever holds
connections open asks to be told; who begins to after the signal is told at once.
"""

import signal
import threading
from collections.abc import Callable
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)
Act = Callable[[], None]


class Ending:
    """Who is to be told that the process ends, and whether it was told."""

    def __init__(self) -> None:
        self.told = False
        self._acts: list[Act] = []
        self._ours: list[Any] = []

    def watch(self) -> None:
        """Hear the signals that end a process, before the handlers that are there now. Safe to repeat; nothing
        outside the main thread, where no handler can be set."""
        if threading.current_thread() is not threading.main_thread():
            return
        for each in SIGNALS:
            before = signal.getsignal(each)
            if callable(before) and before not in self._ours:
                handler = self._before(before)
                self._ours.append(handler)
                signal.signal(each, handler)

    def tell(self, act: Act) -> None:
        """Have ``act`` called when the process is told to end: soon, or now if it was."""
        self._acts.append(act)
        if self.told:
            act()

    def begin(self) -> None:
        """The process was told to end."""
        self.told = True
        for act in self._acts:
            act()

    def _before(self, handler: Callable[[int, Any], Any]) -> Callable[[int, Any], None]:
        def handle(number: int, frame: Any) -> None:
            self.begin()
            handler(number, frame)

        return handle


ENDING = Ending()
"""That of this process."""
