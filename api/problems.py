"""Refusals as problem documents (RFC 9457), and what an error may tell: a reference, never its insides."""

from typing import Any

from api.parsing import BadInputError
from api.reply import Reply
from core.reasons import Reason, Refusal
from desk import answers, availability
from web.bodies import BodyError

RETRY_SECONDS = 1


def of_refusal(refusal: Refusal, status: int | None = None) -> Reply:
    """A named no."""
    answer = answers.problem(refusal)
    return of_body(status or answer.status, answer.body, refusal.numbers.get("retry_after"))


def of_body(status: int, body: dict[str, Any], retry_after: int | None = None) -> Reply:
    """A problem that is there already, such as one stored with its idempotency key."""
    headers = {}
    if status in (429, 503):
        headers["retry-after"] = str(retry_after or RETRY_SECONDS)
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="Kagaz"'
    return Reply(status, {**body, "status": status}, headers, problem=True)


def of_input(wrong: BadInputError) -> Reply:
    """Every field that could not be read, the first of them as the problem's own."""
    reply = of_refusal(wrong.refusals[0], wrong.status)
    errors = [
        {"field": each.field, "reason_code": int(each.reason), "detail": each.sentence} for each in wrong.refusals
    ]
    return Reply(reply.status, {**(reply.body or {}), "errors": errors}, reply.headers, problem=True)


def of_status(status: int, sentence: str, reason: Reason = Reason.BAD_INPUT) -> Reply:
    """A problem of HTTP itself: an unknown path, a wrong method, a body that never came."""
    return of_refusal(Refusal(reason, sentence), status)


def of_error(error: BaseException) -> tuple[Reply, bool]:
    """Any exception as an answer, and whether it is a fault of ours that belongs in the log."""
    if isinstance(error, Refusal):
        return of_refusal(error), False
    if isinstance(error, BadInputError):
        return of_input(error), False
    if isinstance(error, BodyError):
        return of_status(error.status, error.sentence), False
    known = availability.refusal_for(error)
    if known is not None:
        return of_refusal(known), known.reason is Reason.BAD_INPUT
    sentence = (
        "Something went wrong on our side. If you sent an order, send it again with the same "
        "Idempotency-Key: it is placed once at most. Name the instance below when you report this."
    )
    return of_refusal(Refusal(Reason.TRY_AGAIN, sentence), 500), True
