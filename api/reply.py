"""An answer before it is bytes."""

from dataclasses import dataclass, field
from typing import Any

import orjson

JSON = "application/json"
PROBLEM = "application/problem+json"
REPLAYED = {"idempotency-replayed": "true"}
"""Says that a key came before, and that the answer is that of the first time."""


@dataclass(slots=True)
class Reply:
    """``body`` is JSON-able, or bytes of the ``media`` named; None for no body at all. ``cookies`` are sent one
    header each."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    problem: bool = False
    media: str = JSON
    cookies: list[str] = field(default_factory=list)

    def encode(self, request_id: str) -> tuple[bytes, str]:
        """The bytes and their media type; a problem gets its instance here."""
        if self.body is None:
            return b"", self.media
        if isinstance(self.body, bytes):
            return self.body, self.media
        if self.problem:
            named = {**self.body, "instance": f"urn:kagaz:request:{request_id}"}
            return orjson.dumps(named), PROBLEM
        return orjson.dumps(self.body), self.media
