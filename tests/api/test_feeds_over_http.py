"""Live feeds over HTTP: their state without prices, and the way to a vendor's login and back."""

from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

import settings
from core.vendors import Vendor
from db.engine import Database
from desk import identity, jobs, live, market, vendors
from tests.api.conftest import as_bot, as_browser
from tests.desk.test_vendors import KEY, SECRET, UPSTOX
from tests.people import signed_in

FEEDS = "/api/v1/feeds"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGAZ_SEALING_KEY", "k" * 32)
    settings.load.cache_clear()


@pytest.fixture
def owner(desk: Database) -> str:
    """alice with an Upstox app and a live market, whose feed has told something."""
    _, alice = signed_in(desk, "alice")
    vendors.put(desk, alice, Vendor.UPSTOX, UPSTOX)
    name = live.choose(desk, alice, Vendor.UPSTOX)
    told = {"feed": "upstox", "state": "LIVE", "reason": "Connected.", "messages": 7, "dropped": {"late": 2}}
    market.save_feed(desk, name, told, None)
    jobs.beat(desk, "market", name)
    return name


def test_the_owner_and_an_administrator_see_how_a_feed_is_and_others_do_not(
    owner: str, client: TestClient, desk: Database
) -> None:
    for name, sees in (("alice", [owner]), ("root", [owner]), ("bob", [])):
        body = as_bot(client, desk, name).get(FEEDS).json()
        assert [each["market"] for each in body["items"]] == sees
        assert KEY not in str(body)
        assert SECRET not in str(body)
        for each in body["items"]:
            assert (each["state"], each["dropped"], each["lines"][0]["messages"]) == ("LIVE", {"late": 2}, 7)
    states = {name: as_bot(client, desk, name).get(FEEDS).json()["vendors"][0]["state"] for name in ("alice", "root")}
    assert states == {"alice": "CONNECT", "root": "NONE"}


def outcome(answer: object) -> str:
    assert answer.status_code == 303, answer.text  # type: ignore[attr-defined]
    where = urlsplit(answer.headers["location"])  # type: ignore[attr-defined]
    assert where.path == "/feeds"
    return parse_qs(where.query)["login"][0]


def test_a_browser_goes_to_the_vendor_and_comes_back_once(owner: str, client: TestClient, desk: Database) -> None:
    browser = as_browser(client, desk, "alice")
    there = browser.get(f"{FEEDS}/upstox/login", follow_redirects=False)
    assert there.status_code == 303
    assert there.headers["referrer-policy"] == "no-referrer"
    asked = parse_qs(urlsplit(there.headers["location"]).query)
    assert asked["client_id"] == [KEY]
    assert SECRET not in there.headers["location"]
    back = {"state": asked["state"][0], "code": "code-of-alice"}
    answer = browser.get(f"{FEEDS}/upstox/callback", params=back, follow_redirects=False)
    assert outcome(answer) == "connecting"
    assert "code-of-alice" not in answer.headers["location"] + answer.text
    taken = vendors.take_code(desk)
    assert taken is not None
    assert (taken.code, taken.credential.user_id) == ("code-of-alice", identity.find(desk, "alice").id)
    again = browser.get(f"{FEEDS}/upstox/callback", params=back, follow_redirects=False)
    assert outcome(again) == "lost"
    assert vendors.take_code(desk) is None


@pytest.mark.parametrize("name", ["bob", "root"])
def test_nobody_finishes_anothers_login(owner: str, client: TestClient, desk: Database, name: str) -> None:
    there = as_browser(client, desk, "alice").get(f"{FEEDS}/upstox/login", follow_redirects=False)
    state = parse_qs(urlsplit(there.headers["location"]).query)["state"][0]
    stolen = as_browser(client, desk, name).get(
        f"{FEEDS}/upstox/callback", params={"state": state, "code": "mine"}, follow_redirects=False
    )
    assert outcome(stolen) == "lost"
    assert vendors.take_code(desk) is None


def test_a_declined_login_and_nonsense_lead_back_to_the_page(owner: str, client: TestClient, desk: Database) -> None:
    browser = as_browser(client, desk, "alice")
    there = browser.get(f"{FEEDS}/upstox/login", follow_redirects=False)
    state = parse_qs(urlsplit(there.headers["location"]).query)["state"][0]
    declined = {"state": state, "error": "access_denied", "extra": "1"}
    assert outcome(browser.get(f"{FEEDS}/upstox/callback", params=declined, follow_redirects=False)) == "declined"
    for params in ({}, {"code": "x"}, {"state": "x" * 500, "code": "y"}, {"state": "z", "code": "\x07"}):
        assert outcome(browser.get(f"{FEEDS}/upstox/callback", params=params, follow_redirects=False)) == "lost"


def test_a_token_begins_no_login(owner: str, client: TestClient, desk: Database) -> None:
    answer = as_bot(client, desk, "alice").get(f"{FEEDS}/upstox/login", follow_redirects=False)
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["login", "callback?state=x&code=y"])
def test_a_browser_without_a_session_is_led_to_the_page_and_a_program_is_told(client: TestClient, path: str) -> None:
    accept = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
    person = client.get(f"{FEEDS}/upstox/{path}", headers={"accept": accept}, follow_redirects=False)
    assert outcome(person) == "signed-out"
    assert person.headers["referrer-policy"] == "no-referrer"
    assert not person.content
    program = client.get(f"{FEEDS}/upstox/{path}", headers={"accept": "application/json"}, follow_redirects=False)
    assert (program.status_code, program.json()["reason_code"]) == (401, 800)
    listed = client.get(FEEDS, headers={"accept": accept}, follow_redirects=False)
    assert listed.status_code == 401, "what only programs ask for stays theirs"


def test_an_owner_does_over_http_what_the_page_does(owner: str, client: TestClient, desk: Database) -> None:
    page, bot = as_browser(client, desk, "alice"), as_bot(client, desk, "alice")
    switched = f"{FEEDS}/market/switch"

    def now() -> dict[str, object]:
        (found,) = bot.get(FEEDS).json()["items"]
        return found

    for sent, name, value in (({"on": False}, "running", False), ({"on": True}, "running", True)):
        assert bot.post(switched, json={"market": owner, **sent}).status_code == 204
        assert now()[name] is value
    assert bot.post(switched, json={"market": owner, "record": True}).status_code == 204
    assert now()["recording"] is not None
    assert bot.post(switched, json={"market": owner, "record": False}).status_code == 204
    assert now()["recording"] is None
    assert bot.post(switched, json={"market": owner, "reconnect": True}).status_code == 204
    for sent in ({}, {"on": True, "reconnect": True}, {"on": True, "record": True}, {"reconnect": False}):
        assert bot.post(switched, json={"market": owner, **sent}).json()["field"] == "on"
    other = as_bot(client, desk, "bob").post(switched, json={"market": owner, "on": False})
    assert (other.status_code, now()["running"]) == (404, True)
    assert bot.put(f"{FEEDS}/market", json={"feed": "truedata"}).status_code == 404  # nothing is typed in for it
    assert bot.put(f"{FEEDS}/vendors/upstox", json=UPSTOX).status_code == 403  # a token brings none of its own
    assert page.put(f"{FEEDS}/vendors/truedata", json={"user": "u-1", "password": SECRET}).status_code == 204
    both = bot.put(f"{FEEDS}/market", json={"feed": "upstox", "backup": "truedata"})
    assert (both.status_code, both.json()) == (200, {"market": owner, "running": True})
    assert now()["backup"] == "truedata"
    assert SECRET not in bot.get(FEEDS).text
    assert page.put(f"{FEEDS}/vendors/upstox", json={"user": "u-1"}).status_code == 400
    for _ in range(2):
        answer = page.delete(f"{FEEDS}/vendors/truedata")
    assert answer.status_code == 404  # it was forgotten the first time
    assert as_bot(client, desk, "ana").put(f"{FEEDS}/market", json={"feed": "upstox"}).status_code == 403
