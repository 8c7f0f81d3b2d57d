"""Contract notes and plans through the door: whose they are, and what cannot be asked."""

import pytest

from desk import access
from tests.api.conftest import as_bot
from tests.floor import Floor


def traded(desk, name="alice"):
    floor = Floor(desk)
    account = access.by_key(desk, f"{name}/main").id
    floor.buy(account, 50, "NSE:INFY", 150_000)
    return floor


def test_a_note_is_its_owners_and_her_readers(client, desk, alice, bob):
    floor = traded(desk)
    found = alice.get(f"/api/v1/contract-notes?date={floor.trading_date}").json()
    assert (found["account"], found["total"], found["booked"], found["final"]) == ("alice/main", 88.81, 89.06, False)
    assert [each["symbol"] for each in found["scrips"]] == ["INFY"]
    assert alice.get("/api/v1/contract-notes").json() == found
    ana = as_bot(client, desk, "ana", scopes=("read",))
    assert ana.get("/api/v1/contract-notes?account=alice/main").json()["total"] == 88.81
    assert bob.get("/api/v1/contract-notes?account=alice/main").status_code == 404


def test_a_report_is_its_owners_and_her_readers_and_adds_up(client, desk, alice, bob):
    traded(desk)
    found = alice.get("/api/v1/pnl?trips=10").json()
    assert (found["account"], found["reconciliation"]["balanced"], len(found["days"])) == ("alice/main", True, 1)
    assert found["charges"]["total"] == found["reconciliation"]["charges"] == 89.06
    assert [each["name"] for each in found["symbols"]] == ["INFY"]
    day = found["days"][0]["date"]
    assert alice.get(f"/api/v1/pnl?since={day}&until={day}").json()["days"] == found["days"]
    assert alice.get("/api/v1/pnl?until=2020-01-01").json()["days"] == []
    ana = as_bot(client, desk, "ana", scopes=("read",))
    assert ana.get("/api/v1/pnl?account=alice/main").json()["symbols"] == found["symbols"]
    assert bob.get("/api/v1/pnl?account=alice/main").status_code == 404
    assert alice.get("/api/v1/pnl?since=2026-11-24&until=2026-11-23").status_code == 400


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [("?date=2020-01-01", 404, 753), ("?date=yesterday", 400, 100), ("?day=2026-11-23", 400, 102), ("", 404, 753)],
)
def test_what_has_no_note(bob, query, status, code):
    answer = bob.get(f"/api/v1/contract-notes{query}")
    assert (answer.status_code, answer.json()["reason_code"]) == (status, code)


def test_a_plan_is_chosen_by_its_owner_or_an_administrator_and_read_by_readers(client, desk, alice, bob):
    assert [each["plan"] for each in alice.get("/api/v1/plans").json()["items"]] == ["free-delivery", "flat-20", "zero"]
    answer = alice.put("/api/v1/wallet/plan", json={"plan": "zero"})
    assert (answer.status_code, answer.json()["plan"], answer.json()["next_plan"]) == (200, "free-delivery", "zero")
    ana = as_bot(client, desk, "ana")
    assert ana.get("/api/v1/wallet/plan?account=alice/main").json()["next_plan"] == "zero"
    assert ana.put("/api/v1/wallet/plan", json={"account": "alice/main", "plan": "flat-20"}).status_code == 403
    assert bob.put("/api/v1/wallet/plan", json={"account": "alice/main", "plan": "flat-20"}).status_code == 404
    root = as_bot(client, desk, "root")
    assert root.put("/api/v1/wallet/plan", json={"account": "alice/main", "plan": "flat-20"}).status_code == 200
    assert alice.get("/api/v1/wallet/plan").json()["next_plan"] == "flat-20"
    assert alice.put("/api/v1/wallet/plan", json={"plan": "gold"}).json()["reason_code"] == 752
