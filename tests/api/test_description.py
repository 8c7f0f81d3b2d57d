"""The description is true: every operation of the table, every answer that a walk over all of them brings.

``KAGAZ_EXAMPLES=1 python -m pytest tests/api/test_description.py`` writes the examples anew from that walk.
"""

import json
import os
import re
from typing import Any

import pytest

from api.description import document
from api.description.answers import MODELS
from api.description.models.common import Problem
from settings import PROJECT
from tests.api.checker import TABLE, Checker
from tests.api.tour import Tour, walk

MORE = {("DELETE", "/sessions/{session_id}"), ("POST", "/stream/{stream_id}")}
EXAMPLES = PROJECT / "api/description/examples.json"


@pytest.fixture
def tour(client, desk) -> Tour:
    return walk(client, desk)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document.describe(TABLE)


def test_every_answer_of_the_walk_is_described_as_it_is(tour, described):
    checker = Checker(described)
    for step in tour.steps:
        assert not checker.hold(step.method, step.template, step.status, step.headers, step.body)


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
                assert not checker.fits(media["example"], media["schema"]), f"{method} {path}"
            for told in found["responses"].values():
                for media in told.get("content", {}).values():
                    if "example" in media:
                        assert not checker.fits(media["example"], media["schema"]), f"{method} {path}"
    for told in described["components"]["responses"].values():
        for media in told["content"].values():
            if "example" in media:
                assert not checker.fits(media["example"], media["schema"]), told["description"]


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


def test_an_answer_that_is_not_as_described_is_seen(alice, answers_as_described, monkeypatch):
    """The watch over every test's answers is no decoration."""
    monkeypatch.setattr(
        "desk.watchlists.lists", lambda *_: [{"watchlist_id": 1, "name": "x", "sections": {}, "gossip": "x"}]
    )
    assert alice.get("/api/v1/watchlists").status_code == 200
    wrong = list(answers_as_described.wrong)
    answers_as_described.wrong.clear()
    assert any("watchlist_id: 1 is not of type 'string'" in each for each in wrong)
    assert any("gossip" in each for each in wrong)
