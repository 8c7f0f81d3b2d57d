"""What a shell must know of its process's start: whether there is a database yet, and what is waited for."""

from typing import Any, Protocol

from core.reasons import Reason, Refusal


class Starting(Protocol):
    """How far the start of this process is; ``database`` is None until it can be used."""

    database: Any
    waiting_for: list[str]

    @property
    def ready(self) -> bool:
        """Whether the database may be used."""
        ...


def must_be_ready(state: Starting) -> None:
    """Raise NOT_READY while this process starts."""
    if not state.ready:
        waits = ", ".join(state.waiting_for) or "the database"
        raise Refusal(Reason.NOT_READY, f"Kagaz is starting and waits for {waits}. Try again in a second.")
