"""Risk over HTTP: what a bot sees of its state, the switch, limits, and who may do what."""

import pytest

from tests.api.conftest import ORDER, as_bot


@pytest.fixture
def bots(client, desk):
    return as_bot(client, desk, "alice"), as_bot(client, desk, "bob"), as_bot(client, desk, "root")


def test_an_account_is_killed_and_re_armed(bots):
    alice, bob, root = bots
    placed = alice.post("/api/v1/orders", json=ORDER).json()
    assert bob.post("/api/v1/risk/kill", json={"account": "alice/main"}).status_code == 404
    told = alice.post("/api/v1/risk/kill", json={}).json()
    assert (told["state"], told["cancelled"]) == ("HALTED", 1)
    refused = alice.post("/api/v1/orders", json=ORDER)
    assert (refused.status_code, refused.json()["reason_code"]) == (422, 611)
    assert alice.get(f"/api/v1/orders/{placed['order_id']}").json()["status"] == "CANCELLED"
    stood = alice.get("/api/v1/risk").json()
    assert (stood["state"], stood["reason"]) == ("HALTED", "alice pressed the kill switch.")
    assert [each["decision"] for each in stood["decisions"]] == ["REFUSED", "HALTED"]
    assert alice.post("/api/v1/risk/rearm", json={}).json()["state"] == "ACTIVE"
    assert root.post("/api/v1/risk/kill", json={"account": "alice/main"}).status_code == 200
    own = alice.post("/api/v1/risk/rearm", json={})
    assert (own.status_code, own.json()["reason_code"]) == (403, 644)
    assert root.post("/api/v1/risk/rearm", json={"account": "alice/main"}).status_code == 200
    assert alice.post("/api/v1/orders", json=ORDER).status_code == 201


def test_a_market_is_an_administrators_to_stop(bots):
    alice, _, root = bots
    body = {"scope": "MARKET", "market": "sim"}
    assert alice.post("/api/v1/risk/kill", json=body).status_code == 403
    assert root.post("/api/v1/risk/kill", json=body).status_code == 200
    assert alice.post("/api/v1/orders", json=ORDER).json()["reason_code"] == 612
    assert root.post("/api/v1/risk/rearm", json=body).status_code == 200
    assert alice.post("/api/v1/orders", json=ORDER).status_code == 201


def test_limits_are_set_and_ended_by_who_may(bots):
    alice, bob, root = bots
    wish = {"scope": "ACCOUNT", "name": "ORDER_VALUE", "value": 1000}
    made = alice.post("/api/v1/risk/limits", json=wish)
    assert (made.status_code, made.json()["value"]) == (201, 1000)
    assert alice.post("/api/v1/orders", json=ORDER).json()["reason_code"] == 616
    assert bob.delete(f"/api/v1/risk/limits/{made.json()['id']}").status_code == 404
    assert alice.delete(f"/api/v1/risk/limits/{made.json()['id']}").status_code == 204
    assert alice.post("/api/v1/orders", json=ORDER).status_code == 201
    everybody = {"scope": "DEFAULT", "name": "OPEN_ORDERS", "value": 1}
    assert alice.post("/api/v1/risk/limits", json=everybody).json()["reason_code"] == 646
    assert root.post("/api/v1/risk/limits", json={**everybody, "value": 1.5}).status_code == 400
    assert root.post("/api/v1/risk/limits", json=everybody).status_code == 201
    assert alice.post("/api/v1/orders", json=ORDER).json()["reason_code"] == 615
    assert alice.get("/api/v1/risk/limits").status_code == 403
    assert "OPEN_ORDERS" in {each["name"] for each in root.get("/api/v1/risk/limits").json()["items"]}


def test_an_instrument_is_restricted_and_freed(bots):
    alice, _, root = bots
    wish = {"instrument": "NSE:INFY", "kind": "HALTED", "note": "news pending"}
    assert alice.post("/api/v1/risk/restrictions", json=wish).status_code == 403
    made = root.post("/api/v1/risk/restrictions", json=wish).json()
    refused = alice.post("/api/v1/orders", json=ORDER)
    assert (refused.json()["reason_code"], refused.json()["order_id"]) == (634, None)
    assert "news pending" in refused.json()["detail"]
    assert alice.get("/api/v1/risk").json()["restrictions"][0]["instrument"] == "NSE:INFY"
    assert root.delete(f"/api/v1/risk/restrictions/{made['id']}").status_code == 204
    assert alice.post("/api/v1/orders", json=ORDER).status_code == 201
