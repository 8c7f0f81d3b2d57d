"""Answers that change seldom: who names the one they hold is told that it still holds."""

import hashlib
from typing import Any

import orjson

from api.call import Call
from api.reply import Reply
from web.etags import is_held


def tagged(call: Call, found: Any) -> Reply:
    """The answer with its ETag; 304 without a body where ``If-None-Match`` names it."""
    body = orjson.dumps(found)
    mark = hashlib.sha256(body).hexdigest()[:32]
    headers = {"etag": f'"{mark}"', "cache-control": "private, no-cache"}
    if is_held(call.headers.get("if-none-match", ""), mark):
        return Reply(304, None, headers)
    return Reply(200, body, headers)
