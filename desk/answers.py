"""What a use case answers: a status and a body in the shapes of the API, so that a retry can be given it again."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.reasons import Reason, Refusal, http_status, title
from db.engine import retrying
from db.trading import Stored

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` as in HTTP; ``body`` the shape of the API or a problem; ``replayed`` when it was stored before;
    ``retry_after`` seconds to wait, where waiting helps."""

    status: int
    body: Body
    replayed: bool = False
    retry_after: int | None = None

    @property
    def ok(self) -> bool:
        """Whether what was asked was done."""
        return self.status < 400


def problem(refusal: Refusal) -> Answer:
    """A refusal as a problem document (RFC 9457)."""
    status = http_status(refusal.reason)
    name = refusal.reason.name.lower().replace("_", "-")
    code = int(refusal.reason)
    body: Body = {
        "type": f"urn:kagaz:problem:{name}",
        "title": title(refusal.reason),
        "status": status,
        "detail": refusal.sentence,
        "instance": None,
        "reason_code": code,
        "field": refusal.field,
        "order_id": None if refusal.order_id is None else str(refusal.order_id),
        "errors": [{"field": refusal.field, "reason_code": code, "detail": refusal.sentence}],
    }
    return Answer(status, body, retry_after=refusal.numbers.get("retry_after"))


def answered(act: Callable[[], Answer]) -> Answer:
    """Run a whole use case, again after a lost race; a refusal is an answer."""
    try:
        return retrying(act)
    except Refusal as refusal:
        return problem(refusal)


def fingerprint(*parts: object) -> str:
    """A hash of a request, by which the same key with another body is told apart."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def replay(stored: Stored | None, asked: str) -> Answer | None:
    """The stored answer of a key; None for a new key. Raises KEY_CONFLICT where the request is another one."""
    if stored is None:
        return None
    if stored.hash != asked:
        raise key_conflict()
    return Answer(stored.status, stored.body, replayed=True)


def key_conflict() -> Refusal:
    """A key that came before with another request."""
    sentence = "This Idempotency-Key was used for another request. Use a new key for a new request."
    return Refusal(Reason.KEY_CONFLICT, sentence, "Idempotency-Key")


def request_row(account_id: int, key: str | None, asked: str, answer: Answer) -> Body | None:
    """The row that remembers an answer under its key, to be written with the effect; None without a key."""
    if key is None:
        return None
    return {"account_id": account_id, "key": key, "hash": asked, "status": answer.status, "body": answer.body}
