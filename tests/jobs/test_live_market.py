"""A live market from its vendors' words to fills: the day's terms, failover, stale quotes, outages."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

import settings
from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from core.vendors import Vendor
from db.engine import Database
from desk import access, identity, live, masters, trading, vendors, verify, wallet
from desk import market as markets
from desk.leadership import Leadership
from desk.vendors import Credential
from feeds.live.feed import STALE_MS
from feeds.live.line import Line, LineState
from feeds.live.vendors import vendor as line_to
from jobs import live as opening
from jobs import market as market_loop
from jobs.bus import Bus
from jobs.execution import ExecutionLoop
from jobs.market import MarketLoop
from tests.desk.test_vendors import TRUEDATA, UPSTOX
from tests.feeds.live.lines import ScriptedLine, depth
from tests.patience import PATIENCE
from tests.people import credential_of, open_market, person, signed_in

MONDAY = date(2026, 11, 23)
TEN = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)  # 10:00 in India
KEY = {Vendor.UPSTOX: "NSE_EQ|INE009A01021", Vendor.TRUEDATA: "INFY"}
BOOK = "asha/live-main"


class Wall:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.ms = int(TEN.timestamp() * 1000)

    def __call__(self) -> int:
        return self.ms

    def pass_(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


@dataclass
class Stage:
    """asha's live market, its loop, and the lines that were made for it, the newest of each vendor."""

    database: Database
    loop: MarketLoop
    wall: Wall
    bus: Bus
    lines: dict[str, ScriptedLine] = field(default_factory=dict)
    made: list[Credential] = field(default_factory=list)

    @property
    def infy(self) -> int:
        return masters.get(self.database).by_key["NSE:INFY"].id

    def step(self, seconds: float = 1.0) -> None:
        self.wall.pass_(seconds)
        self.loop.look()
        self.loop.step()

    def say(self, price: float, vendor: Vendor = Vendor.UPSTOX, close: float = 1_480.0, volume: float = 1_000) -> None:
        now = self.wall.ms
        self.lines[vendor].say(
            KEY[vendor], price, now, traded=now, close=close, volume=volume, depth=depth(price - 0.1, price + 0.1)
        )

    def quote(self) -> dict[str, object]:
        return markets.quotes(self.database, "live/asha")[self.infy]

    def shown(self) -> tuple[object, bool]:
        """The last price, and whether there is an offer to trade against."""
        row = self.quote()
        return row["last_price"], any(row["asks"])  # type: ignore[arg-type]


@contextmanager
def staged(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The stage, for whoever has a database and undoes what was patched."""
    monkeypatch.setenv("KAGAZ_SEALING_KEY", "k" * 32)
    settings.load.cache_clear()
    open_market(database)
    person(database, "asha")
    _, asha = signed_in(database, "asha")
    vendors.put(database, asha, Vendor.UPSTOX, UPSTOX)
    vendors.put(database, asha, Vendor.TRUEDATA, TRUEDATA)
    credential = credential_of(database, asha.user_id, Vendor.UPSTOX)
    vendors.connected(database, credential, "the token of today", datetime.now(UTC) + timedelta(hours=8))
    name = live.choose(database, asha, Vendor.UPSTOX)
    with database.connection() as connection:
        connection.execute("update markets set trading_date = %s where id = %s", (MONDAY, name))
        connection.execute("update accounts set trading_date = %s where market = %s", (MONDAY, name))
        infy = masters.get(database).by_key["NSE:INFY"].id
        for vendor, key in KEY.items():
            connection.execute(
                "insert into instrument_keys (vendor, key, since, instrument_id) values (%s, %s, '2026-01-01', %s)",
                (vendor, key, infy),
            )
    wall, bus = Wall(), Bus()
    loop = MarketLoop(database, name, settings.Settings(), bus, lambda: True, wall)
    found = Stage(database, loop, wall, bus)

    def make(given: Credential) -> ScriptedLine:
        line = ScriptedLine()
        line.name = str(given.vendor)
        found.lines[given.vendor] = line
        found.made.append(given)
        return line

    monkeypatch.setattr(opening, "line_of", make)
    yield found
    loop.close()


@pytest.fixture
def stage(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with staged(database, monkeypatch) as found:
        yield found


def give(stage: Stage, backup: Vendor | None) -> None:
    """Another feed behind the first."""
    live.ensure(stage.database, identity.find(stage.database, "asha").id, "asha", Vendor.UPSTOX, backup)


def test_a_vendors_words_become_quotes_and_the_days_terms(stage: Stage) -> None:
    stage.step()
    assert stage.made[0].token == "the token of today"
    assert markets.days(stage.database, "live/asha", MONDAY) == {}  # nothing is made up for a live market
    stage.say(1_500)
    stage.step(0.25)
    assert stage.shown() == (150_000, True)
    day = markets.days(stage.database, "live/asha", MONDAY)[stage.infy]
    assert (day.prev_close, day.lower_band, day.upper_band) == (148_000, 133_200, 162_800)
    state = markets.state(stage.database, "live/asha")
    assert (state.phase, state.session) == ("OPEN", "nse")
    assert markets.quotes(stage.database, "sim").get(stage.infy) is None


def test_a_band_that_the_exchange_flexed_is_none_of_ours(stage: Stage) -> None:
    stage.step()
    stage.say(1_650)
    stage.step(0.25)
    day = markets.days(stage.database, "live/asha", MONDAY)[stage.infy]
    assert (day.prev_close, day.lower_band, day.upper_band) == (148_000, None, None)


def test_no_past_and_no_contract_is_made_up(stage: Stage) -> None:
    stage.step()
    stage.loop.fill_the_past()
    with stage.database.connection() as connection:
        count = connection.execute("select count(*) from candles where market = 'live/asha'").fetchone()
    assert count == (0,)


def test_what_the_owner_lists_is_wanted_in_order(stage: Stage) -> None:
    stage.step()
    with stage.database.connection() as connection:
        connection.execute(
            "insert into watchlist_items select id, %s, 99 from watchlists where user_id ="
            " (select id from users where name = 'asha') limit 1 on conflict do nothing",
            (stage.infy,),
        )
        listed = connection.execute("select count(*) from watchlists").fetchone()
        if listed == (0,):
            connection.execute(
                "with l as (insert into watchlists (user_id, name, position) select id, 'mine', 1 from users"
                " where name = 'asha' returning id) insert into watchlist_items select id, %s, 1 from l",
                (stage.infy,),
            )
    stage.loop.ask_what_is_wanted()
    assert stage.lines[Vendor.UPSTOX].wanted[0] == [KEY[Vendor.UPSTOX]]


def test_a_stale_quote_is_marked_and_offers_nothing(stage: Stage) -> None:
    stage.step()
    stage.say(1_500)
    stage.step(0.25)
    stage.step(STALE_MS / 1000 + 1)
    assert stage.shown() == (150_000, False)
    stage.say(1_501)
    stage.step(0.25)
    assert stage.shown() == (150_100, True)
    stage.lines[Vendor.UPSTOX].be(LineState.BACKING_OFF, "The line was lost.")
    stage.step(0.25)
    assert stage.shown() == (150_100, False)


def test_the_second_feed_takes_over_and_gives_way_and_no_frame_mixes_them(stage: Stage) -> None:
    give(stage, Vendor.TRUEDATA)
    stage.step()
    assert [each.vendor for each in stage.made] == [Vendor.UPSTOX, Vendor.TRUEDATA]
    stage.say(1_500)
    stage.say(1_400, Vendor.TRUEDATA)
    stage.step(0.25)
    assert stage.shown() == (150_000, True)
    stage.lines[Vendor.UPSTOX].be(LineState.QUIET, "Nothing was said.")
    stage.step(0.25)
    assert stage.shown() == (150_000, False)  # the first takes back what it displayed
    for _ in range(11):
        stage.say(1_401, Vendor.TRUEDATA, volume=900)
        stage.step(1)
    stage.step(0.25)
    stage.say(1_402, Vendor.TRUEDATA, volume=901)
    stage.step(0.25)
    assert stage.shown() == (140_200, True)
    told = markets.state(stage.database, "live/asha").feed_state
    assert (told["feed"], told["failovers"], told["other"]["feed"]) == ("truedata", 1, "upstox")
    stage.lines[Vendor.UPSTOX].be(LineState.LIVE)
    for _ in range(30):
        stage.say(1_501, volume=2_000)
        stage.say(1_403, Vendor.TRUEDATA, volume=902)
        stage.step(1)
    assert stage.shown()[0] == 140_300
    seen = []
    for _ in range(35):
        stage.say(1_501, volume=2_000)
        stage.say(1_403, Vendor.TRUEDATA, volume=902)
        stage.step(1)
        seen.append(stage.shown())
    assert seen[-1] == (150_100, True)
    at = next(n for n, (price, _) in enumerate(seen) if price == 150_100)
    assert seen[at - 1] == (140_300, False)  # a frame in which the one that is left takes back what it displayed


def test_what_fell_silent_in_the_moment_of_a_change_is_taken_back_too(stage: Stage) -> None:
    give(stage, Vendor.TRUEDATA)
    stage.step()
    stage.say(1_500)
    stage.step(0.25)
    assert stage.shown() == (150_000, True)
    # The first is lost while nobody looks for longer than a line may be silent; the other knows nothing of it.
    stage.lines[Vendor.UPSTOX].be(LineState.TOKEN_EXPIRED, "The access token has expired.")
    stage.step(STALE_MS / 1000 + 1)
    stage.step(0.25)
    assert markets.state(stage.database, "live/asha").feed_state["feed"] == "truedata"
    assert stage.shown() == (150_000, False)


def test_what_a_vendor_displayed_is_taken_back_when_another_is_chosen(stage: Stage) -> None:
    stage.step()
    stage.say(1_500)
    stage.step(0.25)
    assert stage.shown() == (150_000, True)
    live.ensure(stage.database, identity.find(stage.database, "asha").id, "asha", Vendor.TRUEDATA, None)
    stage.step()
    assert stage.lines[Vendor.UPSTOX].status_.state is LineState.STOPPED
    assert stage.shown() == (150_000, False)  # the new vendor has not named it and may never do so
    stage.say(1_401, Vendor.TRUEDATA, volume=900)
    stage.step(0.25)
    assert stage.shown() == (140_100, True)


def test_another_token_opens_the_feed_anew_and_a_refusal_is_told_once(stage: Stage) -> None:
    stage.step()
    user = identity.find(stage.database, "asha").id
    first = stage.lines[Vendor.UPSTOX]
    first.be(LineState.TOKEN_EXPIRED, "The access token has expired.")
    stage.step()
    row = vendors.listed(stage.database, user)[0]
    assert (row["state"], row["refused"]) == ("REFUSED", "The access token has expired.")
    credential = credential_of(stage.database, user, Vendor.UPSTOX)
    assert credential.token is None
    vendors.connected(stage.database, credential, "another token", datetime.now(UTC) + timedelta(hours=8))
    stage.step()
    assert first.status_.state is LineState.STOPPED
    assert stage.lines[Vendor.UPSTOX] is not first
    assert stage.made[-1].token == "another token"
    stage.say(1_500)
    stage.step(0.25)
    assert stage.shown() == (150_000, True)


def test_a_client_that_is_not_installed_costs_no_token(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.step()
    user = identity.find(stage.database, "asha").id
    missing = replace(line_to("upstox"), missing=lambda: "The client of Upstox is not installed.")
    monkeypatch.setattr(opening, "line_to", lambda _: missing)
    stage.lines[Vendor.UPSTOX].be(LineState.REFUSED, "The client of Upstox is not installed.")
    stage.step()
    assert vendors.listed(stage.database, user)[0]["state"] == "READY"
    assert credential_of(stage.database, user, Vendor.UPSTOX).token == "the token of today"


def test_a_refused_token_is_dropped_and_one_that_came_since_is_kept(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "line_to", lambda _: replace(line_to("upstox"), missing=lambda: ""))
    user = identity.find(stage.database, "asha").id
    old = opening.Doorkeeper(stage.database, markets.state(stage.database, "live/asha"))
    credential = credential_of(stage.database, user, Vendor.UPSTOX)
    vendors.connected(stage.database, credential, "another token", datetime.now(UTC) + timedelta(hours=8))
    told = {"feed": "upstox", "state": "REFUSED", "reason": "Upstox refused the login (HTTP 401)."}
    old.look(told)
    assert vendors.listed(stage.database, user)[0]["state"] == "READY"
    assert credential_of(stage.database, user, Vendor.UPSTOX).token == "another token"
    opening.Doorkeeper(stage.database, markets.state(stage.database, "live/asha")).look(told)
    assert vendors.listed(stage.database, user)[0]["state"] == "REFUSED"
    assert credential_of(stage.database, user, Vendor.UPSTOX).token is None


def test_a_token_that_is_stored_while_the_feed_opens_outlives_the_refusal_of_the_one_before(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "line_to", lambda _: replace(line_to("upstox"), missing=lambda: ""))
    user, make = identity.find(stage.database, "asha").id, opening.line_of

    def slow(given: Credential) -> Line:
        if not stage.made:
            vendors.connected(stage.database, given, "another token", datetime.now(UTC) + timedelta(hours=8))
        line = make(given)
        stage.lines[given.vendor].start = lambda: None  # type: ignore[method-assign]
        stage.lines[given.vendor].be(LineState.REFUSED, "Upstox refused the login (HTTP 401).")
        return line

    monkeypatch.setattr(opening, "line_of", slow)
    stage.step()
    assert stage.made[0].token == "the token of today"
    assert credential_of(stage.database, user, Vendor.UPSTOX).token == "another token"
    assert vendors.listed(stage.database, user)[0]["state"] == "READY"


def test_without_a_token_the_market_is_closed_and_says_what_to_do(stage: Stage) -> None:
    _, asha = signed_in(stage.database, "asha")
    vendors.put(stage.database, asha, Vendor.UPSTOX, UPSTOX)
    stage.step()
    state = markets.state(stage.database, "live/asha")
    assert state.phase in ("STARTING", "CLOSED")
    assert "Connect Upstox again" in state.feed_state["reason"]
    assert stage.made == []


def test_a_second_vendor_that_cannot_be_opened_leaves_the_first_alone(stage: Stage) -> None:
    give(stage, Vendor.TRUEDATA)
    with stage.database.connection() as connection:
        connection.execute("update feed_credentials set sealed = %s where vendor = 'truedata'", (b"x" * 40,))
    stage.step()
    assert [each.vendor for each in stage.made] == [Vendor.UPSTOX]


def test_an_outage_is_noted_once(stage: Stage) -> None:
    stage.step()
    stage.say(1_500)
    stage.step(0.25)
    stage.lines[Vendor.UPSTOX].be(LineState.BACKING_OFF)
    stage.step(1)
    stage.step(90)
    stage.lines[Vendor.UPSTOX].be(LineState.LIVE)
    stage.step(1)
    stage.step(1)
    with stage.database.connection() as connection:
        found = connection.execute("select extract(epoch from ended_at - began_at)::int from feed_gaps").fetchall()
    assert [90 <= seconds <= 94 for (seconds,) in found] == [True]


def test_an_outage_by_a_token_that_ended_is_noted_too(stage: Stage) -> None:
    stage.step()
    stage.say(1_500)
    stage.step(0.25)
    stage.lines[Vendor.UPSTOX].be(LineState.TOKEN_EXPIRED, "The access token has expired.")
    stage.step(1)
    stage.step(90)
    user = identity.find(stage.database, "asha").id
    credential = credential_of(stage.database, user, Vendor.UPSTOX)
    vendors.connected(stage.database, credential, "another token", datetime.now(UTC) + timedelta(hours=8))
    stage.step(1)
    stage.step(1)
    stage.step(1)
    with stage.database.connection() as connection:
        found = connection.execute("select extract(epoch from ended_at - began_at)::int from feed_gaps").fetchall()
    assert [90 <= seconds <= 96 for (seconds,) in found] == [True]


def test_a_line_is_let_go_though_nothing_can_be_kept(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.step()

    def away(*_: object) -> None:
        raise ConnectionError("The database is away.")

    monkeypatch.setattr(markets, "save_feed", away)
    with pytest.raises(ConnectionError):
        stage.loop.close()
    assert stage.lines[Vendor.UPSTOX].status_.state is LineState.STOPPED


def test_a_line_of_a_feed_that_opened_half_is_let_go(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise ConnectionError("The database is away.")

    monkeypatch.setattr(market_loop.sources, "guard_of", away)
    with pytest.raises(ConnectionError):
        stage.loop.step()
    stage.loop.close()
    assert stage.lines[Vendor.UPSTOX].status_.state is LineState.STOPPED


@pytest.fixture
def filling(stage: Stage) -> Iterator[Callable[[Callable[[], bool], Callable[[], None]], bool]]:
    """The market's orders are filled; runs the loop until something is true, or for a while."""
    leadership = Leadership(stage.database, "live/asha")
    loop = ExecutionLoop(stage.database, "live/asha", stage.bus, leadership)
    thread = threading.Thread(target=loop.run)
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while not leadership.term:
        assert time.monotonic() < deadline
        time.sleep(0.01)

    def until(true: Callable[[], bool], act: Callable[[], None], seconds: float = PATIENCE) -> bool:
        end = time.monotonic() + seconds
        while not true() and time.monotonic() < end:
            act()
            stage.step(0.25)
            time.sleep(0.02)
        return true()

    yield until
    loop.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_an_order_fills_at_the_vendors_prices_and_never_at_a_stale_one(
    stage: Stage, filling: Callable[..., bool]
) -> None:
    book = access.by_key(stage.database, BOOK)
    assert wallet.deposit(stage.database, "asha", book.id, 1_00_000_00, "first").ok
    stage.step()
    stage.say(1_500)
    stage.step(0.25)

    def order(price: int) -> int:
        wish = PlaceOrder(stage.infy, Side.BUY, OrderType.LIMIT, Product.CNC, 10, Validity.DAY, price)
        answer = trading.place(stage.database, "asha", book.id, wish, None)
        assert answer.status == 201, answer.body
        return int(answer.body["order_id"])

    def filled(number: int) -> bool:
        with stage.database.connection() as connection:
            row = connection.execute("select filled from orders where id = %s", (number,)).fetchone()
        return row == (10,)

    first = order(150_100)
    volumes = iter(range(1_001, 10_000))
    assert filling(lambda: filled(first), lambda: stage.say(1_500, volume=next(volumes)))
    with stage.database.connection() as connection:
        trade = connection.execute("select last_price from trades").fetchone()
    assert trade == (150_000,)
    # The line is lost: what it displayed is taken back, and the order rests.
    stage.lines[Vendor.UPSTOX].be(LineState.BACKING_OFF)
    stage.step(0.25)
    second = order(150_200)
    assert not filling(lambda: filled(second), lambda: None, 1.5)
    stage.lines[Vendor.UPSTOX].be(LineState.LIVE)
    assert filling(lambda: filled(second), lambda: stage.say(1_501, volume=next(volumes)))
    assert verify.verify(stage.database).sound
