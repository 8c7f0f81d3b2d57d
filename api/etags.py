"""Answers that change seldom: who names the one they hold is told that it still holds."""

import hashlib
from typing import Any

import orjson

from api.call import Call
from api.reply import Reply


def tagged(call: Call, found: Any) -> Reply:
    """The answer with its ETag; 304 without a body where ``If-None-Match`` names it."""
    body = orjson.dumps(found)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    sent = call.headers.get("if-none-match", "")
    if etag in {each.strip().removeprefix("W/") for each in sent.split(",")} or sent.strip() == "*":
        return Reply(304, None, headers)
    return Reply(200, body, headers)
