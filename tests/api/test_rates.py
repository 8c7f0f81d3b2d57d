"""How often one token may ask: reads and writes apart, told with Retry-After; what lessens risk is never bounded."""

import pytest
from starlette.testclient import TestClient

import settings
from api.rates import AT_ONCE
from tests.api.conftest import ORDER, as_bot, as_browser


@pytest.fixture
def bounded(monkeypatch):
    """One request a second in the long run."""
    monkeypatch.setenv("KAGAZ_API_RATE", "1")
    monkeypatch.setenv("KAGAZ_ORDER_RATE", "1000")
    settings.load.cache_clear()


def statuses(client: TestClient, method: str, path: str, times: int, body=None) -> list[int]:
    return [client.request(method, f"/api/v1{path}", json=body).status_code for _ in range(times)]


def test_reads_are_bounded_by_token_and_told_how_long_to_wait(bounded, client, desk):
    alice, again = as_bot(client, desk, "alice"), as_bot(client, desk, "alice")
    assert statuses(alice, "GET", "/watchlists", AT_ONCE) == [200] * AT_ONCE
    refused = [alice.get("/api/v1/watchlists") for _ in range(3)][-1]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["reason_code"] == 600
    assert "1 reads a second" in refused.json()["detail"]
    assert again.get("/api/v1/watchlists").status_code == 200  # another token of the same user
    assert alice.post("/api/v1/watchlists", json={"name": "mine"}).status_code == 201  # writes are counted apart


def test_writes_are_bounded_and_what_lessens_risk_is_not(bounded, client, desk):
    alice = as_bot(client, desk, "alice")
    placed = alice.post("/api/v1/orders", json=ORDER).json()["order_id"]
    found = statuses(alice, "PATCH", f"/orders/{placed}", AT_ONCE + 3, {"price": 1490})
    assert 429 in found
    assert alice.delete(f"/api/v1/orders/{placed}").status_code == 200
    assert alice.delete("/api/v1/orders?status=open").status_code == 200
    assert alice.post("/api/v1/risk/kill", json={"scope": "ACCOUNT"}).status_code == 200


def test_a_session_is_bounded_too_and_health_is_not(bounded, client, desk):
    page = as_browser(client, desk, "alice")
    assert 429 in statuses(page, "GET", "/watchlists", AT_ONCE + 3)
    assert set(statuses(page, "GET", "/health", AT_ONCE + 3)) == {200}
    page.headers["idempotency-key"] = "k"
    assert page.delete("/api/v1/auth/session").status_code == 204  # whoever leaves may leave


def test_nought_sets_no_bound(monkeypatch, client, desk):
    monkeypatch.setenv("KAGAZ_API_RATE", "0")
    monkeypatch.setenv("KAGAZ_ORDER_RATE", "1000")
    settings.load.cache_clear()
    assert set(statuses(as_bot(client, desk, "alice"), "GET", "/watchlists", 30)) == {200}
