"""When the database fails: the refusal that tells who asked what became of their request."""

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
        case "unstorable":
            return Refusal(Reason.BAD_INPUT, "A value is outside of what can be stored. Check your input.")
    return None
