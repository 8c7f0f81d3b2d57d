"""Answers in the dialect's envelope: always JSON with ``status`` and ``data``, but for dumps and pages."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from core.reasons import Reason, Refusal
from desk.answers import Answer
from gateway.errors import GENERAL, Kind, kind_of

JSON = "application/json"


@dataclass(slots=True)
class Reply:
    """An answer as bytes of the ``media`` named."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    media: str = JSON


def success(data: Any) -> Reply:
    """What was asked for."""
    return Reply(200, orjson.dumps({"status": "success", "data": data}))


def error(kind: Kind, message: str, retry_after: int | None = None) -> Reply:
    """A no, with the word by which clients know it."""
    body = {"status": "error", "message": message, "data": None, "error_type": kind.error_type}
    headers = {}
    if kind.status in (429, 503):
        headers["retry-after"] = str(retry_after or 1)
    return Reply(kind.status, orjson.dumps(body), headers)


def refused(refusal: Refusal) -> Reply:
    """A named no; the field it is about comes first."""
    message = refusal.sentence if refusal.field is None else f"{refusal.field}: {refusal.sentence}"
    return error(kind_of(refusal.reason), message, refusal.numbers.get("retry_after"))


def problem(answer: Answer) -> Reply:
    """The same of a desk's answer, in which the refusal stands as a problem document."""
    return error(kind_of(Reason(answer.body["reason_code"])), answer.body["detail"], answer.retry_after)


def nowhere(status: int, message: str) -> Reply:
    """What HTTP itself refuses: a path, a method, a body."""
    return error(Kind(GENERAL, status), message)
