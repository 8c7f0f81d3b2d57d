"""When the database fails: the refusal that tells who asked what became of their request."""

from collections.abc import Iterator
from contextlib import contextmanager

import log
from core.reasons import Reason, Refusal
from db.trouble import kind


def refusal_for(error: BaseException) -> Refusal | None:
    """A sentence for a failure of the database; None for any other error, which is a fault of ours."""
    match kind(error):
        case "busy":
            return Refusal(Reason.TRY_AGAIN, "Too much is asked at this moment. Try again in a second.")
        case "unreachable":
            sentence = (
                "The database does not answer. If you sent an order, send it again with the same "
                "Idempotency-Key: it is placed once at most."
            )
            return Refusal(Reason.TRY_AGAIN, sentence)
        case "named":
            sentence = "This Idempotency-Key named an order before. Use a new key for a new order."
            return Refusal(Reason.KEY_CONFLICT, sentence, "Idempotency-Key")
        case "unstorable":
            return Refusal(Reason.BAD_INPUT, "A value is outside of what can be stored. Check your input.")
    return None


def lies_in_the_rows(error: BaseException) -> bool:
    """Whether what was decided on is at fault, so that trying again cannot help; not the database's state."""
    return kind(error) in (None, "unstorable", "named")


@contextmanager
def alone(account_id: int, work: str) -> Iterator[None]:
    """Keeps what is wrong with one account's rows from stopping the others: told loudly, then passed over."""
    try:
        yield
    except Exception as error:
        if not lies_in_the_rows(error):
            raise
        told = {"account": account_id, "work": work, "error": str(error)}
        log.get(__name__).error("An account's rows stop its work; others go on", extra=told, exc_info=error)
