"""Orders, money and lists through the door, as a bot and a browser use them."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from tests.api.conftest import ORDER, as_browser


def test_an_order_from_the_browser_with_its_key(client, desk):
    browser = as_browser(client, desk, "alice")
    body = {**ORDER, "price": 1499.5, "tag": "swing 1"}
    first = browser.post("/api/v1/orders", json=body, headers={"idempotency-key": "ticket-1"})
    assert first.status_code == 201
    row = first.json()
    assert (row["account"], row["symbol"], row["price"], row["tag"]) == ("alice/main", "INFY", 1499.5, "swing 1")
    assert (row["status"], row["pending_quantity"], row["client_order_id"]) == ("OPEN", 10, "ticket-1")
    again = browser.post("/api/v1/orders", json=body, headers={"idempotency-key": "ticket-1"})
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json() == row
    other = browser.post("/api/v1/orders", json={**body, "quantity": 11}, headers={"idempotency-key": "ticket-1"})
    assert (other.status_code, other.json()["reason_code"]) == (409, 104)
    assert len(browser.get("/api/v1/orders").json()["items"]) == 1


def test_a_bot_needs_no_key(alice):
    ids = {alice.post("/api/v1/orders", json=ORDER).json()["order_id"] for _ in range(3)}
    assert len(ids) == 3


def test_the_life_of_an_order(alice):
    placed = alice.post("/api/v1/orders", json=ORDER).json()
    url = f"/api/v1/orders/{placed['order_id']}"
    changed = alice.patch(url, json={"quantity": 5, "price": "1490.00"})
    assert (changed.status_code, changed.json()["quantity"], changed.json()["price"]) == (200, 5, 1490)
    assert changed.json()["version"] > placed["version"]
    assert alice.patch(url, json={"account": "alice/main", "quantity": 6}).json()["quantity"] == 6
    assert alice.delete(url).json()["status"] == "CANCELLED"
    final = alice.delete(url)
    assert (final.status_code, final.json()["reason_code"]) == (409, 701)
    assert alice.patch(url, json={"quantity": 7}).status_code == 409
    told = alice.get(url).json()
    assert [each["event"] for each in told["history"]] == ["PLACED", "MODIFIED", "MODIFIED", "CANCELLED"]
    assert told["trades"] == []


def test_all_working_orders_at_once(alice, bob):
    for client in (alice, bob):
        for _ in range(2):
            assert client.post("/api/v1/orders", json=ORDER).status_code == 201
    done = alice.delete("/api/v1/orders?status=open")
    assert done.status_code == 200
    assert [each["status"] for each in done.json()["items"]] == ["CANCELLED"] * 2
    assert alice.get("/api/v1/orders?status=open").json()["items"] == []
    assert len(bob.get("/api/v1/orders?status=open").json()["items"]) == 2
    assert alice.delete("/api/v1/orders?status=open").json()["items"] == []
    assert alice.delete("/api/v1/orders").json()["field"] == "status"


def test_risk_refuses_with_the_order_it_wrote(alice):
    refused = alice.post("/api/v1/orders", json={**ORDER, "quantity": 90_000})
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert problem["reason_code"] == 500
    assert alice.get(f"/api/v1/orders/{problem['order_id']}").json()["status"] == "REJECTED"


def test_pages_follow_their_cursor(alice):
    ids = [alice.post("/api/v1/orders", json={**ORDER, "quantity": 1}).json()["order_id"] for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = alice.get(f"/api/v1/orders?limit=2{cursor and '&cursor=' + cursor}").json()
        seen += [each["order_id"] for each in page["items"]]
        cursor = page["next"]
    assert seen == ids[::-1]


def test_money_in_and_out_is_the_wallet_after_it(alice):
    before = alice.get("/api/v1/wallet").json()
    added = alice.post("/api/v1/wallet/deposit", json={"amount": "100.10"}, headers={"idempotency-key": "d1"})
    assert added.status_code == 201
    assert round(added.json()["cash"] - before["cash"], 2) == 100.10
    again = alice.post("/api/v1/wallet/deposit", json={"amount": 100.10}, headers={"idempotency-key": "d1"})
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    taken = alice.post("/api/v1/wallet/withdraw", json={"amount": 100.10})
    assert taken.json()["cash"] == before["cash"]
    too_much = alice.post("/api/v1/wallet/withdraw", json={"amount": 999_999_999})
    assert (too_much.status_code, too_much.json()["field"]) == (422, "amount")
    ledger = alice.get("/api/v1/wallet/ledger?limit=2").json()["items"]
    assert [each["amount"] for each in ledger] == [100.1, 100.1]


def test_an_estimate_writes_nothing(alice):
    before = alice.get("/api/v1/wallet").json()["version"]
    answer = alice.post("/api/v1/margins", json=ORDER)
    assert answer.status_code == 200
    assert answer.json()["refusals"] == []
    assert answer.json()["required"] > 15_000
    assert alice.get("/api/v1/wallet").json()["version"] == before


def test_watchlists_from_end_to_end(alice, bob):
    assert len(alice.get("/api/v1/watchlists").json()["items"]) == 1
    made = alice.post("/api/v1/watchlists", json={"name": "banks", "symbols": ["NSE:SBIN", "NSE:INFY"]})
    assert made.status_code == 201
    url = f"/api/v1/watchlists/{made.json()['watchlist_id']}"
    assert alice.patch(url, json={"symbols": ["NSE:INFY"]}).json()["symbols"] == ["NSE:INFY"]
    assert alice.patch(url, json={"name": "tech", "position": 1}).json()["name"] == "tech"
    assert alice.get("/api/v1/watchlists").json()["items"][0]["name"] == "tech"
    assert alice.post("/api/v1/watchlists", json={"name": "tech"}).json()["field"] == "name"
    assert alice.patch(url, json={"symbols": ["NSE:NOPE"]}).json()["field"] == "symbols"
    assert alice.delete(url).status_code == 204
    assert alice.get(url).status_code == 404


def test_instruments_are_asked_again_only_when_they_changed(alice):
    first = alice.get("/api/v1/instruments?limit=3")
    assert len(first.json()["items"]) == 3
    same = alice.get("/api/v1/instruments?limit=3", headers={"if-none-match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    other = alice.get("/api/v1/instruments?limit=4", headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200


def test_quotes_search_and_candles(alice):
    quotes = alice.get("/api/v1/quotes?symbols=NSE:INFY,NSE:X").json()
    assert quotes["items"]["NSE:INFY"]["last_price"] == 1500
    assert quotes["unknown"] == ["NSE:X"]
    assert alice.get("/api/v1/search?q=infy").json()["items"][0]["key"] == "NSE:INFY"
    assert alice.get("/api/v1/candles?symbol=NSE:INFY&interval=1d").json()["symbol"] == "NSE:INFY"


@how(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(paise=st.integers(26_000, 36_000).map(lambda step: step * 5))
def test_every_price_arrives_as_it_was_sent(alice, paise):
    text = f"{paise // 100}.{paise % 100:02d}"
    number = paise / 100
    for sent in (text, number):
        row = alice.post("/api/v1/orders", json={**ORDER, "quantity": 1, "price": sent}).json()
        if paise % 10 == 0:
            assert round(row["price"] * 100) == paise
        else:
            assert row["reason_code"] == 303


@pytest.mark.parametrize("path", ["/wallet", "/orders", "/trades", "/positions", "/holdings", "/wallet/ledger"])
def test_the_account_may_be_named(alice, path):
    named = alice.get(f"/api/v1{path}?account=alice/main")
    assert named.status_code == 200
    assert named.json()["version"] == alice.get(f"/api/v1{path}").json()["version"]
