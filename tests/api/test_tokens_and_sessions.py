"""What who is signed in may see and end of their own: sessions elsewhere, and the tokens of their programs."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from desk import identity
from tests.api.conftest import ORDER, as_bot, as_browser
from tests.people import token

SESSIONS, TOKENS = "/api/v1/sessions", "/api/v1/tokens"


@pytest.fixture
def browser(client, desk) -> TestClient:
    """alice's browser."""
    return as_browser(client, desk, "alice")


def make(browser: TestClient, body: dict[str, Any], key: str | None = None) -> Any:
    """Ask for a token, with a key of its own where none is named."""
    return browser.post(TOKENS, json=body, headers={"idempotency-key": key or uuid.uuid4().hex})


def as_(client: TestClient, secret: str) -> TestClient:
    bot = TestClient(client.app, base_url="http://desk.test")
    bot.headers["authorization"] = f"Bearer {secret}"
    return bot


def test_sessions_are_listed_and_ended(client, desk, browser):
    code = identity.session_code(desk, identity.find(desk, "alice").id)
    phone = TestClient(client.app, base_url="http://desk.test", headers={"user-agent": "A phone\x01"})
    phone.headers["origin"] = "http://desk.test"
    phone.post("/api/v1/auth/session", json={"code": code})
    items = browser.get(SESSIONS).json()["items"]
    assert [(each["agent"], each["address"], each["current"]) for each in items] == [
        ("A phone", "testclient", False),
        (None, None, True),
    ]
    there = items[0]["session_id"]
    assert browser.delete(f"{SESSIONS}/{there}").status_code == 204
    assert phone.get("/api/v1/wallet").status_code == 401
    assert browser.delete(f"{SESSIONS}/{there}").status_code == 404
    assert [each["current"] for each in browser.get(SESSIONS).json()["items"]] == [True]


def test_all_others_end_at_once_and_this_one_stays(client, desk, browser):
    others = [as_browser(client, desk, "alice") for _ in range(3)]
    stranger = as_browser(client, desk, "bob")
    assert browser.delete(SESSIONS).json() == {"ended": 3}
    assert [each.get("/api/v1/wallet").status_code for each in (*others, browser, stranger)] == [401] * 3 + [200] * 2


def test_anothers_session_or_token_does_not_exist(client, desk, browser):
    bob = as_browser(client, desk, "bob")
    mine = browser.get(SESSIONS).json()["items"][0]["session_id"]
    made = make(browser, {"name": "bot"}).json()
    for path in (f"{SESSIONS}/{mine}", f"{TOKENS}/{made['token_id']}"):
        theirs, nobodys = bob.delete(path), bob.delete(path.rpartition("/")[0] + "/999")
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.json() | {"instance": 0} == nobodys.json() | {"instance": 0}
    assert as_(client, made["token"]).get("/api/v1/wallet").status_code == 200
    assert bob.get(TOKENS).json()["items"] == []


def test_a_token_is_told_once_and_does_what_it_was_made_for(client, desk, browser):
    made = make(browser, {"name": "bot", "scopes": ["read"], "account": "alice/main", "days": 30})
    assert made.status_code == 201
    told = made.json()
    assert told["token"].startswith("kagaz_")
    ends = datetime.fromisoformat(told["expires_at"]) - datetime.now(UTC)
    assert 29 <= ends.days <= 30
    listed = browser.get(TOKENS).json()["items"][0]
    assert listed == {name: value for name, value in told.items() if name not in ("token", "note")}
    assert (listed["scopes"], listed["account"], listed["last_used_at"]) == (["read"], "alice/main", None)
    bot = as_(client, told["token"])
    assert bot.get("/api/v1/wallet").status_code == 200
    assert bot.post("/api/v1/orders", json=ORDER).status_code == 403
    assert browser.get(TOKENS).json()["items"][0]["last_used_at"] is not None
    assert browser.delete(f"{TOKENS}/{told['token_id']}").status_code == 204
    assert bot.get("/api/v1/wallet").status_code == 401


def test_a_request_for_a_token_that_is_repeated_makes_no_second_one(client, desk, browser):
    before = len(browser.get(TOKENS).json()["items"])
    wish = {"name": "bot", "scopes": ["read"], "days": 30}
    first = make(browser, wish, "k")
    again = make(browser, wish, "k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    told = {name: value for name, value in first.json().items() if name not in ("token", "note")}
    assert told == {name: again.json()[name] for name in told}
    assert (first.json()["note"], again.json()["token"]) == (None, None)
    assert "shown then" in again.json()["note"]
    assert len(browser.get(TOKENS).json()["items"]) == before + 1
    other = make(browser, {**wish, "name": "other"}, "k")
    assert (other.status_code, other.json()["reason_code"]) == (409, 104)
    assert make(as_browser(client, desk, "bob"), {"name": "bot"}, "k").status_code == 201, "a key is its sender's own"
    assert as_(client, first.json()["token"]).get("/api/v1/wallet").status_code == 200
    assert browser.delete(f"{TOKENS}/{told['token_id']}").status_code == 204
    ended = make(browser, wish, "k")
    assert (ended.status_code, ended.json()["token"]) == (201, None), "nor does it bring back one that was ended"


def test_requests_for_a_token_that_come_at_once_make_one(client, desk):
    def ask(_: int) -> Any:
        return make(as_browser(client, desk, "alice"), {"name": "bot"}, "k").json()

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(ask, range(6)))
    assert len({each["token_id"] for each in told}) == 1
    assert len([each for each in told if each["token"] is not None]) == 1


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "name"),
        ({"name": ""}, 400, "name"),
        ({"name": "=cmd"}, 400, "name"),
        ({"name": "b", "scopes": []}, 400, "scopes"),
        ({"name": "b", "scopes": "read"}, 400, "scopes"),
        ({"name": "b", "scopes": ["admin"]}, 400, "scopes"),
        ({"name": "b", "scopes": [1]}, 400, "scopes"),
        ({"name": "b", "days": 0}, 400, "days"),
        ({"name": "b", "days": 3651}, 400, "days"),
        ({"name": "b", "days": True}, 400, "days"),
        ({"name": "b", "account": "bob/main"}, 404, "account"),
        ({"name": "b", "account": "alice/none"}, 404, "account"),
        ({"name": "b", "user": "root"}, 400, "user"),
    ],
)
def test_a_token_that_cannot_be_made(browser, body, status, field):
    before = browser.get(TOKENS).json()
    answer = make(browser, body)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert browser.get(TOKENS).json() == before


def test_a_leaked_token_makes_no_other_and_ends_itself_alone(client, desk, browser):
    bot = as_bot(client, desk, "alice")
    other = make(browser, {"name": "other"}).json()
    assert make(bot, {"name": "more"}).status_code == 403
    assert bot.delete(SESSIONS).status_code == 403
    assert bot.delete(f"{TOKENS}/{other['token_id']}").status_code == 403
    own = bot.get(TOKENS).json()["items"][1]  # the newest but the other one
    assert bot.delete(f"{TOKENS}/{own['token_id']}").status_code == 204
    assert bot.get("/api/v1/wallet").status_code == 401


def test_an_analysts_token_reads(client, desk):
    ana = as_browser(client, desk, "ana")
    made = make(ana, {"name": "notebook"}).json()
    assert made["scopes"] == ["read"]
    assert as_(client, made["token"]).get("/api/v1/orders?account=alice/main").status_code == 200
    more = make(ana, {"name": "more", "scopes": ["read", "trade"]}).json()
    assert as_(client, more["token"]).post("/api/v1/orders", json=ORDER).status_code == 403


def test_fifty_tokens_are_enough(desk, browser):
    for _ in range(50 - len(browser.get(TOKENS).json()["items"])):
        token(desk, "alice")
    answer = make(browser, {"name": "one more"})
    assert answer.status_code == 400
    assert "at most 50" in answer.json()["detail"]


@pytest.mark.parametrize("proto", ["http", "https"])
def test_the_cookie_of_https_is_no_cookie_of_http(client, desk, proto):
    code = identity.session_code(desk, identity.find(desk, "alice").id)
    headers = {"x-forwarded-proto": proto, "origin": f"{proto}://desk.test"}
    answer = client.post("/api/v1/auth/session", json={"code": code}, headers=headers)
    name, _, rest = answer.headers["set-cookie"].partition("=")
    value = rest.partition(";")[0]
    assert name == ("__Host-kagaz_session" if proto == "https" else "kagaz_session")
    for sent, expected in ((name, 200), ("kagaz_session" if proto == "https" else "__Host-kagaz_session", 401)):
        fresh = TestClient(client.app, base_url="http://desk.test")
        asked = {"x-forwarded-proto": proto, "cookie": f"{sent}={value}"}
        assert fresh.get("/api/v1/wallet", headers=asked).status_code == expected


def test_a_session_takes_the_place_of_the_providers_proof(client, desk):
    code = identity.session_code(desk, identity.find(desk, "alice").id)
    held = "_streamlit_user=x; _streamlit_user_1=y; _streamlit_user_tokens=z; _streamlit_xsrf=keep; other=keep"
    answer = client.post("/api/v1/auth/session", json={"code": code}, headers={"cookie": held})
    ended = {each.partition("=")[0] for each in answer.headers.get_list("set-cookie") if "Max-Age=0" in each}
    assert ended == {"_streamlit_user", "_streamlit_user_1", "_streamlit_user_tokens"}
