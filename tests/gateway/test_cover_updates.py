"""A program hears of a cover order's stop on the ticker as of any order: by its number, from waiting to its end."""

from core.exits import Exits
from desk import gtt
from tests.gateway.conftest import client_of, keys_of
from tests.gateway.test_cover_orders import COVER, own_order, reach
from tests.gateway.test_orders import account_of
from tests.gateway.test_ticker import Bot, bots

__all__ = ["bots"]


def test_the_updates_of_a_stop(host, desk, floor, bots):
    keys = keys_of(desk, "alice")
    kite = client_of(host, keys)
    bot = Bot(host, keys, "full")
    bots.append(bot)
    bot.until("connected")
    entry = kite.place_order(**COVER, tag="cover")
    assert bot.until("order", lambda order: order["order_id"] == entry)["variety"] == "co"
    account = account_of(floor)
    floor.fill(account, int(entry), 10, 149_900)
    stop = bot.until("order", lambda order: order["parent_order_id"] == entry)
    told = (stop["status"], stop["order_type"], stop["transaction_type"], stop["quantity"], stop["trigger_price"])
    assert told == ("TRIGGER PENDING", "SL-M", "SELL", 10, 1480)
    number = stop["order_id"]
    assert kite.modify_order("co", number, parent_order_id=entry, trigger_price=1485) == number
    mine = lambda order: order["order_id"] == number  # noqa: E731
    assert (
        bot.until("order", lambda order: mine(order) and order["trigger_price"] == 1485)["status"] == "TRIGGER PENDING"
    )
    (guard,) = gtt.listed(floor.database, account, "alice/main")["items"]
    assert gtt.amend(floor.database, "alice", account, int(guard["gtt_id"]), Exits(stop_trigger=148_000)).ok
    reach(floor, stop, 148_000)
    reached = bot.until("order", lambda order: mine(order) and order["status"] == "OPEN")
    assert (reached["parent_order_id"], reached["variety"]) == (entry, "co")
    floor.fill(account, own_order(floor), 10, 147_950)
    done = bot.until("order", lambda order: mine(order) and order["status"] == "COMPLETE")
    assert (done["average_price"], done["filled_quantity"], done["unfilled_quantity"]) == (1479.5, 10, 0)
    assert done == done | {name: value for name, value in kite.order_history(number)[-1].items() if name == "status"}
