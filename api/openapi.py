"""The API described in OpenAPI 3.1, made from the same table that routes it."""

import re
from collections.abc import Iterable
from typing import Any

from api.call import Endpoint
from core.orders import OrderType, Product, Side, Validity
from desk import identity

_MONEY = {
    "oneOf": [{"type": "number"}, {"type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,2})?$"}],
    "description": "Rupees, at most two decimals",
}
_WORDS: dict[str, Any] = {
    "plan": {"type": "string", "examples": ["free-delivery", "flat-20", "zero"]},
    "account": {"type": "string", "description": "user/book; the session's or token's account if absent"},
    "symbol": {"type": "string", "examples": ["INFY"]},
    "exchange": {"enum": ["NSE", "BSE", "NFO", "BFO"]},
    "side": {"enum": list(Side)},
    "order_type": {"enum": list(OrderType)},
    "product": {"enum": list(Product)},
    "validity": {"enum": list(Validity), "default": "DAY"},
    "quantity": {"type": "integer", "minimum": 1},
    "disclosed_quantity": {"type": "integer", "minimum": 0},
    "price": _MONEY,
    "trigger_price": _MONEY,
    "validity_ttl": {"type": "integer", "minimum": 1, "description": "Minutes of a TTL order"},
    "iceberg_legs": {"type": "integer", "minimum": 2},
    "market_protection": {"type": "number", "minimum": -1, "maximum": 100, "description": "Per cent; -1: automatic"},
    "autoslice": {"type": "boolean", "default": False},
    "target_price": _MONEY,
    "stop_trigger": _MONEY,
    "stop_price": _MONEY,
    "cover": {"type": "boolean", "default": False, "description": "MIS, and its stop stays"},
    "order_id": {"type": "string", "description": "The order that rests and is to be changed"},
    "legs": {"type": "array", "items": {"type": "object"}, "description": "Orders, as docs/api.md lists their fields"},
    "copy_of": {"type": "string", "description": "The id of a basket to copy"},
    "stop_at_refusal": {"type": "boolean", "default": False},
    "amo": {"type": "boolean", "description": "Wait for the opening; absent: where the exchange is closed"},
    "from": {"enum": list(Product)},
    "to": {"enum": list(Product)},
    "scope": {"type": "string", "description": "Whom it is for: docs/risk.md lists them"},
    "user": {"type": "string"},
    "market": {"type": "string"},
    "flatten": {"type": "boolean", "default": False, "description": "Close the positions as well"},
    "instrument": {"type": "string", "examples": ["NSE:INFY"]},
    "value": _MONEY,
    "kind": {"type": "string"},
    "note": {"type": "string"},
    "scopes": {"type": "array", "items": {"enum": ["read", "trade"]}, "default": ["read", "trade"]},
    "days": {"type": "integer", "minimum": 1, "maximum": 3650, "description": "How long it lives; absent: no end"},
    "topics": {"type": "array", "items": {"type": "string"}},
    "amount": _MONEY,
    "tag": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9 _.:-]{0,39}$"},
    "code": {"type": "string"},
    "name": {"type": "string", "maxLength": 40},
    "symbols": {"type": "array", "items": {"type": "string"}, "maxItems": 500},
    "position": {"type": "integer", "minimum": 1},
    "status": {"enum": ["open", "done", "all"]},
    "date": {"type": "string", "format": "date"},
    "since": {"type": "string", "format": "date"},
    "until": {"type": "string", "format": "date"},
    "trips": {"type": "integer", "minimum": 1, "maximum": 5000},
    "start": {"type": "string", "format": "date-time"},
    "end": {"type": "string", "format": "date-time"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 5000},
}
_REQUIRED = frozenset(
    {"symbol", "exchange", "side", "order_type", "product", "quantity", "amount", "code", "name", "plan"}
)
_PROBLEM = {
    "description": "A problem: what was wrong and what to do",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}

# The stream is no question with an answer, so that it is told here in words.
_STREAM: dict[str, Any] = {
    "/api/v1/stream": {
        "get": {
            "summary": "Server-sent events: quotes, orders, trades, positions, wallet",
            "parameters": [
                {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
                for name in ("account", "symbols", "topics")
            ],
            "responses": {"200": {"description": "Events", "content": {"text/event-stream": {}}}, "4XX": _PROBLEM},
        }
    },
}


def describe(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The whole description."""
    paths: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        paths.setdefault(f"/api/v1{each.path}", {})[each.method.lower()] = _operation(each)
    paths |= _STREAM
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kagaz", "version": "1", "description": "A paper exchange for the Indian markets."},
        "paths": paths,
        "components": {
            "schemas": {"Problem": _problem()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": identity.COOKIE},
            },
        },
        "security": [{"token": []}, {"session": []}],
    }


def _operation(each: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = {
        "summary": each.summary,
        "description": (each.handler.__doc__ or "").strip(),
        "parameters": _parameters(each),
        "responses": {str(each.status): {"description": "Done"}, "4XX": _PROBLEM, "503": _PROBLEM},
    }
    if each.public:
        found["security"] = []
    if each.body:
        required = [] if each.method == "PATCH" else sorted(_REQUIRED & set(each.body))
        schema = {
            "type": "object",
            "properties": {name: _WORDS[name] for name in each.body},
            "required": required,
            "additionalProperties": False,
        }
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


def _parameters(each: Endpoint) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", each.path)
    ]
    for name in each.query:
        schema = {"type": "string"} if name == "symbols" else _WORDS.get(name, {"type": "string"})
        found.append({"name": name, "in": "query", "required": False, "schema": schema})
    if each.keyed:
        schema = {"type": "string", "minLength": 1, "maxLength": 64}
        text = "Required with a cookie: the same key never acts twice."
        header = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}
        found.append({**header, "description": text})
    return found


def _problem() -> dict[str, Any]:
    text, number = {"type": ["string", "null"]}, {"type": ["integer", "null"]}
    one = {"field": text, "reason_code": number, "detail": text}
    return {
        "type": "object",
        "properties": {
            "type": text,
            "title": text,
            "status": number,
            "instance": text,
            "order_id": text,
            **one,
            "errors": {"type": "array", "items": {"type": "object", "properties": one}},
        },
    }
