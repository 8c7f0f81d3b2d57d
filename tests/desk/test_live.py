"""Live markets: made for their owner, started and stopped by the owner or an administrator, beside everybody's."""

import pytest

from core.reasons import Reason, Refusal
from core.vendors import Vendor
from db.engine import Database
from desk import access, feed_status, first_users, identity, live, vendors
from desk import market as markets
from settings import Settings
from tests.desk.test_vendors import TRUEDATA, UPSTOX
from tests.floor import INFY, Floor
from tests.people import open_market, person, signed_in


@pytest.fixture
def desk(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    import settings

    monkeypatch.setenv("KAGAZ_SEALING_KEY", "k" * 32)
    settings.load.cache_clear()
    open_market(database)
    for name, role in (("asha", "trader"), ("ravi", "trader"), ("ana", "analyst"), ("root", "admin")):
        person(database, name, role)
    return database


def test_an_owner_makes_one_and_the_others_market_goes_on(desk: Database) -> None:
    _, asha = signed_in(desk, "asha")
    with pytest.raises(Refusal, match="Type in what opens Upstox first"):
        live.choose(desk, asha, Vendor.UPSTOX)
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    vendors.put(desk, asha, Vendor.TRUEDATA, TRUEDATA)
    assert live.choose(desk, asha, Vendor.UPSTOX) == "live/asha"
    state = markets.state(desk, "live/asha")
    assert (state.feed, state.backup, state.session, state.running) == ("upstox", None, "nse", True)
    assert state.owner_id == asha.user_id
    assert markets.running(desk).id == "sim"
    assert live.choose(desk, asha, Vendor.TRUEDATA, Vendor.UPSTOX) == "live/asha"
    changed = markets.state(desk, "live/asha")
    assert (changed.feed, changed.backup) == ("truedata", "upstox")
    assert changed.feed_version > state.feed_version
    assert [each.key for each in access.accounts(desk, asha)] == ["asha/main", "asha/live-main"]


def test_only_so_many_run_at_once(desk: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    import settings

    monkeypatch.setenv("KAGAZ_LIVE_MARKETS", "1")
    settings.load.cache_clear()
    (_, asha), (_, ravi) = signed_in(desk, "asha"), signed_in(desk, "ravi")
    for who in (asha, ravi):
        vendors.put(desk, who, Vendor.UPSTOX, UPSTOX)
    live.choose(desk, asha, Vendor.UPSTOX)
    live.choose(desk, asha, Vendor.UPSTOX)  # it runs already
    with pytest.raises(Refusal, match="Of live markets 1 may run at once, and 1 do") as no:
        live.choose(desk, ravi, Vendor.UPSTOX)
    assert no.value.reason is Reason.TRY_AGAIN
    assert live.of_owner(desk, ravi.user_id) is None
    live.switch(desk, asha, "live/asha", on=False)
    live.choose(desk, ravi, Vendor.UPSTOX)
    for act in (
        lambda: live.switch(desk, asha, "live/asha", on=True),
        lambda: live.choose(desk, asha, Vendor.UPSTOX),
    ):
        with pytest.raises(Refusal, match="KAGAZ_LIVE_MARKETS"):
            act()
    assert markets.state(desk, "live/asha").running is False


def test_both_feeds_are_not_the_same(desk: Database) -> None:
    _, asha = signed_in(desk, "asha")
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    with pytest.raises(Refusal, match="same as the first"):
        live.choose(desk, asha, Vendor.UPSTOX, Vendor.UPSTOX)


@pytest.mark.parametrize(
    ("who", "may"), [("asha", True), ("root", True), ("ravi", False), ("ana", False)],
)  # fmt: skip
def test_who_starts_and_stops_it(desk: Database, who: str, may: bool) -> None:
    market = live.ensure(desk, identity.find(desk, "asha").id, "asha", Vendor.UPSTOX)
    _, principal = signed_in(desk, who)
    for act in (
        lambda: live.switch(desk, principal, market, on=True),
        lambda: live.reconnect(desk, principal, market),
        lambda: live.switch(desk, principal, market, on=False),
    ):
        if may:
            act()
        else:
            with pytest.raises(Refusal) as no:
                act()
            assert no.value.reason in (Reason.NOT_FOUND, Reason.FORBIDDEN)
    assert markets.state(desk, market).running is False
    with pytest.raises(Refusal):
        live.switch(desk, principal, "sim", on=False)


def test_a_switched_off_book_is_named_with_its_market(desk: Database) -> None:
    live.ensure(desk, identity.find(desk, "asha").id, "asha", Vendor.UPSTOX)
    _, asha = signed_in(desk, "asha")
    assert [each.key for each in access.accounts(desk, asha)] == ["asha/main", "asha/live-main@live/asha"]
    assert access.account(desk, asha, "asha/live-main@live/asha").live


def test_new_people_get_books_in_everybodys_market(desk: Database) -> None:
    live.ensure(desk, identity.find(desk, "asha").id, "asha", Vendor.UPSTOX, on=True)
    person(desk, "new")
    assert access.by_key(desk, "new/main").market == "sim"


def test_a_vendor_named_for_a_new_kagaz_is_its_first_administrators(
    desk: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = Settings(kagaz_feed="upstox")
    for _ in range(2):
        first_users.ensure(desk, chosen, None)
    found = feed_status.listed(desk, signed_in(desk, "root")[1])
    assert [(each["market"], each["running"]) for each in found] == [("live/root", True)]
    assert markets.ensure_markets(desk, feed="upstox") == "sim"


def test_what_is_wanted_comes_in_the_order_of_its_importance(desk: Database) -> None:
    floor = Floor(desk)
    market = live.ensure(desk, identity.find(desk, "asha").id, "asha", Vendor.UPSTOX, on=True)
    future = floor.future("NSE:NIFTY 50")
    names = ("NSE:TCS", "NSE:SBIN", "NSE:RELIANCE")
    tcs, sbin, reliance = (floor.instrument(each).id for each in names)
    asha, ravi = (identity.find(desk, name).id for name in ("asha", "ravi"))
    with desk.connection() as connection:
        book = access.by_key(desk, "asha/live-main").id
        connection.execute(
            "insert into positions (account_id, instrument_id, product, underlying_id, quantity)"
            " values (%s, %s, 'NRML', %s, 75)",
            (book, future.id, future.underlying_id),
        )
        for user, one in ((asha, tcs), (ravi, sbin)):
            listed = connection.execute(
                "insert into watchlists (user_id, name, position) values (%s, 'x', 9) returning id", (user,)
            ).fetchone()
            connection.execute("insert into watchlist_items values (%s, %s, 1)", (listed[0], one))  # type: ignore[index]
        connection.execute(
            "insert into heartbeats (process, role, pid, detail)"
            " values ('w', 'web', 1, jsonb_build_object('looked_at', jsonb_build_object('live/asha', array[%s::int]"
            ", 'sim', array[%s::int])))",
            (reliance, floor.instrument(INFY).id),
        )
    assert future.underlying_id is not None
    found = markets.wanted(desk, market)
    assert found == [*sorted((future.id, future.underlying_id)), tcs, reliance]
    assert markets.wanted(desk, "sim") == [*sorted((tcs, sbin)), floor.instrument(INFY).id]
