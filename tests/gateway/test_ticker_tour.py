"""Every method and every callback of the broker's own ticker client, used against the gateway."""

from collections.abc import Callable
from typing import Any

from kiteconnect import KiteTicker

from gateway.app import Application
from gateway.tokens import token_of
from tests.gateway.conftest import client_of, keys_of, serving
from tests.gateway.test_orders import BUY
from tests.gateway.test_ticker import Bot, bots, frame
from tests.patience import PATIENCE
from tests.started import Started

__all__ = ["bots"]
METHODS = {name for name, value in vars(KiteTicker).items() if callable(value) and not name.startswith("_")}


class Tourist(Bot):
    """The tour in a process of its own."""

    program = "tests.gateway.ticker_tour"


def told(*wanted: tuple[int, str, float]) -> Callable[[Any], bool]:
    """Whether these are the (instrument, mode, price) of a message."""
    return lambda ticks: bool(ticks == [list(each) for each in wanted])


def test_all_that_the_client_can_do(desk, floor, bots):
    state, keys = Started(desk), keys_of(desk, "alice")
    app = Application(state)
    infy, tcs = (token_of(floor.instrument(key)) for key in ("NSE:INFY", "NSE:TCS"))
    floor.price("NSE:TCS", 300_000)
    with serving(app) as host:
        bot = Tourist(host, keys, infy, tcs)
        bots.append(bot)
        assert bot.until("connected") == 1
        assert bot.until("open") is True
        for _ in range(2):  # at once, and once more as it asks for all of it again
            bot.until("ticks", told((infy, "full", 1500)))
        frame(desk, floor, 1, {"NSE:INFY": 150_500, "NSE:TCS": 300_500})
        bot.until("ticks", told((infy, "full", 1505)))  # of the other, which it has given up, nothing
        client_of(host, keys).place_order(**BUY)
        assert bot.until("message", lambda message: not message[1])
        assert bot.until("order")["status"] == "OPEN"
        state.waiting_for.append("schema")  # it comes back too early, and again
        feed = app.ticker.feed
        assert feed
        feed.loop.call_soon_threadsafe(lambda: [each.let_go() for each in list(feed.sockets)])
        assert bot.until("closed")[0] == 1001
        assert bot.until("reconnect") >= 1
        state.waiting_for.clear()
        assert bot.until("connected") == 2
        bot.until("ticks", lambda ticks: ticks[0][:2] == [infy, "full"])  # asked for by the client itself
        assert bot.until("closed", lambda close: close[0] == 1000)
        used = set(bot.until("used"))
        assert bot.process.wait(PATIENCE) == 0
    assert used >= METHODS, METHODS - used
    assert {
        "connect", "is_connected", "close", "stop", "stop_retry", "subscribe", "unsubscribe", "set_mode", "resubscribe",
    } == METHODS  # fmt: skip
