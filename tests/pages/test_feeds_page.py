"""The page Feeds and the administrator's view of feeds: no secret is shown again, and nothing is a dead end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import settings
from core.vendors import Vendor
from desk import identity, live, masters, vendors
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
    markets.save_feed(floor.database, market, told, None)
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
    markets.save_feed(floor.database, market, told, None)
    assert "INFY at ₹2,400.00 is outside ₹1,332.00 to ₹1,628.00" in shown(open_as("asha", "feeds"))
    seen = shown(open_as("root", "admin", role="admin", view="Feeds"))
    assert "beyond range 4" in seen
    assert "2,400" not in seen


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
