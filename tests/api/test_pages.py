"""Lists come a page at a time, and the pages together are the list: none twice, none left out."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from api.description.answers import MODELS
from db.engine import Database
from desk import access
from tests.api.checker import TABLE
from tests.api.conftest import ORDER, as_bot, as_browser
from tests.floor import Floor
from tests.people import person

# What these list is few by its nature, or all of it is what is asked for.
WHOLE = {
    "DELETE /orders": "what this request cancelled",
    "POST /positions/exit": "what this request placed",
    "GET /positions": "a screen of one account, read at one instant",
    "GET /holdings": "the same",
    "GET /margins": "the same",
    "GET /search": "the best that fit what was typed, as many as limit says",
    "GET /calendar": "the holidays of a few years, from a date on",
    "GET /plans": "the brokers' published plans",
    "GET /me/sign-ins": "what one has linked to sign in with",
    "GET /admin/feeds": "markets of this house",
    "GET /admin/processes": "processes that were alive within the hour",
    "GET /admin/leaders": "markets of this house",
    "GET /admin/audit/actions": "kinds of entries",
}
LISTS = [each for each in TABLE if "Page" in getattr(MODELS.get((each.method, each.path)), "__name__", "")]
PAGED = [each for each in LISTS if "cursor" in each.query]
OF_ADMINISTRATORS = ("/admin", "/risk/limits")


def title(each: Any) -> str:
    return f"{each.method} {each.path}"


def test_every_list_has_pages_or_says_why_not():
    assert {title(each) for each in LISTS if each not in PAGED} == set(WHOLE)
    assert {title(each) for each in TABLE if "cursor" in each.query} == {title(each) for each in PAGED}


@pytest.fixture
def full(client: TestClient, desk: Database) -> dict[str, TestClient]:
    """A house with a few of everything that is listed."""
    alice, root, page = as_bot(client, desk, "alice"), as_bot(client, desk, "root"), as_browser(client, desk, "alice")
    office = as_browser(client, desk, "root")
    floor, browser = Floor(desk), {"idempotency-key": "k"}
    for name in ("carl", "cora", "cyril"):
        person(desk, name, "analyst")
        assert page.put("/api/v1/accounts/shares", json={"user": name, "account": "alice/main"}).status_code == 204
        assert page.post("/api/v1/tokens", json={"name": name}, headers={"idempotency-key": name}).status_code == 201
        assert page.post("/api/v1/programs", json={"name": name, "account": "alice/main"}).status_code == 201
        assert alice.post("/api/v1/watchlists", json={"name": name}).status_code == 201
        assert alice.post("/api/v1/baskets", json={"name": name}).status_code == 201
        assert alice.post("/api/v1/accounts", json={"name": name}).status_code == 201
        assert office.post(
            "/api/v1/admin/invitations", json={"user": name, "email": f"{name}@x.test"}, headers=browser
        ).status_code in (200, 201)
        as_browser(client, desk, "alice")
        assert alice.post("/api/v1/risk/kill", json={"account": f"alice/{name}"}).status_code == 200
        limit = {"scope": "ACCOUNT", "account": f"alice/{name}", "name": "OPEN_ORDERS", "value": 9}
        assert alice.post("/api/v1/risk/limits", json=limit).status_code == 201
    for price in (1490, 1491, 1492):
        order = alice.post("/api/v1/orders", json={**ORDER, "price": price}).json()
        floor.fill(access.by_key(desk, "alice/main").id, int(order["order_id"]), 1, price * 100)
        leg = {"trigger_price": 1450, "quantity": 1, "price": 1450}
        wish = {"symbol": "INFY", "exchange": "NSE", "side": "BUY", "product": "CNC", "legs": [leg]}
        assert alice.post("/api/v1/gtt", json=wish).status_code == 201
        alert = {"symbol": "INFY", "exchange": "NSE", "condition": "ABOVE", "level": price + 1000}
        assert alice.post("/api/v1/price-alerts", json=alert).status_code == 201
    for share, day in (("NSE:SBIN", "2030-01-15"), ("NSE:TCS", "2030-01-15"), ("NSE:INFY", "2030-01-16")):
        sent = {"kind": "SPLIT", "instrument": share, "ex_date": day, "ratio": "5:1"}
        assert root.post("/api/v1/admin/actions", json=sent).status_code == 201
    for act in ("kill", "rearm"):
        assert alice.post(f"/api/v1/risk/{act}", json={"account": "alice/main"}).status_code == 200
    with desk.connection() as connection:
        connection.execute(
            "insert into master_loads (vendor, source, as_of, actor, report)"
            " select 'upstox', 'a file', date '2026-11-23' + n, 'root', '{}' from generate_series(1, 3) n"
        )
        connection.execute(  # the day before had a trade as well
            "insert into trades select (jsonb_populate_record(t, jsonb_build_object('id', t.id + 1000000,"
            " 'trading_date', t.trading_date - 1, 'frame', t.frame + 1000000))).*"
            " from trades t order by t.id limit 1"
        )
        connection.execute(
            "insert into job_runs (market, job, trading_date, started_at) select 'sim', 'verify', d::date, d"
            " from generate_series(now() - interval '3 days', now(), interval '1 day') d"
        )
    return {"alice": page, "root": root}


def test_the_pages_together_are_the_list(full):
    few = []
    for each in PAGED:
        asker = full["root" if each.path.startswith(OF_ADMINISTRATORS) else "alice"]
        query = {"account": "alice/main"} if "account" in each.query else {}
        most = {"limit": 500} if each.path != "/instruments" else {"limit": 40}
        first = asker.get(f"/api/v1{each.path}", params={**query, **most})
        assert first.status_code == 200, first.text
        whole, cursor = first.json()["items"], None
        found: list[Any] = []
        while len(found) < len(whole):
            asked = {**query, "limit": 1 if each.path != "/instruments" else 9} | ({"cursor": cursor} if cursor else {})
            answer = asker.get(f"/api/v1{each.path}", params=asked)
            assert answer.status_code == 200, answer.text
            found += answer.json()["items"]
            cursor = answer.json()["next"]
            if cursor is None:
                break
        if each.path == "/instruments":
            found, whole = found[:36], whole[:36]
        if len(whole) < 2:
            few.append(title(each))
        assert [_known(row) for row in found] == [_known(row) for row in whole], each
    assert few == []


def _known(row: Any) -> Any:
    """A row without what tells of the clock."""
    return {name: value for name, value in row.items() if name not in ("last_used_at", "last_seen_at", "took_ms")}


@pytest.mark.parametrize("each", PAGED, ids=title)
def test_a_cursor_that_no_page_gave_is_refused_in_words(client, desk, each):
    asker = as_bot(client, desk, "root" if each.path.startswith(OF_ADMINISTRATORS) else "alice")
    for wrong in ("x", "-1", "१", "_w==", "AA==", "9" * 401, "", "1e3"):
        answer = asker.get(f"/api/v1{each.path}?cursor={wrong}")
        assert (answer.status_code, answer.json()["field"]) == (400, "cursor"), (wrong, answer.text)


def test_a_page_behind_a_row_that_has_gone_is_refused_in_words(alice):
    for name in ("one", "two"):
        alice.post("/api/v1/watchlists", json={"name": name})
    cursor = alice.get("/api/v1/watchlists?limit=1").json()["next"]
    assert alice.delete(f"/api/v1/watchlists/{cursor}").status_code == 204
    answer = alice.get(f"/api/v1/watchlists?cursor={cursor}")
    assert (answer.status_code, "first one again" in answer.json()["detail"]) == (400, True)
