"""Every door of the API is tried without a key, with another's key, and from another's page."""

import pytest
from starlette.testclient import TestClient

from api.app import Path, application
from api.call import Endpoint
from api.description.document import examples
from db.engine import Database
from tests.api.conftest import ORDER, as_bot, as_browser, served
from tests.people import token
from tests.started import Started

ALL = [
    each
    for route in application(Started(None)).app.routes  # type: ignore[attr-defined]
    if isinstance(route, Path)
    for each in route.resource.endpoints.values()
]
GUARDED = [each for each in ALL if not each.public]
WRITES = [each for each in GUARDED if each.method != "GET"]
NAMED = [each for each in GUARDED if "{" in each.path]
# An administrator's rows are nobody's own: others are told 403 whatever they name.
OF_ADMINISTRATORS = {e.path for e in ALL if e.path.startswith(("/admin/", "/risk/restrictions"))}
# A token may not touch these, but itself: tests/api/test_tokens_and_sessions.py and others ask by cookie.
OF_WHO_IS_SIGNED_IN = (
    *("/sessions/{session_id}", "/tokens/{token_id}", "/feeds/vendors/{vendor}"),
    *("/programs/{program_id}", "/programs/{program_id}/tokens"),
)
# A stream is no row: it has tests of its own.
OWNED = [
    each
    for each in NAMED
    if "{stream_id}" not in each.path and each.path not in (*OF_ADMINISTRATORS, *OF_WHO_IS_SIGNED_IN)
]


LEG = {name: value for name, value in ORDER.items() if name != "account"}
GTT = {
    "symbol": "INFY", "exchange": "NSE", "side": "BUY", "product": "CNC",
    "legs": [{"trigger_price": 1450, "quantity": 1, "price": 1450}],
}  # fmt: skip
ALERT = {"symbol": "INFY", "exchange": "NSE", "condition": "ABOVE", "level": 1600}
LIMIT = {"scope": "ACCOUNT", "name": "OPEN_ORDERS", "value": 50}
OF_SIGNED_IN: dict[str, dict[str, object]] = {
    "/me/password": {"new": "a sentence of mine"},
    "/programs/{program_id}/tokens": {"lasting": True},
    "/feeds/vendors/{vendor}": {"api_key": "k-1", "api_secret": "s-1", "redirect_url": "http://desk.test/back"},
    "/feeds/market": {"feed": "upstox"},
    "/feeds/market/switch": {"market": "live/alice", "on": True},
}


class Same(dict[str, str]):
    """The same for every name in a path."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = value

    def __missing__(self, name: str) -> str:
        return self.value


def title(each: Endpoint) -> str:
    return f"{each.method} {each.path}"


def body_for(each: Endpoint) -> dict[str, object] | None:
    """A body that would do, so that nothing but the door can refuse."""
    if each.method in ("GET", "DELETE"):
        return None
    if each.path.startswith(("/admin/", "/accounts", "/wallet/reset")):
        sent: dict[str, object] | None = examples().get(f"{each.method} {each.path}", {}).get("sent")
        return sent
    if each.path == "/wallet/plan":
        return {"plan": "zero"}
    if each.path.startswith("/wallet"):
        return {"amount": 1}
    if each.path.startswith("/positions/convert"):
        return {"symbol": "INFY", "exchange": "NSE", "from": "MIS", "to": "CNC", "quantity": 1}
    if each.path == "/positions/exit":
        return {"symbol": "INFY", "exchange": "NSE", "product": "MIS"}
    if each.path == "/risk/limits":
        return dict(LIMIT)
    if each.path in ("/risk/kill", "/risk/rearm"):
        return {"scope": "ACCOUNT"}
    if each.path.startswith(("/watchlists", "/tokens")) or each.path == "/programs":
        return {"name": "mine"}
    if each.path in OF_SIGNED_IN:
        return dict(OF_SIGNED_IN[each.path])
    if each.path == "/watch-view":
        return {"base": "OPEN"}
    if each.path.startswith("/stream"):
        return {"symbols": []}
    if each.path.startswith("/price-alerts"):
        return dict(ALERT) if each.method == "POST" else {"level": 1700}
    if each.path.startswith("/gtt"):
        return dict(GTT) if each.method == "POST" else {"legs": [{"trigger_price": 1440}]}
    if each.path in ("/baskets", "/baskets/{basket_id}"):
        return {"name": "mine"}
    if each.path == "/margins/basket":
        return {"legs": [LEG]}
    if each.path.startswith("/baskets"):
        return dict(LEG) if each.path.endswith("/legs") else {"account": None}
    if "{order_id}" in each.path:
        return {"quantity": 5}
    return dict(ORDER)


QUERIES = {
    "DELETE /orders": {"status": "open"},
    "DELETE /accounts/shares": {"user": "ana"},
    "DELETE /me/sign-ins": {"issuer": "https://accounts.google.com", "subject": "1"},
    "DELETE /admin/calendar": {"date": "2030-01-15", "kind": "holiday"},
    "GET /quotes": {"symbols": "NSE:INFY"},
    "GET /year-ranges": {"symbols": "NSE:INFY"},
    "GET /candles": {"symbol": "NSE:INFY"},
    "GET /option-chain": {"underlying": "NSE:NIFTY 50"},
}


def ask(client: TestClient, each: Endpoint, path: str | None = None, **named: object):
    url = f"/api/v1{path or each.path.format_map(Same('1'))}"
    query = QUERIES.get(title(each), {}) if each.method == "DELETE" else {}
    return client.request(each.method, url, params=query, json=body_for(each), **named)


def test_the_table_covers_the_api():
    assert {each.path for each in ALL if each.public} == {
        "/health",
        "/ready",
        "/openapi.json",
        "/auth/session",
    }
    assert len(WRITES) >= 12
    assert len(NAMED) >= 6


NO_KEYS = (
    None,
    "Bearer wrong",
    "Bearer ",
    "Bearer",
    "Basic YTpi",
    "Bearer kagaz_" + "x" * 43,
    "Bearer \xff",
    "x" * 5000,
)


@pytest.mark.changes_nothing
@pytest.mark.parametrize("each", GUARDED, ids=title)
def test_no_door_opens_without_a_key(client, each):
    for authorization in NO_KEYS:
        headers = {"origin": "http://desk.test"} | ({"authorization": authorization} if authorization else {})
        answer = ask(client, each, headers={name: value.encode("latin-1") for name, value in headers.items()})
        assert answer.status_code == 401, authorization
        assert answer.json()["reason_code"] == 800
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.changes_nothing
@pytest.mark.parametrize("each", GUARDED, ids=title)
def test_a_wrong_token_is_not_saved_by_a_cookie(client, desk, each):
    browser = as_browser(client, desk, "alice")
    assert ask(browser, each, headers={"authorization": "Bearer wrong"}).status_code == 401


def ids_of_alice(alice: TestClient) -> dict[str, str]:
    order = alice.post("/api/v1/orders", json=ORDER)
    assert order.status_code == 201, order.text
    made = alice.post("/api/v1/watchlists", json={"name": "secret"})
    gtt = alice.post("/api/v1/gtt", json=GTT)
    basket = alice.post("/api/v1/baskets", json={"name": "secret", "legs": [LEG]})
    alert = alice.post("/api/v1/price-alerts", json=ALERT)
    limit = alice.post("/api/v1/risk/limits", json=LIMIT)
    assert limit.status_code == 201, limit.text
    return {
        "order_id": order.json()["order_id"], "watchlist_id": made.json()["watchlist_id"], "stream_id": "1",
        "gtt_id": gtt.json()["gtt_id"], "basket_id": basket.json()["basket_id"],
        "price_alert_id": alert.json()["price_alert_id"],
        "limit_id": limit.json()["id"], "restriction_id": "1", "session_id": "1", "token_id": "1",
        "action_id": "1", "name": "1", "email": "1", "program_id": "1", "vendor": "upstox",
    }  # fmt: skip


@pytest.fixture(scope="module")
def kept(still_desk: Database) -> dict[str, dict[str, str]]:
    """What alice and bob have, for tests that change nothing of it."""
    with served(still_desk) as client:
        return {name: ids_of_alice(as_bot(client, still_desk, name)) for name in ("alice", "bob")}


@pytest.fixture(scope="module")
def reading(still_desk: Database) -> str:
    """A token of alice's that may only read."""
    return token(still_desk, "alice", scopes=("read",))


@pytest.mark.parametrize("each", OWNED, ids=title)
def test_what_is_anothers_does_not_exist(alice, bob, each):
    ids = ids_of_alice(alice)
    missing = {name: str(int(value) + 999) if value.isdigit() else value for name, value in ids.items()}
    theirs = ask(bob, each, each.path.format(**ids))
    nobodys = ask(bob, each, each.path.format(**missing))
    assert theirs.status_code == nobodys.status_code == 404
    drop = {"instance": None}
    assert theirs.json() | drop == nobodys.json() | drop
    assert ask(alice, each, each.path.format(**ids)).status_code in (200, 204)


# A token makes neither a token nor a program, for whatever account.
WITH_ACCOUNT = [e for e in GUARDED if "account" in (*e.query, *e.body) and e.path not in ("/tokens", "/programs")]


@pytest.mark.changes_nothing
@pytest.mark.parametrize("each", WITH_ACCOUNT, ids=title)
def test_anothers_account_does_not_exist(bob, kept, each):
    ids = kept["bob"]
    query = {"account": "alice/main"} if "account" in each.query else {}
    query |= QUERIES.get(title(each), {})
    body = body_for(each)
    body = body | {"account": "alice/main"} if body and "account" in each.body else body
    answer = bob.request(each.method, f"/api/v1{each.path.format(**ids)}", params=query, json=body)
    assert answer.status_code == 404, answer.text
    assert "alice" not in answer.text


NO_IDS = ("0", "-1", "1.0", "x", "१", "9" * 40, "%00", "1%20", "..", "1;drop")
OTHER_PAGES = (
    *(None, "null", "", "https://evil.test", "http://desk.test.evil.test", "http://desk.test:81"),
    *("https://desk.test", "http://desk.test@evil.test", "http://evil.test/desk.test", "desk.test"),
    "http://desk.test\x80",
)


@pytest.mark.changes_nothing
@pytest.mark.parametrize("each", NAMED, ids=title)
def test_an_id_that_is_none_names_nothing(alice, each):
    for wrong in NO_IDS:
        if wrong == ".." and each.path.endswith("/tokens"):
            continue  # whoever asks makes another address of it, that of all tokens
        answer = ask(alice, each, each.path.format_map(Same(wrong)))
        assert answer.status_code in (
            404,
            405,
            *((403,) if each.path in (*OF_ADMINISTRATORS, *OF_WHO_IS_SIGNED_IN) else ()),
        ), wrong


@pytest.mark.changes_nothing
@pytest.mark.parametrize("each", WRITES, ids=title)
def test_a_cookie_writes_from_its_own_page_alone(client, desk, each):
    browser = as_browser(client, desk, "alice")
    before = browser.get("/api/v1/orders").json()
    del browser.headers["origin"]
    for origin in OTHER_PAGES:
        headers = {"idempotency-key": "k", **({} if origin is None else {"origin": origin})}
        answer = ask(browser, each, headers={name: value.encode("latin-1") for name, value in headers.items()})
        assert answer.status_code == 403, origin
        assert answer.json()["reason_code"] == 802
    assert browser.get("/api/v1/orders").json() == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://desk.test"}, 201),
        ({"origin": "http://desk.test:80"}, 201),
        ({"origin": "HTTP://DESK.TEST"}, 201),
        ({"origin": "https://desk.test", "x-forwarded-proto": "https"}, 201),
        ({"origin": "http://desk.test", "x-forwarded-proto": "https"}, 403),
        ({"origin": "https://team.example"}, 201),
        ({"origin": "https://team.example:8443"}, 403),
    ],
)
def test_which_pages_are_ours(client, desk, monkeypatch, headers, status):
    monkeypatch.setenv("KAGAZ_ORIGINS", "https://team.example")
    import settings

    settings.load.cache_clear()
    browser = as_browser(client, desk, "alice")
    answer = browser.post("/api/v1/orders", json=ORDER, headers={"idempotency-key": "k", **headers})
    assert answer.status_code == status, answer.text


@pytest.mark.changes_nothing
@pytest.mark.parametrize("each", [each for each in GUARDED if each.keyed], ids=title)
def test_a_cookie_writes_with_a_key_alone(client, desk, each):
    browser = as_browser(client, desk, "alice")
    missing = ask(browser, each)
    assert (missing.status_code, missing.json()["reason_code"]) == (400, 103)
    for bad in ("", "x" * 65, "é", "tab\tinside"):
        wrong = ask(browser, each, headers={"idempotency-key": bad.encode("latin-1")})
        assert (wrong.status_code, wrong.json()["field"]) == (400, "Idempotency-Key")


@pytest.mark.changes_nothing
@pytest.mark.parametrize("each", WRITES, ids=title)
def test_an_analyst_and_a_reading_token_write_nothing(client, desk, alice, kept, reading, each):
    ids = kept["alice"]
    before = alice.get("/api/v1/orders").json()
    reader = TestClient(client.app, base_url="http://desk.test", headers={"authorization": f"Bearer {reading}"})
    for who in (as_bot(client, desk, "ana"), reader):
        answer = ask(who, each, each.path.format(**ids))
        if each.path.startswith(("/margins", "/stream")) or each.path.endswith(("/margin", "/estimate")):
            assert answer.status_code in (200, 404)  # an estimate and a wish for symbols write nothing
        else:
            assert answer.status_code in (403, 404), answer.text
    assert alice.get("/api/v1/orders").json() == before


def test_an_administrator_reads_but_does_not_trade_for_others(client, desk, alice):
    ids = ids_of_alice(alice)
    root = as_bot(client, desk, "root")
    assert root.get("/api/v1/orders?account=alice/main").json()["items"][0]["order_id"] == ids["order_id"]
    assert root.get(f"/api/v1/orders/{ids['order_id']}").status_code == 200
    assert root.delete(f"/api/v1/orders/{ids['order_id']}").status_code == 403
    assert root.post("/api/v1/orders", json={**ORDER, "account": "alice/main"}).status_code == 403


def test_a_password_that_must_change_comes_first(client, desk: Database):
    browser = as_browser(client, desk, "alice")
    with desk.connection() as connection:
        connection.execute("update users set must_change_password = true where name = 'alice'")
    from desk.remember import forget_all

    forget_all()
    assert browser.get("/api/v1/wallet").status_code == 403
    assert browser.delete("/api/v1/auth/session").status_code == 204
