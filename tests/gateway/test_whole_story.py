"""A bot's whole day by the broker's own client, unmodified: from its login to the end of its token, in one story."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from kiteconnect import KiteConnect, exceptions

import settings
from core.gtt_watch import Hit
from desk import gtt_firing, identity
from gateway.app import Application
from tests.floor import AnyTerm, Floor
from tests.gateway.bot import MODES
from tests.gateway.conftest import Keys, client_of, serving
from tests.gateway.test_orders import BUY, account_of
from tests.gateway.test_session import browser
from tests.gateway.test_ticker import PATIENCE, Bot, bots, frame
from tests.people import signed_in
from tests.started import Started

__all__ = ["bots"]
SALE = BUY | {"transaction_type": "SELL", "quantity": 99}
METHODS = {name for name, value in vars(KiteConnect).items() if callable(value) and not name.startswith("_")}


class Watched(KiteConnect):
    """The client as it is, which remembers what of it is used."""

    used: ClassVar[set[str]] = set()

    def __getattribute__(self, name: str) -> Any:
        Watched.used.add(name)
        return super().__getattribute__(name)


@pytest.fixture
def app(desk, floor) -> Application:
    return Application(Started(desk))


@pytest.fixture
def place(app) -> Iterator[str]:
    with serving(app) as host:
        yield host


def logged_in(host: str, desk: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[KiteConnect, Keys]:
    """The login of the morning, in a browser that is signed in at the terminal."""
    made = identity.make_app(desk, "test", "alice", name="day bot")
    kite = Watched(api_key=made.api_key, root=f"http://{host}")
    monkeypatch.setattr(KiteConnect, "_default_login_uri", f"http://{host}/connect/login")
    with browser(host, signed_in(desk, "alice")[0]) as person:
        page = person.post(kite.login_url(), data={"allow": "yes"}).text
    session = kite.generate_session(page.split("<code>")[1].split("</code>")[0], api_secret=made.api_secret)
    kite.set_access_token(session["access_token"])
    assert (kite.profile()["user_name"], session["api_key"]) == ("alice", made.api_key)
    return kite, Keys(made.api_key, made.api_secret, session["access_token"])


def masters_and_quotes(kite: KiteConnect) -> dict[str, int]:
    """The numbers of what it trades, and their prices in three sizes."""
    rows = {f"{row['exchange']}:{row['tradingsymbol']}": row["instrument_token"] for row in kite.instruments()}
    assert len(kite.instruments("NFO")) < len(rows)
    assert kite.ltp("NSE:INFY")["NSE:INFY"]["last_price"] == 1500
    assert kite.ohlc("NSE:INFY")["NSE:INFY"]["ohlc"]["close"] == 1500
    assert kite.quote("NSE:INFY")["NSE:INFY"]["depth"]["buy"]
    assert kite.trigger_range("BUY", "NSE:INFY")["NSE:INFY"]["upper"] == 1500
    assert kite.historical_data(rows["NSE:INFY"], "2026-11-20", "2026-11-23", "day") == []
    return {key: rows[key] for key in ("NSE:INFY", "NSE:TCS", "NSE:NIFTY 50")}


def what_is_not_traded_here(kite: KiteConnect) -> None:
    """Mutual funds: a program that looks is told of none, one that buys or changes is refused."""
    assert kite.mf_instruments() == kite.mf_holdings() == kite.mf_orders() == kite.mf_sips() == []
    assert kite.mf_orders("1") == kite.mf_sips("1") == []
    for act in (
        lambda: kite.place_mf_order("INF1", "BUY", amount=1_000),
        lambda: kite.cancel_mf_order("1"),
        lambda: kite.place_mf_sip("INF1", 1_000, 12, "monthly"),
        lambda: kite.modify_mf_sip("1", amount=500),
        lambda: kite.cancel_mf_sip("1"),
    ):
        with pytest.raises(exceptions.PermissionException):
            act()


def more_than_the_exchange_takes(kite: KiteConnect, floor: Floor) -> None:
    """A quantity above the freeze becomes several orders, told by number under their parent's."""
    floor.price("NSE:SBIN", 1_000)
    freeze = floor.instrument("NSE:SBIN").freeze_quantity
    large = BUY | {"tradingsymbol": "SBIN", "product": "MIS", "price": 9.0, "quantity": freeze + 10}
    told = kite.place_autoslice_order(**large)
    numbers = [child["order_id"] for child in told["children"]]
    assert len(numbers) == 2
    assert told["order_id"] == numbers[0]
    for number in numbers:
        assert kite.cancel_order("regular", number) == number


def a_cover_order_is_left(kite: KiteConnect, floor: Floor, bot: Bot) -> None:
    """Entered, filled, and left with its stop: the stop's own order closes what was bought."""
    entry = kite.place_order(**BUY | {"variety": "co", "product": "MIS", "quantity": 4, "trigger_price": 1480})
    floor.fill(account_of(floor), int(entry), 4, 150_000)
    assert bot.until("order", lambda order: order["order_id"] == entry and order["status"] == "COMPLETE")
    (stop,) = [row for row in kite.orders() if row["parent_order_id"] == entry]
    assert (stop["status"], stop["transaction_type"], stop["quantity"]) == ("TRIGGER PENDING", "SELL", 4)
    assert kite.exit_order("co", stop["order_id"], parent_order_id=entry) == stop["order_id"]
    leaving = kite.order_history(stop["order_id"])[-1]
    assert (leaving["status"], leaving["order_type"], leaving["variety"]) == ("OPEN", "MARKET", "co")
    with floor.database.connection() as connection:
        row = connection.execute("select max(id) from orders").fetchone()
    assert row
    floor.fill(account_of(floor), row[0], 4, 150_100)
    assert bot.until("order", lambda order: order["order_id"] == stop["order_id"])
    assert not [row for row in kite.positions()["net"] if row["product"] == "MIS" and row["quantity"]]


def every_kind_of_order(kite: KiteConnect, floor: Floor, bot: Bot) -> str:
    """One of each, changed, cancelled and filled; the first one's number."""
    first = kite.place_order(**BUY, tag="first")
    assert bot.until("order", lambda order: order["order_id"] == first)["status"] == "OPEN"
    kinds: list[dict[str, Any]] = [
        {"order_type": "MARKET", "price": None, "quantity": 2},
        {"order_type": "SL", "price": 1512, "trigger_price": 1510},
        {"order_type": "SL-M", "price": None, "trigger_price": 1511, "product": "MIS"},
        {"validity": "IOC", "quantity": 3},
        {"validity": "TTL", "validity_ttl": 5, "quantity": 4},
        {"quantity": 11, "disclosed_quantity": 5},
        {"variety": "iceberg", "quantity": 40, "iceberg_legs": 4},
        {"variety": "co", "product": "MIS", "quantity": 7, "trigger_price": 1480},
    ]
    numbers = [kite.place_order(**BUY | kind) for kind in kinds]
    told = {row["order_id"]: row for row in kite.orders()}
    assert set(numbers) < set(told)
    assert {told[number]["variety"] for number in numbers} == {"regular", "iceberg", "co"}
    assert {told[number]["status"] for number in numbers} <= {"OPEN", "TRIGGER PENDING"}
    assert kite.modify_order("regular", first, quantity=12, price=1499) == first
    for variety, number in zip([kind.get("variety", "regular") for kind in kinds], numbers, strict=True):
        assert kite.cancel_order(variety, number) == number
    assert bot.until("order", lambda order: order["order_id"] == numbers[-1] and order["status"] == "CANCELLED")
    floor.fill(account_of(floor), int(first), 12, 149_900)
    assert bot.until("order", lambda order: order["status"] == "COMPLETE")["order_id"] == first
    states = [row["status"] for row in kite.order_history(first)]
    assert states[0] == "PUT ORDER REQ RECEIVED"
    assert {"OPEN", "MODIFIED"} < set(states)
    assert states[-1] == "COMPLETE"
    (trade,) = kite.order_trades(first)
    assert kite.trades() == [trade]
    return first


def portfolio_and_money(kite: KiteConnect, floor: Floor) -> None:
    """What the fill did, what an order would need, and what it costs."""
    (position,) = [row for row in kite.positions()["net"] if row["quantity"]]
    assert (position["product"], position["quantity"], position["average_price"]) == ("CNC", 12, 1499)
    floor.buy(account_of(floor), 5, "NSE:TCS", 300_000, "MIS")
    assert kite.convert_position("NSE", "TCS", "BUY", "day", 5, "MIS", "CNC") is True
    assert {row["product"] for row in kite.positions()["net"] if row["quantity"]} == {"CNC"}
    with floor.database.connection() as connection:
        connection.execute("update lots set bought_on = bought_on - 1, settles_on = settles_on - 1")
        connection.execute("update positions set day_buy_quantity = 0, day_buy_value = 0 where product = 'CNC'")
    held = {row["tradingsymbol"]: row["quantity"] + row["t1_quantity"] for row in kite.holdings()}
    assert held == {"INFY": 12, "TCS": 5}
    assert kite.get_auction_instruments() == []
    funds = kite.margins("equity")
    assert funds == kite.margins()["equity"]
    assert 0 < funds["net"] < 1_00_00_000
    wish = {name: BUY[name] for name in BUY} | {"trigger_price": 0}
    (margin,) = kite.order_margins([wish])
    assert margin["total"] == 15_000
    basket = kite.basket_order_margins([wish, wish | {"quantity": 5}])
    assert basket["initial"]["total"] == 22_500
    brief = kite.basket_order_margins([wish], consider_positions=False, mode="compact")
    assert (brief["initial"]["total"], brief["orders"]) == (15_000, [])
    (note,) = kite.get_virtual_contract_note([wish | {"order_id": "1", "average_price": 1500}])
    parts = note["charges"]
    assert parts["total"] > parts["transaction_tax"] > 0


def a_gtt_that_fires(kite: KiteConnect, floor: Floor, bot: Bot) -> None:
    """Placed, changed, reached: its order is in the book, and the other one is deleted."""
    leg = {"transaction_type": "BUY", "quantity": 3, "order_type": "LIMIT", "product": "CNC", "price": 1450}
    kept = kite.place_gtt("single", "INFY", "NSE", [1440], 1500, [leg | {"price": 1440}])["trigger_id"]
    assert kite.modify_gtt(kept, "single", "INFY", "NSE", [1450], 1500, [leg]) == {"trigger_id": kept}
    sale = leg | {"transaction_type": "SELL"}
    gone = kite.place_gtt("two-leg", "INFY", "NSE", [1300, 1700], 1500, [sale | {"price": 1300}, sale])["trigger_id"]
    assert kite.delete_gtt(gone) == {"trigger_id": gone}
    floor.price("NSE:INFY", 145_000)
    now = int(datetime.now(UTC).timestamp() * 1000)
    hit = Hit(kept, account_of(floor), floor.instrument("NSE:INFY").id, 1, 145_000, 1, now)
    gtt_firing.fire(floor.database, AnyTerm(), hit)
    told = kite.get_gtt(kept)
    assert told["status"] == "triggered"
    number = told["orders"][0]["result"]["order_result"]["order_id"]
    assert bot.until("order", lambda order: order["order_id"] == number)["price"] == 1450
    assert {row["id"]: row["status"] for row in kite.get_gtts()} == {kept: "triggered", gone: "deleted"}
    floor.price("NSE:INFY", 150_000)


def every_class_of_exception(kite: KiteConnect, host: str, floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by what a bot may really do wrong, or what may really be wrong here."""
    desk = floor.database
    reads = identity.make_app(desk, "test", "alice", scopes=("read",))
    reader = client_of(
        host, Keys(reads.api_key, reads.api_secret, identity.give_token(desk, reads.api_key).access_token)
    )
    assert reader.orders()
    floor.price("NSE:TCS", 300_000, age_seconds=3600)
    stale = BUY | {"tradingsymbol": "TCS", "order_type": "MARKET", "quantity": 1}
    wrong: list[tuple[type[exceptions.KiteException], Callable[[], Any], int]] = [
        (exceptions.TokenException, lambda: KiteConnect("none", "none", root=kite.root).profile(), 403),
        (exceptions.PermissionException, lambda: reader.place_order(**BUY), 403),
        (exceptions.PermissionException, lambda: kite.place_mf_order("INF1", "BUY", amount=1_000), 403),
        (exceptions.InputException, lambda: kite.place_order(**BUY | {"price": 1500.03}), 400),
        (exceptions.OrderException, lambda: kite.cancel_order("regular", "999999"), 404),
        (exceptions.OrderException, lambda: kite.place_order(**BUY | {"variety": "amo"}), 400),
        (exceptions.DataException, lambda: kite.place_order(**stale), 502),
        (exceptions.GeneralException, lambda: kite.get_gtt(10**9), 404),
        (exceptions.GeneralException, lambda: kite.place_order(**BUY | {"quantity": 90_000}), 400),
        (exceptions.GeneralException, lambda: kite.place_order(**SALE), 400),
    ]  # fmt: skip
    for kind, act, code in wrong:
        with pytest.raises(kind) as told:
            act()
        assert (type(told.value), told.value.code) == (kind, code), told.value
    with monkeypatch.context() as faster:
        faster.setenv("KAGAZ_ORDER_RATE", "10")
        settings.load.cache_clear()
        with pytest.raises(exceptions.NetworkException) as often:
            for _ in range(1_000):
                kite.margins()
        assert often.value.code == 429
    settings.load.cache_clear()


def the_end_of_the_token(kite: KiteConnect, desk: Any, bot: Bot) -> None:
    """At six in the morning the token is over: the hook hears of it, and so does the socket."""
    told: list[str] = []
    kite.set_session_expiry_hook(lambda: told.append("log in again"))
    with desk.connection() as connection:
        connection.execute("update api_tokens set expires_at = now() where app_id is not null")
    deadline = time.monotonic() + PATIENCE
    while not told:
        assert time.monotonic() < deadline
        try:
            kite.profile()
        except exceptions.TokenException as over:
            assert over.code == 403  # noqa: PT017 - the other way out of the loop is a success that is remembered
    assert bot.until("closed")


def the_program_logs_out(kite: KiteConnect) -> None:
    """It ends its own token; a refresh token there never was, in words that say what to do."""
    for act in (lambda: kite.renew_access_token("none", "none"), lambda: kite.invalidate_refresh_token("none")):
        with pytest.raises(exceptions.TokenException, match="Log in again"):
            act()
    assert kite.invalidate_access_token() is True
    with pytest.raises(exceptions.TokenException):
        kite.orders()


def tick_of(bot: Bot, token: int, mode: str) -> dict[str, Any]:
    """The next of an instrument in a mode."""
    return dict(bot.until("tick", lambda tick: (tick["instrument_token"], tick["mode"]) == (token, mode)))


def test_a_bots_whole_day(app, place, desk, floor, bots, monkeypatch):
    floor.price("NSE:TCS", 300_000)
    kite, keys = logged_in(place, desk, monkeypatch)
    tokens = masters_and_quotes(kite)
    bot = Bot(place, keys, "each", *tokens.values())
    bots.append(bot)
    bot.until("connected")
    frame(desk, floor, 1, {"NSE:INFY": 150_000, "NSE:TCS": 300_000, "NSE:NIFTY 50": 2_600_000})
    modes = {mode: tick_of(bot, token, mode) for token, mode in zip(tokens.values(), MODES, strict=True)}
    assert "ohlc" not in modes["ltp"]
    assert "depth" not in modes["quote"]
    assert "exchange_timestamp" in modes["full"]
    what_is_not_traded_here(kite)
    every_kind_of_order(kite, floor, bot)
    more_than_the_exchange_takes(kite, floor)
    a_cover_order_is_left(kite, floor, bot)
    portfolio_and_money(kite, floor)
    a_gtt_that_fires(kite, floor, bot)
    feed = app.ticker.feed
    feed.loop.call_soon_threadsafe(lambda: [each.let_go() for each in list(feed.sockets)])
    bot.until("closed")
    bot.until("connected")
    frame(desk, floor, 2, {"NSE:INFY": 150_500, "NSE:TCS": 300_500, "NSE:NIFTY 50": 2_600_500})
    assert bot.until("tick", lambda tick: tick["last_price"] == 1505)["mode"] == "ltp"
    every_class_of_exception(kite, place, floor, monkeypatch)
    the_end_of_the_token(kite, desk, bot)
    again, _ = logged_in(place, desk, monkeypatch)
    assert again.orders()
    the_program_logs_out(again)
    assert Watched.used >= METHODS, METHODS - Watched.used
    floor.sound()
