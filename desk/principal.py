"""Who asks: what a living session or API token stands for."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. ``account_id`` is the only account of a token made for one, else None.

    Exactly one of ``session_public_id`` and ``token_id`` is set; ``expires_at`` is None for a token
    without end. ``scopes`` holds ``read`` and perhaps ``trade``.
    """

    user_id: int
    name: str
    role: str
    session_public_id: str | None
    token_id: int | None
    account_id: int | None
    scopes: tuple[str, ...]
    expires_at: datetime | None = None
    must_change_password: bool = False

    @property
    def is_admin(self) -> bool:
        """Administrators manage users and may read every account."""
        return self.role == "admin"

    @property
    def may_write(self) -> bool:
        """Analysts write nothing, nor does a token that may only read."""
        return self.role != "analyst" and "trade" in self.scopes
