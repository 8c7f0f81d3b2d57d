"""The description is true: every operation of the table, every answer that a walk over all of them brings.

``KAGAZ_EXAMPLES=1 python -m pytest tests/api/test_description.py`` writes the examples anew from that walk.
"""

import json
import os
import re
from typing import Any

import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from api.app import endpoints
from api.description import document
from api.description.answers import MODELS
from api.description.models.common import Problem
from api.serving import Server
from api.stream import Streams
from settings import PROJECT
from tests.api.tour import Step, Tour, walk
from tests.started import Started

MORE = {("DELETE", "/sessions/{session_id}"), ("POST", "/stream/{stream_id}")}
EXAMPLES = PROJECT / "api/description/examples.json"
SERVER = Server(Started(None))
TABLE = (*endpoints(SERVER), Streams(SERVER).endpoint())


@pytest.fixture
def tour(client, desk) -> Tour:
    return walk(client, desk)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document.describe(TABLE)


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

    def hold(self, step: Step) -> None:
        found = self.document["paths"]["/api/v1" + step.template].get(step.method.lower())
        if found is None:
            assert step.status == 405, step
            return
        told = found["responses"].get(str(step.status))
        assert told, f"{step.method} {step.template} answered {step.status}, which is not described"
        told = self.document["components"]["responses"][told["$ref"].rsplit("/")[-1]] if "$ref" in told else told
        kind = step.headers.get("content-type", "").split(";")[0]
        assert kind in (told.get("content") or {"": None}), step
        for name in told.get("headers", {}):
            assert name.lower() in step.headers or name == "Idempotency-Replayed", (name, step)
        if told.get("content"):
            self.fits(step.body, told["content"][kind]["schema"], f"{step.method} {step.template}")

    def fits(self, body: Any, schema: Any, where: str) -> None:
        whole = json.loads(json.dumps(closed(schema)).replace('"#/components', '"urn:kagaz#/components'))
        wrong = sorted(jsonschema.Draft202012Validator(whole, registry=self.registry).iter_errors(body), key=str)
        assert not wrong, (where, [f"{each.json_path}: {each.message[:300]}" for each in wrong[:5]])


def test_every_answer_of_the_walk_is_described_as_it_is(tour, described):
    checker = Checker(described)
    for step in tour.steps:
        checker.hold(step)


def test_the_walk_comes_past_every_operation(tour):
    done = {(each.method, each.template) for each in tour.steps if each.status < 400}
    asked = {(each.method, each.template) for each in tour.steps}
    table = {(each.method, each.path) for each in TABLE}
    assert table - asked == {("GET", "/openapi.json")}
    # Of these a good answer needs more of a house than there is here; they have tests of their own.
    assert table - done == {("GET", "/openapi.json"), ("POST", "/auth/session"), *MORE}


def test_every_operation_that_answers_has_a_model_and_examples(described):
    bodiless = {(each.method, each.path) for each in TABLE if each.status in (204, 303)}
    told = {(each.method, each.path) for each in TABLE} - bodiless
    assert told - set(MODELS) == {("GET", "/metrics"), ("GET", "/openapi.json")}
    assert set(MODELS) <= told
    for each in TABLE:
        found = described["paths"]["/api/v1" + each.path][each.method.lower()]
        if each.body:
            assert "example" in found["requestBody"]["content"]["application/json"], each
        if (each.method, each.path) in MODELS:
            assert "example" in found["responses"][str(each.status)]["content"]["application/json"], each
    for status in document.REFUSED:
        assert str(status) in described["components"]["responses"]


def test_the_examples_fit_what_they_are_examples_of(described):
    checker = Checker(described)
    for path, methods in described["paths"].items():
        for method, found in methods.items():
            for media in (found.get("requestBody", {}).get("content", {}) or {}).values():
                checker.fits(media["example"], media["schema"], f"{method} {path}")
            for told in found["responses"].values():
                for media in told.get("content", {}).values():
                    if "example" in media:
                        checker.fits(media["example"], media["schema"], f"{method} {path}")
    for told in described["components"]["responses"].values():
        for media in told["content"].values():
            if "example" in media:
                checker.fits(media["example"], media["schema"], told["description"])


def test_names_of_operations_are_their_own(described):
    names = [found["operationId"] for methods in described["paths"].values() for found in methods.values()]
    assert len(names) == len(set(names))


def test_a_problem_has_what_every_client_reads():
    assert set(Problem.model_json_schema()["required"]) >= {"type", "title", "status", "detail", "instance", "errors"}


def test_examples_can_be_written_anew(tour):
    """Examples are what the walk saw; times and ids in them are of the day on which they were written."""
    found: dict[str, Any] = {}
    for step in tour.steps:
        name = f"{step.method} {step.template}" if step.status < 300 else f"problem {step.status}"
        if step.status == 405 or (step.template == "/ready" and step.status == 503):
            continue
        kept = found.setdefault(name, {})
        if step.sent is not None and step.status < 300:
            kept.setdefault("sent", step.sent)
        if isinstance(step.body, dict):
            kept.setdefault("answer", shortened(step.body))
    found = {name: each for name, each in sorted(found.items()) if each}
    found.setdefault("POST /auth/session", {"sent": {"code": "o6Yx1vQ2"}})
    found.setdefault("POST /stream/{stream_id}", {"sent": {"symbols": ["NSE:INFY"], "topics": ["quotes"]}})
    if os.environ.get("KAGAZ_EXAMPLES"):
        told = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
        # The names of the tests' people are secrets in the tests of what strangers may read.
        for name, other in (("alice", "asha"), ("bob", "ravi"), ("ana", "meera"), ("root", "admin")):
            told = re.sub(rf"\b{name}\b", other, told)
        EXAMPLES.write_text(told, "utf-8")
    assert set(found) == set(json.loads(EXAMPLES.read_text("utf-8")))


def shortened(body: Any) -> Any:
    """An example with lists of two at most."""
    if isinstance(body, dict):
        return {name: shortened(each) for name, each in body.items()}
    return [shortened(each) for each in body[:2]] if isinstance(body, list) else body
