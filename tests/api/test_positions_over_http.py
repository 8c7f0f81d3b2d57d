"""Positions over HTTP: to another product and back, asked for twice, refused in sentences, and left at the market."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from core.reasons import Reason
from db.engine import Database
from desk import access
from tests.floor import Floor

INFY = {"symbol": "INFY", "exchange": "NSE"}
CONVERT = {**INFY, "from": "MIS", "to": "CNC", "quantity": 10}


@pytest.fixture
def held(desk: Database) -> Floor:
    """alice holds 20 INFY intraday, bought at 1,500."""
    floor = Floor(desk)
    floor.buy(access.by_key(desk, "alice/main").id, 20, "NSE:INFY", 150_000, "MIS")
    return floor


def positions(client: TestClient) -> dict[str, int]:
    rows: list[dict[str, Any]] = client.get("/api/v1/positions").json()["items"]
    return {row["product"]: row["quantity"] for row in rows if row["quantity"]}


def test_a_conversion_says_first_what_it_takes_and_then_takes_it_once(held: Floor, alice: TestClient) -> None:
    before = alice.get("/api/v1/wallet").json()
    told = alice.post("/api/v1/positions/convert/estimate", json=CONVERT)
    assert told.status_code == 200
    assert told.json()["refusals"] == []
    assert alice.get("/api/v1/wallet").json()["cash"] == before["cash"], "an estimate moves nothing"
    key = {"Idempotency-Key": "convert-1"}
    done = alice.post("/api/v1/positions/convert", json=CONVERT, headers=key)
    assert done.status_code == 201
    body = done.json()
    assert (body["from"], body["to"], body["quantity"], body["average_price"]) == ("MIS", "CNC", 10, 1500)
    assert body["required"] == told.json()["required"]
    again = alice.post("/api/v1/positions/convert", json=CONVERT, headers=key)
    assert again.json() == body
    assert again.headers["idempotency-replayed"] == "true"
    assert positions(alice) == {"MIS": 10, "CNC": 10}
    after = alice.get("/api/v1/wallet").json()
    assert after["invested"] - before["invested"] == 15_000
    assert round(before["cash"] - after["cash"], 2) == body["required"]
    back = alice.post("/api/v1/positions/convert", json={**CONVERT, "from": "CNC", "to": "MIS"})
    assert back.status_code == 201
    assert positions(alice) == {"MIS": 20}


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"quantity": 21}, Reason.POSITION_NOT_FREE, "quantity"),
        ({"to": "NRML"}, Reason.CONVERSION_NOT_OFFERED, "to"),
        ({"from": "CNC", "to": "MIS"}, Reason.POSITION_NOT_HELD, "quantity"),
        ({"quantity": 0}, Reason.QUANTITY_NOT_POSITIVE, "quantity"),
    ],
)
def test_a_conversion_that_cannot_be_changes_nothing(
    held: Floor, alice: TestClient, change: dict[str, object], reason: Reason, field: str
) -> None:
    refused = alice.post("/api/v1/positions/convert", json=CONVERT | change)
    assert 400 <= refused.status_code < 500
    assert (refused.json()["reason_code"], refused.json()["field"]) == (reason, field)
    assert positions(alice) == {"MIS": 20}


def test_an_exit_is_sent_once_however_often_it_is_asked(held: Floor, alice: TestClient) -> None:
    leave = {**INFY, "product": "MIS"}
    first = alice.post("/api/v1/positions/exit", json=leave, headers={"Idempotency-Key": "exit-1"})
    assert first.status_code == 200
    (order,) = first.json()["items"]
    assert (order["side"], order["quantity"], order["order_type"]) == ("SELL", 20, "MARKET")
    for headers in ({"Idempotency-Key": "exit-1"}, {}):
        more = alice.post("/api/v1/positions/exit", json=leave, headers=headers)
        assert more.status_code == 200
        assert len(alice.get("/api/v1/orders?status=open").json()["items"]) == 1
    held.fill(access.by_key(held.database, "alice/main").id, int(order["order_id"]), 20, 150_000)
    assert alice.post("/api/v1/positions/exit", json=leave).json()["items"] == []
    assert positions(alice) == {}


def test_nobody_touches_another_s_positions(held: Floor, bob: TestClient, alice: TestClient) -> None:
    for path, body in (("convert", CONVERT), ("exit", {**INFY, "product": "MIS"})):
        refused = bob.post(f"/api/v1/positions/{path}", json={**body, "account": "alice/main"})
        assert refused.status_code in (403, 404)
    assert positions(alice) == {"MIS": 20}
