"""A process as the shells see it, without one."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Started:
    """A process whose start is done, or not."""

    database: Any
    waiting_for: list[str] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        return self.database is not None and not self.waiting_for
