"""When the next question may be asked of a vendor that allows so many within so much time."""

from collections import deque
from collections.abc import Callable, Sequence

from feeds.live.refusal import VendorRefusal

# Seconds for which nothing is asked after "too many questions".
REST = 60.0
# A question waits so many seconds for its turn and no longer: whoever asks may be told to stop meanwhile.
PATIENCE = 5.0


class Pace:
    """Keeps within a ``share`` of what is allowed: whoever owns the account may ask questions elsewhere, too.

    ``rates`` are (most, seconds). Times are seconds of a clock that only runs forward.
    """

    def __init__(self, rates: Sequence[tuple[int, float]], share: float = 0.5) -> None:
        self._rates = [(max(1, int(most * share)), seconds) for most, seconds in rates]
        self._asked: deque[float] = deque(maxlen=max((most for most, _ in self._rates), default=1))
        self._not_before = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next question may be asked; 0 for now."""
        due = self._not_before
        for most, seconds in self._rates:
            if len(self._asked) >= most:
                due = max(due, self._asked[-most] + seconds)
        return max(0.0, due - now)

    def turn(self, vendor: str, mono: Callable[[], float], wait: Callable[[float], object]) -> None:
        """Wait for the next question's turn, and take it. Raises VendorRefusal where that would take too long."""
        seconds = self.wait(mono())
        if seconds > PATIENCE:
            raise VendorRefusal(429, f"{vendor} allows the next question in {seconds:.0f} s.")
        wait(seconds)
        self.asked(mono())

    def asked(self, now: float) -> None:
        """One was."""
        self._asked.append(now)

    def rest(self, until: float) -> None:
        """Nothing is to be asked before then: the vendor said that it was too much."""
        self._not_before = max(self._not_before, until)
