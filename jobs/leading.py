"""Keeps a process in the race for the lead of a market."""

from desk.leadership import Leadership
from jobs.loop import Steady


class Campaign(Steady):
    """Waits for the lead, holds it, and contends again after losing it; resigns at its end."""

    every = 0.25

    def __init__(self, leadership: Leadership) -> None:
        super().__init__()
        self.name = f"lead {leadership.market}"
        self._leadership = leadership

    def step(self) -> None:
        """Returns once this process leads, or was told to stop."""
        if not self._leadership.leads():
            self._leadership.campaign(self.stopping)

    def close(self) -> None:
        """Lets another process lead at once."""
        self._leadership.resign()
