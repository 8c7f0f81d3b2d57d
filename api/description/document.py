"""The whole document: FastAPI makes it of the models, and what is alike for all operations is added to it."""

import json
import re
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.call import Endpoint
from api.description import streams
from api.description.answers import MODELS
from api.description.models.common import Problem
from api.description.words import NEEDED, OF_ONE, WORDS
from desk import identity

PREFIX = "/api/v1"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
TAGGED = ("/instruments", "/calendar", "/charges")
"""Answers with an ETag."""
REFUSED = {
    400: "The request cannot be read: which field, and what to send instead",
    401: "No credential, or one that has ended",
    403: "Not allowed to you, or from this page",
    404: "There is no such thing for you",
    408: "The body did not arrive in time",
    409: "The order has ended, or the Idempotency-Key was used for another request",
    413: "The body is larger than 64 KiB",
    414: "The query is longer than 16 KiB",
    415: "The body is no plain JSON",
    422: "The market or the account forbids it",
    429: "Too many requests or orders: wait as long as Retry-After says",
    500: "A fault of ours: tell us the instance",
    503: "Starting or overloaded: come again after Retry-After, with the same key",
}
_HEADERS = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    429: {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds"}},
    503: {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds"}},
}


def describe(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The document. Its models are imported here and not at the start, whose orders they would hold up."""
    known = list(endpoints)
    found = get_openapi(
        title="Kagaz",
        version="1",
        openapi_version="3.1.0",
        description="A paper exchange for the Indian markets. What a description cannot say stands in docs/api.md.",
        routes=[_route(each) for each in known],
    )
    for each in known:
        _complete(found["paths"][PREFIX + each.path][each.method.lower()], each)
    found["paths"] |= streams.paths(PREFIX)
    parts = found["components"]
    parts["responses"] = {str(status): _refusal(status) for status in REFUSED}
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": identity.COOKIE},
    }
    found["security"] = [{"token": []}, {"session": []}]
    return found


def _route(each: Endpoint) -> APIRoute:
    """The operation as FastAPI sees it: its words, and the model of its answer."""

    async def described() -> None:
        """Never called: the table's resources answer."""

    return APIRoute(
        PREFIX + each.path,
        described,
        methods=[each.method],
        response_model=MODELS.get((each.method, each.path)),
        status_code=each.status,
        summary=each.summary,
        description=(each.handler.__doc__ or each.summary).strip(),
        operation_id=operation_id(each),
        tags=[each.path.split("/")[1].split(".")[0]],
        responses={503: {"model": MODELS["GET", "/ready"]}} if each.path == "/ready" else {400: {"model": Problem}},
    )


def operation_id(each: Endpoint) -> str:
    """The name that generators of clients give to the operation: ``get_orders_by_order_id``."""
    words = re.sub(r"{(\w+)}", r"by_\1", each.path).replace(".", "_").replace("-", "_").strip("/").split("/")
    return "_".join([each.method.lower(), *words])


def statuses(each: Endpoint) -> list[int]:
    """The refusals that an operation may answer with."""
    if each.inline:
        return []
    if each.public:
        return [400, 401, 403, 408, 413, 414, 415, 429, 500, 503] if each.method in WRITES else [500, 503]
    found = {400, 401, 403, 404, 414, 422, 429, 500, 503}
    return sorted(found | {408, 409, 413, 415} if each.method in WRITES else found)


def _complete(operation: dict[str, Any], each: Endpoint) -> None:
    """What FastAPI does not know of an operation: parameters, body, examples, refusals."""
    example = examples().get(f"{each.method} {each.path}", {})
    operation["parameters"] = _parameters(each)
    if each.body:
        content: dict[str, Any] = {"schema": _body(each)}
        if "sent" in example:
            content["example"] = example["sent"]
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    if each.public:
        operation["security"] = []
    done = operation["responses"][str(each.status)]
    done["description"] = HTTPStatus(each.status).phrase
    if (each.method, each.path) not in MODELS:
        done.pop("content", None)
    elif "answer" in example:
        done["content"]["application/json"]["example"] = example["answer"]
    if each.path == "/metrics":
        done["content"] = {"text/plain": {"schema": {"type": "string"}}}
    if each.path == "/openapi.json":
        done["content"] = {"application/json": {"schema": {"type": "object"}}}
    done["headers"] = _headers(each)
    if each.path == "/ready":
        operation["responses"]["503"] |= {"description": "Not yet: what is waited for", "headers": _HEADERS[503]}
        return
    operation["responses"] = {str(each.status): done}
    if each.path in TAGGED:
        operation["responses"]["304"] = {"description": "What you hold is still so", "headers": _headers(each)}
    for status in statuses(each):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/{status}"}


def _headers(each: Endpoint) -> dict[str, Any]:
    found = {"X-Request-Id": {"schema": {"type": "string"}, "description": "The log has it too"}}
    if each.path in TAGGED:
        found["ETag"] = {"schema": {"type": "string"}, "description": "Send it as If-None-Match"}
    if each.keyed:
        found["Idempotency-Replayed"] = {"schema": {"type": "string"}, "description": "true: the answer of before"}
    return found


def word(each: Endpoint, name: str) -> dict[str, Any]:
    """What a field of an operation is."""
    found: dict[str, Any] = OF_ONE.get((each.method, each.path), {}).get(name) or WORDS[name]
    return found


def _body(each: Endpoint) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: word(each, name) for name in each.body},
        "required": sorted(NEEDED.get((each.method, each.path), ())),
        "additionalProperties": False,
    }


def _parameters(each: Endpoint) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": "1"}
        for name in re.findall(r"{(\w+)}", each.path)
    ]
    needed = NEEDED.get((each.method, each.path), ())
    for name in each.query:
        schema = {"type": "string"} if name == "symbols" else word(each, name)
        found.append({"name": name, "in": "query", "required": name in needed, "schema": schema})
    if each.keyed:
        schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[ -~]+$"}
        text = "Required with a cookie: the same key never acts twice."
        header = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}
        found.append({**header, "description": text, "example": "7f3c"})
    if each.path in TAGGED:
        header = {"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}}
        found.append({**header, "description": "The ETag of the answer that you hold"})
    return found


def _refusal(status: int) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    example = examples().get(f"problem {status}")
    if example:
        content["example"] = example["answer"]
    found: dict[str, Any] = {"description": REFUSED[status], "content": {"application/problem+json": content}}
    return found | ({"headers": _HEADERS[status]} if status in _HEADERS else {})


@cache
def examples() -> dict[str, Any]:
    """A request and its answer for each operation, as a test has seen them."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
    return found
