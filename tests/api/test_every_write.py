"""Every write of the table is tried field by field with what breaks Python stacks, and by what is no request of it.

The table says which writes there are and which fields each takes, so that a new one is tried by itself; what it would
take is the body that opens its door in tests/api/test_doors.py. Orders and money, and that nothing comes of nonsense,
are looked at more closely in tests/api/test_bad_inputs.py.
"""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from db.engine import Database
from desk import access, identity
from tests.api.checker import TABLE
from tests.api.conftest import as_bot, as_browser
from tests.api.test_bad_inputs import BODIES, MORE, NEVER, ROUTES, must_refuse, with_field
from tests.api.test_doors import QUERIES, Same, body_for, ids_of_alice, title
from tests.people import person

CLOSELY = {
    f"{method} {path.replace('{order}', '{order_id}').replace('{list}', '{watchlist_id}')}"
    for method, path, *_ in ROUTES
}
WRITES = [each for each in TABLE if each.method != "GET"]
BODIED = [each for each in WRITES if each.body and title(each) not in CLOSELY]
# A session makes and ends what gives entry; an administrator does what is an administrator's.
OF_SESSIONS = (
    *("/sessions", "/tokens", "/accounts/shares", "/admin/", "/auth/session"),
    *("/me", "/programs", "/feeds/vendors"),
)
# Fields in which words of any kind may be right, and those that are true or false.
WORDS = {"note", "name", "tag", "why", "old", "new", "api_key", "api_secret", "password", "user"}
FLAGS = {
    "flatten",
    "repeat",
    "active",
    "stop_at_refusal",
    "cover",
    "amo",
    "autoslice",
    "on",
    "reconnect",
    "record",
    "lasting",
}
# Right in their field besides: an empty list of orders or instruments, an automatic protection, any scope that exists.
RIGHT = {"legs": {"[]"}, "symbols": {"[]"}, "topics": {"[]"}, "market_protection": {"-1"}}
# An order in a basket is judged when it is placed: a step of the price, a trigger that its type has none of.
KEPT = {
    ("POST /baskets/{basket_id}/legs", "price", "1500.03"),
    ("POST /baskets/{basket_id}/legs", "trigger_price", "1500"),
}
GOOD: dict[str, dict[str, Any]] = {
    "PUT /accounts/shares": {"user": "carl", "account": "alice/main"},
    "POST /admin/users": {"name": "carol", "role": "trader", "cash": 1000, "email": None},
    "PATCH /admin/users/{name}": {"role": "analyst"},
    "POST /admin/invitations": {"user": "carl", "email": "carl@x.test"},
    "POST /risk/restrictions": {"instrument": "NSE:SBIN", "kind": "HALTED"},
    "POST /accounts": {"name": "swing"},
}


def good_for(each: Any) -> dict[str, Any]:
    return GOOD.get(title(each)) or dict(body_for(each) or {})


class Asker:
    """Whoever may do it, and the ids that alice's things have."""

    def __init__(self, client: TestClient, desk: Database) -> None:
        self.client, self.desk = client, desk
        self.ids = ids_of_alice(as_bot(client, desk, "alice")) | {"name": "carl", "email": "carl@x.test"}
        self.ids["program_id"] = str(identity.make_app(desk, "test", "alice").id)
        self.sent = 0

    def of(self, each: Any) -> TestClient:
        admin = each.path.startswith(("/admin/", "/risk/restrictions"))
        name = "root" if admin else "alice"
        made = as_browser if each.path.startswith(OF_SESSIONS) else as_bot
        return made(self.client, self.desk, name)

    def send(self, client: TestClient, each: Any, body: bytes, query: str = "", **headers: str) -> Any:
        self.sent += 1
        url = f"/api/v1{each.path.format(**self.ids)}{query}"
        told = {"content-type": "application/json", "idempotency-key": f"k{self.sent}", **headers}
        return client.request(each.method, url, content=body, headers=told)


@pytest.fixture
def asker(client: TestClient, desk: Database) -> Asker:
    person(desk, "carl", "trader")
    return Asker(client, desk)


def test_every_write_with_a_body_is_tried():
    with_bodies = {title(each) for each in WRITES if each.body}
    assert {name for name in CLOSELY if name not in with_bodies} == set()
    assert len(BODIED) >= 20


def is_right(field: str, raw: str) -> bool:
    if field in FLAGS:
        return raw in ("true", "false")
    return (field in WORDS and raw.startswith('"')) or raw in RIGHT.get(field, ())


@pytest.mark.parametrize("each", BODIED, ids=title)
def test_no_field_of_a_write_takes_what_it_should_not(asker, each):
    client, good = asker.of(each), good_for(each)
    assert set(good) <= set(each.body), "what opens the door is a body of this write"
    for field in each.body:
        for raw in [*NEVER, *MORE.get(field, [])]:
            answer = asker.send(client, each, with_field(good, field, raw))
            if is_right(field, raw) or (title(each), field, raw) in KEPT:
                assert answer.status_code < 500, (field, raw, answer.text)
            elif answer.status_code == 200 and each.path.startswith("/margins"):
                assert answer.json().get("refusals") or answer.json().get("legs"), (field, raw)
            else:
                must_refuse(answer, (title(each), field, raw[:60]))
    assert client.get("/api/v1/accounts").status_code == 200


def test_no_write_takes_a_body_that_is_none(asker):
    for each in BODIED:
        client, good = asker.of(each), good_for(each)
        for body, status in BODIES.items():
            assert must_refuse(asker.send(client, each, body), (title(each), body[:40]))["status"] == status, title(
                each
            )
        whole = json.dumps(good).encode()
        for kind in ("", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"):
            answer = asker.send(client, each, whole, **{"content-type": kind})
            assert must_refuse(answer, (title(each), kind))["status"] == 415
        packed = asker.send(client, each, whole, **{"content-encoding": "gzip"})
        assert must_refuse(packed, (title(each), "gzip"))["status"] == 415
        for name in ("Quantity", "user_id", "", "__proto__", "x" * 500, "é"):
            sent = json.dumps({**good, name: 1}).encode()
            problem = must_refuse(asker.send(client, each, sent), (title(each), name))
            assert 102 in {one["reason_code"] for one in problem["errors"]}, (title(each), name)
        must_refuse(asker.send(client, each, whole, "?what=1"), (title(each), "query"))


def test_no_write_without_a_body_takes_one_or_a_query_that_is_none(asker):
    for each in (one for one in WRITES if not one.body):
        client = asker.of(each)
        needed = "&".join(f"{name}={value}" for name, value in QUERIES.get(title(each), {}).items())
        for query in ("what=1", "account=%00", "%ff=1", "a", "x=" + "y" * 20_000, "account=a&account=b"):
            asked = f"?{needed}&{query}" if needed else f"?{query}"
            must_refuse(asker.send(client, each, b"", asked), (title(each), query[:20]))
        for body in (b"\x00", b"[" * 60_000, b'{"a":1,"a":2}', b"x" * 70_000, b"<order/>"):
            answer = asker.send(client, each, body, f"?{needed}" if needed else "")
            assert 400 <= answer.status_code < 500, (title(each), body[:10], answer.status_code)


def test_no_write_is_done_by_another_method(asker):
    client = asker.of(WRITES[0])
    for each in WRITES:
        methods = {one.method for one in TABLE if one.path == each.path}
        for method in sorted({"POST", "PUT", "PATCH", "DELETE", "BREW"} - methods):
            answer = client.request(method, f"/api/v1{each.path.format_map(Same('1'))}", content=b"{}")
            assert answer.status_code == 405, (title(each), method)
            assert set(answer.headers["allow"].split(", ")) == methods


def test_what_is_refused_in_one_field_was_done_in_none(asker, desk):
    """The writes above are refused as a whole: none leaves a part of itself."""
    browser = as_browser(asker.client, desk, "root")
    for each in (one for one in BODIED if one.path.startswith("/admin/users")):
        body = with_field(good_for(each), "role", '"king"')
        must_refuse(asker.send(browser, each, body), title(each))
    names = {row["name"]: row["role"] for row in browser.get("/api/v1/admin/users").json()["items"]}
    assert (names.get("carol"), names["carl"]) == (None, "trader")
    assert access.by_key(desk, "alice/main").key == "alice/main"
