"""Proving oneself anew before what a stolen session must not do: a new password, a new way in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.reasons import Reason, Refusal
from db import identity as rows
from db import sessions as session_rows
from db.engine import Database
from desk.identity.proof import confirm
from desk.principal import Principal

JUST_NOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """That a user has just proved themselves; made by ``confirm_anew`` alone."""

    user_id: int

    def check(self, principal: Principal) -> None:
        """Raises ValueError when it is about somebody else."""
        if self.user_id != principal.user_id:
            raise ValueError("one user's confirmation was shown for another")


def has_password(database: Database, principal: Principal) -> bool:
    """Whether the user can sign in with a password."""
    with database.connection() as connection:
        row = rows.user_by_id(connection, principal.user_id)
    return row is not None and row.password_hash is not None


def confirm_anew(database: Database, principal: Principal, password: str) -> Confirmed:
    """By the present password; for who has none, by having signed in within the last ten minutes."""
    if has_password(database, principal):
        confirm(database, principal.user_id, password)
        return Confirmed(principal.user_id)
    with database.connection() as connection:
        mine = [
            each
            for each in session_rows.sessions_of(connection, principal.user_id)
            if str(each.public_id) == principal.session_public_id
        ]
    if not mine or datetime.now(UTC) - mine[0].created_at > JUST_NOW:
        sentence = "You signed in too long ago for this. Sign out, sign in again, and do it within ten minutes."
        raise Refusal(Reason.SIGN_IN, sentence)
    return Confirmed(principal.user_id)
