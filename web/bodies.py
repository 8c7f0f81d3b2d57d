"""The body of a request: small, whole, in time, and of the kind that is asked for."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import Receive, Scope

LARGEST = 64 * 1024
BODY_SECONDS = 2.0


class BodyError(Exception):
    """A body that cannot be taken: the HTTP status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The whole body, if it is small enough and comes in time. Raises BodyError."""
    length = Headers(scope=scope).get("content-length", "0")
    if length.isdigit() and len(length) < 19 and int(length) > LARGEST:
        raise BodyError(413, f"Send at most {LARGEST // 1024} KiB.")
    parts: list[bytes] = []

    async def read() -> bytes:
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise BodyError(400, "The body did not arrive.")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > LARGEST:
                raise BodyError(413, f"Send at most {LARGEST // 1024} KiB.")
            if not message.get("more_body", False):
                return b"".join(parts)

    try:
        return await asyncio.wait_for(read(), BODY_SECONDS)
    except TimeoutError:
        raise BodyError(408, "The body did not arrive in time.") from None


def is_plain(headers: Headers, media: str) -> bool:
    """Whether a body is ``media`` in UTF-8, and not compressed."""
    kind, _, parameter = headers.get("content-type", "").partition(";")
    charset = parameter.strip().lower().replace('"', "")
    as_wanted = kind.strip().lower() == media and charset in ("", "charset=utf-8")
    return as_wanted and headers.get("content-encoding", "identity").lower() == "identity"
