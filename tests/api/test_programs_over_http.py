"""Programs with keys over HTTP: what the page Programs does, by who is signed in."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from db.engine import Database
from desk import identity
from tests.api.conftest import as_bot, as_browser

PROGRAMS = "/api/v1/programs"


@pytest.fixture
def browser(client: TestClient, desk: Database) -> TestClient:
    """alice's browser."""
    return as_browser(client, desk, "alice")


def made(browser: TestClient, **more: Any) -> Any:
    answer = browser.post(PROGRAMS, json={"name": "bot", **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def asked(browser: TestClient, program: Any, key: str, **body: Any) -> Any:
    headers = {"idempotency-key": key}
    return browser.post(f"{PROGRAMS}/{program['program_id']}/tokens", json=body, headers=headers)


def test_keys_are_told_once_open_the_gateway_and_end(client, desk, browser):
    program = made(browser, account="alice/main", scopes=["read"], redirect_url="http://127.0.0.1:5000/login")
    key = program["api_key"]
    given = asked(browser, program, "k").json()
    who = identity.principal_from_app(desk, key, given["access_token"])
    assert who is not None
    assert (who.name, who.scopes, given["expires_at"] is None) == ("alice", ("read",), False)
    lasting = asked(browser, program, "other", lasting=True).json()
    assert lasting["expires_at"] is None
    rows = as_bot(client, desk, "alice").get(PROGRAMS)
    assert [(each["name"], each["key_hint"]) for each in rows.json()["items"]] == [("bot", key[:4])]
    for secret in (key, program["api_secret"], given["access_token"]):
        assert secret not in rows.text
    assert browser.delete(f"{PROGRAMS}/{program['program_id']}").status_code == 204
    assert identity.principal_from_app(desk, key, lasting["access_token"]) is None
    assert browser.delete(f"{PROGRAMS}/{program['program_id']}").status_code == 404


def test_a_request_that_comes_twice_makes_one(desk, browser):
    program = made(browser)
    again = browser.post(PROGRAMS, json={"name": "bot"})
    assert (again.status_code, again.json()["field"]) == (400, "name")
    first, second = asked(browser, program, "k"), asked(browser, program, "k")
    assert first.json()["access_token"]
    assert (second.status_code, second.json()["access_token"]) == (201, None)
    assert second.headers["idempotency-replayed"] == "true"
    assert asked(browser, program, "k", lasting=True).status_code == 409
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda _: asked(browser, program, "at once").json()["access_token"], range(6)))
    assert len([each for each in told if each]) == 1
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda _: browser.post(PROGRAMS, json={"name": "racer"}).status_code, range(6)))
    assert sorted(codes) == [201, *[400] * 5]


def test_a_program_that_is_revoked_while_it_is_told_is_told(
    desk: Database, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = identity.make_own_app

    def make_and_lose(database: Database, principal: Any, *rest: Any, **more: Any) -> identity.NewApp:
        found = make(database, principal, *rest, **more)
        identity.revoke_app(database, principal, found.id)
        return found

    monkeypatch.setattr(identity, "make_own_app", make_and_lose)
    assert made(browser)["name"] == "bot"
    assert browser.get(PROGRAMS).json()["items"] == []


def test_a_key_of_an_api_token_is_no_key_of_an_access_token(browser):
    program = made(browser)
    assert browser.post("/api/v1/tokens", json={"name": "x"}, headers={"idempotency-key": "k"}).status_code == 201
    assert asked(browser, program, "k").status_code == 409
    assert asked(browser, program, "m").status_code == 201
    assert browser.post("/api/v1/tokens", json={"name": "x"}, headers={"idempotency-key": "m"}).status_code == 409


def test_anothers_program_does_not_exist(client, desk, browser):
    program, bob = made(browser), as_browser(client, desk, "bob")
    for number in (program["program_id"], "999"):
        ended = bob.delete(f"{PROGRAMS}/{number}")
        given = bob.post(f"{PROGRAMS}/{number}/tokens", json={}, headers={"idempotency-key": "k"})
        assert [each.status_code for each in (ended, given)] == [404, 404]
        assert {each.json()["detail"] for each in (ended, given)} == {"There is no such program."}
    assert bob.get(PROGRAMS).json()["items"] == []
    assert bob.post(PROGRAMS, json={"name": "x", "account": "alice/main"}).status_code == 404


def test_a_leaked_token_makes_no_program_and_ends_none(client, desk, browser):
    program, bot = made(browser), as_bot(client, desk, "alice")
    one = f"{PROGRAMS}/{program['program_id']}"
    refused = [bot.post(PROGRAMS, json={"name": "x"}), bot.post(f"{one}/tokens", json={}), bot.delete(one)]
    assert [each.status_code for each in refused] == [403] * 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x", "scopes": ["trade"]}, "scopes"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "redirect_url": "javascript:alert(1)"}, "redirect_url"),
        ({"name": "x", "redirect_url": "http://a b"}, "redirect_url"),
    ],
)
def test_a_program_that_cannot_be(browser, body, field):
    answer = browser.post(PROGRAMS, json=body)
    assert answer.status_code == 400
    assert answer.json()["field"] == field
