"""Holds answers against the document: whichever test asks, what comes is described as it is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import jsonschema
import orjson
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from starlette.types import Message, Receive, Scope, Send

from api.app import endpoints
from api.call import Endpoint
from api.description import document
from api.serving import Resource, Server
from api.stream import Streams
from tests.started import Started

_SERVER = Server(Started(None))
TABLE: tuple[Endpoint, ...] = (*endpoints(_SERVER), Streams(_SERVER).endpoint())


def closed(node: Any) -> Any:
    """The schema with no room for keys that it does not name: clients are told to ignore them, tests are not."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    told = {name: closed(each) for name, each in node.items()}
    if "properties" in told:
        told["additionalProperties"] = False
    return told


class Checker:
    """Holds answers against a document."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.document = described
        parts = closed({"components": {"schemas": described["components"]["schemas"]}})
        self.registry: Any = Registry().with_resource("urn:kagaz", DRAFT202012.create_resource(parts))
        self._validators: dict[str, Any] = {}

    def hold(self, method: str, template: str, status: int, headers: dict[str, str], body: Any) -> list[str]:
        """What is wrong with an answer; nothing, where it is as described. ``template`` is the path without prefix."""
        where = f"{method} {template} {status}"
        found = self.document["paths"].get("/api/v1" + template, {}).get(method.lower())
        if found is None:
            return [] if status == 405 else [f"{where}: no such operation"]
        told = found["responses"].get(str(status))
        if not told:
            return [f"{where}: the status is not described"]
        told = self.document["components"]["responses"][told["$ref"].rsplit("/")[-1]] if "$ref" in told else told
        kind = headers.get("content-type", "").split(";")[0]
        if kind not in (told.get("content") or {"": None}):
            return [f"{where}: the content type {kind!r} is not described"]
        wrong = [
            f"{where}: the header {name} is missing"
            for name in told.get("headers", {})
            if name.lower() not in headers and name != "Idempotency-Replayed"
        ]
        if told.get("content"):
            wrong += [f"{where}: {each}" for each in self.fits(body, told["content"][kind]["schema"])]
        return wrong

    def fits(self, body: Any, schema: Any) -> list[str]:
        """Where a body is not as the schema has it."""
        name = json.dumps(schema, sort_keys=True)
        if name not in self._validators:
            whole = json.loads(json.dumps(closed(schema)).replace('"#/components', '"urn:kagaz#/components'))
            self._validators[name] = jsonschema.Draft202012Validator(whole, registry=self.registry)
        wrong = sorted(self._validators[name].iter_errors(body), key=str)
        return [f"{each.json_path}: {each.message[:300]}" for each in wrong[:5]]


class Watch:
    """Stands between the API and who asks, and keeps what is answered otherwise than described."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.held = 0

    @cached_property
    def checker(self) -> Checker:
        """Of the whole table; made once, when the first answer comes."""
        return Checker(document.describe(TABLE))

    @contextmanager
    def standing(self) -> Iterator["Watch"]:
        """Every answer of every resource of this process passes by until the block ends."""
        plain = Resource.__call__

        async def watched(resource: Resource, scope: Scope, receive: Receive, send: Send) -> None:
            heard: list[Message] = []

            async def hear(message: Message) -> None:
                heard.append(message)
                await send(message)

            await plain(resource, scope, receive, hear)
            self.look(resource.path, scope["method"], heard)

        Resource.__call__ = watched  # type: ignore[assignment, method-assign]
        try:
            yield self
        finally:
            Resource.__call__ = plain  # type: ignore[method-assign]

    def look(self, path: str, method: str, heard: list[Message]) -> None:
        """One answer, as it went over the line."""
        if method == "HEAD" or not heard:
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in heard[0]["headers"]}
        raw = b"".join(each.get("body", b"") for each in heard[1:])
        body = orjson.loads(raw) if "json" in headers.get("content-type", "") else raw.decode() or None
        self.held += 1
        self.wrong += self.checker.hold(method, path, heard[0]["status"], headers, body)
