"""Price alerts over HTTP: made once, changed, rung on the stream."""

from datetime import UTC, datetime

import pytest

from core.gtt_watch import Hit
from desk import access, price_alert_ringing
from tests.api.conftest import as_bot
from tests.api.streaming import live
from tests.floor import INFY, AnyTerm, Floor
from tests.people import token
from tests.started import Started

PATH = "/api/v1/price-alerts"
WISH = {"symbol": "INFY", "exchange": "NSE", "condition": "ABOVE", "level": 1600}


def test_a_repeated_request_makes_one(alice):
    keyed = {"idempotency-key": "k"}
    first, again = (alice.post(PATH, json=WISH, headers=keyed) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = alice.post(PATH, json={**WISH, "level": 1700}, headers=keyed)
    assert (other.status_code, other.json()["reason_code"]) == (409, 104)
    assert len(alice.get(PATH).json()["items"]) == 1


def test_what_is_sent_changes_and_it_waits_anew(alice):
    number = alice.post(PATH, json={**WISH, "note": "Sell half"}).json()["price_alert_id"]
    one = f"{PATH}/{number}"
    changed = alice.patch(one, json={"measure": "CHANGE", "level": "-2.5", "condition": "BELOW", "repeat": True}).json()
    told = (changed["measure"], changed["level"], changed["condition"], changed["repeat"], changed["note"])
    assert told == ("CHANGE", -2.5, "BELOW", True, "Sell half")
    assert alice.get(one).json() == changed
    assert alice.get(f"{PATH}?status=done").json()["items"] == []
    assert alice.delete(one).status_code == 204
    assert alice.get(one).status_code == 404


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"level": -1}, "level"),
        ({"level": 1500}, "level"),
        ({"level": "1600.005"}, "level"),
        ({"level": 2.505, "measure": "CHANGE"}, "level"),
        ({"level": "+2", "measure": "CHANGE"}, "level"),
        ({"condition": "TOUCHES"}, "condition"),
        ({"note": "x" * 101}, "note"),
        ({"note": 1}, "note"),
        ({"repeat": "yes"}, "repeat"),
        ({"symbol": "NOSUCH"}, "symbol"),
    ],
)
def test_one_that_cannot_be_is_refused(alice, sent, field):
    answer = alice.post(PATH, json=WISH | sent)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["field"] == field
    assert alice.get(PATH).json()["items"] == []


@pytest.mark.parametrize(
    ("sent", "field"),
    [({}, None), ({"measure": "CHANGE"}, "level"), ({"level": -3}, "level"), ({"level": 1400}, "level")],
)
def test_a_change_that_cannot_be_is_refused(alice, sent, field):
    number = alice.post(PATH, json=WISH).json()["price_alert_id"]
    before = alice.get(f"{PATH}/{number}").json()
    answer = alice.patch(f"{PATH}/{number}", json=sent)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["field"] == field
    assert alice.get(f"{PATH}/{number}").json() == before


def test_it_rings_on_the_stream_of_its_owner_alone(client, desk, alice):
    number = int(alice.post(PATH, json=WISH).json()["price_alert_id"])
    account = access.by_key(desk, "alice/main")
    with (
        live(Started(desk)) as server,
        server.reading(token(desk, "alice"), "topics=alerts") as hers,
        server.reading(token(desk, "bob"), "topics=alerts,feed") as his,
    ):
        hers.until("snapshot")
        his.until("snapshot")
        now = int(datetime.now(UTC).timestamp() * 1000)
        hit = Hit(number, account.id, Floor(desk).instrument(INFY).id, 1, 160_005, 7, now)
        assert price_alert_ringing.fire(desk, AnyTerm(), hit) == 0
        told = hers.until("alert")
        heard = [his.next()[0] for _ in range(3)]
    assert (told["kind"], told["event"], told["instrument"]) == ("PRICE", "RANG", "NSE:INFY")
    assert (told["alert_id"], told["account"]) == (f"price-{number}-1", "alice/main")
    assert told["detail"] == "INFY rose to ₹1,600.05: its level ₹1,600.00 is reached."
    assert set(heard) == {"feed"}
    assert alice.get("/api/v1/alerts").json()["items"] == [told]
    assert as_bot(client, desk, "ana").get("/api/v1/alerts?account=alice/main").json()["items"] == [told]
