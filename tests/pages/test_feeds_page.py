"""The page Feeds and the administrator's view of feeds: no secret is shown again, and nothing is a dead end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import settings
from core.reasons import Refusal
from core.vendors import Vendor
from desk import admin, identity, jobs, live, masters, vendors
from desk import market as markets
from tests.desk.test_vendors import SECRET, TRUEDATA, UPSTOX
from tests.floor import Floor
from tests.pages.conftest import words
from tests.people import credential_of, signed_in

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGAZ_SEALING_KEY", "k" * 32)
    settings.load.cache_clear()


def shown(app: AppTest) -> str:
    assert not app.exception
    tables = "\n".join(each.value.to_string() for each in app.dataframe)
    return "\n".join([words(app), tables, *(str(each.value) for each in (*app.warning, *app.info))])


def set_up(floor: Floor, name: str = "asha") -> Any:
    _, who = signed_in(floor.database, name)
    vendors.put(floor.database, who, Vendor.UPSTOX, UPSTOX)
    return who


def says(floor: Floor, market: str, told: dict[str, Any]) -> None:
    """A market's process lives, and says this of its feed."""
    markets.save_feed(floor.database, market, told, None)
    jobs.beat(floor.database, "market", market)


def test_nothing_is_set_up(open_as: Open) -> None:
    text = shown(open_as("asha", "feeds"))
    assert "Not set up" in text
    assert "not even an administrator" in text


def test_a_vendor_is_typed_in_and_not_shown_again(open_as: Open, floor: Floor) -> None:
    app = open_as("asha", "feeds", live=True)
    fields = {each.label: each for each in app.text_input}
    assert fields["Redirect URL"].value.endswith("/api/v1/feeds/upstox/callback")
    fields["Redirect URL"].input(UPSTOX["redirect_url"])
    fields["API key"].input(UPSTOX["api_key"])
    fields["API secret"].input(SECRET)
    next(each for each in app.button if each.label == "Keep").click()
    app.run()
    text = shown(app)
    assert "Connect again" in text
    assert SECRET not in text
    assert all(each.value != SECRET for each in app.text_input)
    user = identity.find(floor.database, "asha").id
    assert credential_of(floor.database, user, Vendor.UPSTOX).fields["api_secret"] == SECRET


def test_a_missing_field_is_told(open_as: Open) -> None:
    app = open_as("asha", "feeds")
    next(each for each in app.button if each.label == "Keep").click()
    app.run()
    assert [each.value for each in app.error] == ["API key is missing."]


def test_the_live_market_is_switched_on_and_its_book_chosen(open_as: Open, floor: Floor) -> None:
    open_as("asha")
    who = set_up(floor)
    vendors.put(floor.database, who, Vendor.TRUEDATA, TRUEDATA)
    app = open_as("asha", "feeds")
    next(each for each in app.selectbox if each.label.startswith("And when")).select(Vendor.TRUEDATA)
    next(each for each in app.button if each.label == "Save and start").click()
    app.run()
    state = markets.state(floor.database, "live/asha")
    assert (state.running, state.feed, state.backup) == (True, "upstox", "truedata")
    assert "live/asha" in shown(app)
    next(each for each in app.button if each.label == "Trade in asha/live-main").click()
    app.run()
    assert "You are in asha/live-main" in shown(app)
    next(each for each in app.button if each.label == "Stop").click()
    app.run()
    assert not app.exception
    assert markets.state(floor.database, "live/asha").running is False


@pytest.mark.parametrize("outcome", ["connecting", "declined", "lost", "signed-out", "nonsense"])
def test_each_way_back_from_a_login_is_told(open_as: Open, floor: Floor, outcome: str) -> None:
    open_as("asha")
    set_up(floor)
    text = shown(open_as("asha", "feeds", login=outcome))
    assert ("declined" in text) is (outcome == "declined")
    assert ("Connect again" in text) or outcome == "connecting"


def test_a_token_shows_its_end_and_a_refusal_its_sentence(open_as: Open, floor: Floor) -> None:
    open_as("asha")
    who = set_up(floor)
    credential = credential_of(floor.database, who.user_id, Vendor.UPSTOX)
    vendors.connected(floor.database, credential, "today's token", datetime.now(UTC) + timedelta(hours=3))
    text = shown(open_as("asha", "feeds"))
    assert "token until" in text
    assert "today's token" not in text
    vendors.refused(floor.database, who.user_id, Vendor.UPSTOX, "Upstox said 401.", drop_token=True)
    assert "Upstox said 401" in shown(open_as("asha", "feeds"))


def test_counters_and_failovers_are_shown_to_the_owner(open_as: Open, floor: Floor) -> None:
    open_as("asha")
    who = set_up(floor)
    market = live.ensure(floor.database, who.user_id, "asha", Vendor.UPSTOX, Vendor.TRUEDATA, on=True)
    told = {
        "feed": "truedata", "state": "LIVE", "reason": "Connected.", "messages": 12_345, "lag_p99": 250, "failovers": 3,
        "wanted": 20, "confirmed": 18, "reduced": 2, "dropped": {"late": 7}, "passed": 99,
        "other": {"feed": "upstox", "state": "BACKING_OFF", "reason": "The line was lost."},
    }  # fmt: skip
    says(floor, market, told)
    text = shown(open_as("asha", "feeds"))
    for part in ("12,345", "changed to the other feed 3 times", "late 7", "The line was lost.", "TrueData (shown)"):
        assert part in text, part


def test_a_price_that_is_not_believed_is_named_to_the_owner_and_to_no_administrator(
    open_as: Open, floor: Floor
) -> None:
    open_as("asha")
    who = set_up(floor)
    market = live.ensure(floor.database, who.user_id, "asha", Vendor.UPSTOX, on=True)
    number = masters.get(floor.database).by_key["NSE:INFY"].id
    doubted = {"instrument": number, "price": 240_000, "lower": 133_200, "upper": 162_800}
    gone = {**doubted, "instrument": 2**31 - 1}
    told = {"feed": "upstox", "state": "LIVE", "dropped": {"beyond_range": 4}, "doubted": [doubted, gone]}
    says(floor, market, told)
    assert "INFY at ₹2,400.00 is outside ₹1,332.00 to ₹1,628.00" in shown(open_as("asha", "feeds"))
    seen = shown(open_as("root", "admin", role="admin", view="Feeds"))
    assert "beyond range 4" in seen
    assert "2,400" not in seen
    health = open_as("root", "admin", role="admin", view="Health")
    assert not health.exception
    (counters,) = health.json
    assert "beyond_range" in counters.value
    assert "240000" not in counters.value
    assert "240000" not in str(admin.feeds(floor.database))


def test_what_a_process_that_is_gone_said_last_is_not_shown_as_how_the_feed_is(open_as: Open, floor: Floor) -> None:
    open_as("asha")
    who = set_up(floor)
    market = live.ensure(floor.database, who.user_id, "asha", Vendor.UPSTOX, on=True)
    told = {"feed": "upstox", "state": "LIVE", "reason": "Connected to Upstox."}
    markets.save_feed(floor.database, market, told, None)
    text = shown(open_as("asha", "feeds"))
    assert "The feed is being started." in text
    assert "Connected to Upstox." not in text
    says(floor, market, told)
    assert "Connected to Upstox." in shown(open_as("asha", "feeds"))
    with floor.database.connection() as connection:
        connection.execute("update heartbeats set beat_at = now() - interval '11 seconds' where market = %s", (market,))
    assert "Connected to Upstox." not in shown(open_as("asha", "feeds"))


def test_of_two_vendors_the_one_that_cannot_be_opened_is_not_said_to_be_connected(open_as: Open, floor: Floor) -> None:
    open_as("asha")
    who = set_up(floor)
    vendors.put(floor.database, who, Vendor.TRUEDATA, TRUEDATA)
    market = live.ensure(floor.database, who.user_id, "asha", Vendor.UPSTOX, Vendor.TRUEDATA, on=True)
    says(floor, market, {"feed": "truedata", "state": "LIVE", "reason": "Connected to TrueData."})
    text = shown(open_as("asha", "feeds"))
    assert "TrueData: Connected to TrueData." in text
    assert "Upstox: It was not opened. Connect it again" in text
    says(floor, market, {"feed": "silent", "ended": True, "reason": "Connect Upstox again on the page Feeds."})
    assert "Upstox: Connect Upstox again" in shown(open_as("asha", "feeds"))


def test_a_market_is_recorded_at_a_press_and_says_so(open_as: Open, floor: Floor) -> None:
    open_as("asha")
    open_as("ravi")
    who = set_up(floor)
    market = live.ensure(floor.database, who.user_id, "asha", Vendor.UPSTOX, on=True)
    app = open_as("asha", "feeds")
    assert "Recording" not in shown(app)
    next(each for each in app.button if each.label == "Record").click()
    app.run()
    assert markets.state(floor.database, market).recording is True
    recorded = {"frames": 1_234, "lost": 2, "megabytes": 5.6, "trouble": "Delete the folder of a day."}
    says(floor, market, {"feed": "upstox", "state": "LIVE", "recording": recorded})
    app = open_as("asha", "feeds")
    text = shown(app)
    for part in ("1,234 frames, 5.6 MB, 2 lost", "Delete the folder of a day."):
        assert part in text, part
    next(each for each in app.button if each.label == "End recording").click()
    app.run()
    assert markets.state(floor.database, market).recording is False
    with pytest.raises(Refusal):
        live.record(floor.database, signed_in(floor.database, "ravi")[1], market, on=True)


def test_an_administrator_stops_a_feed_and_sees_nobodys_credentials(open_as: Open, floor: Floor) -> None:
    open_as("asha")
    who = set_up(floor)
    market = live.ensure(floor.database, who.user_id, "asha", Vendor.UPSTOX, on=True)
    app = open_as("root", "admin", role="admin", view="Feeds")
    text = shown(app)
    assert market in text
    assert UPSTOX["api_key"][:3] + "…" not in text
    next(each for each in app.button if each.label == "Stop").click()
    app.run()
    assert not app.exception
    assert markets.state(floor.database, market).running is False


def test_an_analyst_has_no_such_page(open_as: Open) -> None:
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        open_as("ana", "feeds", role="analyst")
