"""Funds add up to the paisa in every state of a book: what is held, sold, resting, earned or lost today, and after."""

from collections.abc import Callable, Iterator

import pytest

from core.exits import Exits
from core.instruments import Instrument, Kind
from core.orders import OrderType, PlaceOrder, Product, Side
from db.engine import Database
from desk import access, account_watch, baskets, screens, trading, wallet
from desk.access import AccountRef
from desk.principal import Principal
from tests.desk.test_closing import roll
from tests.floor import INFY, NIFTY, SBIN, Floor

BALANCES = ("cash", "held", "margin", "invested", "unsettled", "gains", "option_credit")
BLOCKED = (
    "span", "exposure", "add_ons", "delivery_margin", "mis_margin", "held", "delivery", "option_premium", "unsettled",
    "gains", "option_credit", "blocked_loss",
)  # fmt: skip
PREMIUM, LEVEL = 10_000, 2_500_000


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    floor = Floor(database)
    for key, price in ((INFY, 150_000), (SBIN, 80_000), (NIFTY, LEVEL)):
        floor.price(key, price)
    yield floor
    floor.sound()


def funds(floor: Floor, account: int) -> dict[str, int]:
    """In paise, once every sum that a broker shows has been checked."""
    account_watch.look(floor.database, "sim")
    told = screens.wallet(floor.database, AccountRef(account, "asha/main", 1, "sim", "main", archived=False))
    found = {name: round(value * 100) for name, value in told.items() if isinstance(value, int | float)}
    assert found["balance"] == sum(found[each] for each in BALANCES)
    earned = found["deposits"] - found["withdrawals"] + found["realised"] - found["charges"]
    assert found["balance"] == found["opening_balance"] + earned
    assert found["available"] == found["balance"] - sum(found[each] for each in BLOCKED)
    assert found["margin"] == sum(found[each] for each in BLOCKED[:5])
    assert found["invested"] == found["delivery"] + found["option_premium"]
    assert found["equity"] == found["balance"] + found["unrealised"]
    assert found["equity"] == found["opening_equity"] + earned + found["unrealised_change"]
    assert found["available_for_options"] == found["available"] + found["option_credit"]
    held = sum(round((each["cash"] + each["credit"]) * 100) for each in told["holds"])
    assert found["held"] == held + sum(round(each["order_margin"] * 100) for each in told["margins"])
    return found


def rest(floor: Floor, account: int, key: str, side: str, quantity: int, price: int, product: str, **more: int) -> None:
    one = floor.instrument(key)
    wish = PlaceOrder(one.id, Side(side), OrderType.LIMIT, Product(product), quantity, price=price, **more)
    answer = trading.place(floor.database, "asha", account, wish)
    assert answer.status == 201, answer.body


def contract(floor: Floor, kind: Kind, which: int = 0) -> Instrument:
    chain = floor.master.chain(floor.instrument(NIFTY).id)
    found = [one for one in chain if one.kind is kind and one.expiry and one.expiry > floor.trading_date]
    near = min(one.expiry for one in found if one.expiry)
    one = [each for each in found if each.expiry == near and (each.strike or LEVEL) >= LEVEL][which]
    floor.price(one.key, LEVEL if kind is Kind.FUT else PREMIUM)
    return one


def holdings(floor: Floor, account: int) -> None:
    floor.buy(account, 10, SBIN, 80_000)
    roll(floor)
    floor.price(SBIN, 80_000)
    floor.buy(account, 5, SBIN, 80_000)


def settled_and_t1(floor: Floor, account: int) -> None:
    holdings(floor, account)
    roll(floor)
    floor.price(SBIN, 80_000)
    floor.sell(account, 12, SBIN, 82_000)
    found = funds(floor, account)
    # Ten from the demat account and two of T1: only the ten can be used today, and none of it taken out.
    assert found["holding_sales"] == 10 * 82_000
    assert found["unsettled"] > 0
    assert found["withdrawable"] == found["available"] - found["holding_sales"]


def intraday_profit(floor: Floor, account: int) -> None:
    floor.sell(account, 10, INFY, 150_000, "MIS")
    floor.buy(account, 10, INFY, 148_000, "MIS")
    found = funds(floor, account)
    assert found["gains"] > 0
    assert found["available"] < found["balance"], "today's profit cannot be used today"


def intraday_loss(floor: Floor, account: int) -> None:
    floor.buy(account, 10, INFY, 150_000, "MIS")
    floor.price(INFY, 146_000)
    assert funds(floor, account)["blocked_loss"] == 40_000
    floor.sell(account, 10, INFY, 146_000, "MIS")


def future_profit_and_mark(floor: Floor, account: int) -> None:
    future = contract(floor, Kind.FUT)
    floor.buy(account, 2 * future.lot, future.key, LEVEL, "NRML")
    floor.price(future.key, LEVEL + 1_000)
    floor.sell(account, future.lot, future.key, LEVEL + 1_000, "NRML")
    assert funds(floor, account)["gains"] > 0
    floor.price(future.key, LEVEL - 2_000)
    assert funds(floor, account)["blocked_loss"] == 2_000 * future.lot
    roll(floor)


def premium_paid_and_back(floor: Floor, account: int) -> None:
    call = contract(floor, Kind.CE)
    floor.buy(account, 2 * call.lot, call.key, PREMIUM, "NRML")
    assert funds(floor, account)["option_premium"] == 2 * call.lot * PREMIUM
    floor.sell(account, call.lot, call.key, PREMIUM + 500, "NRML")
    assert funds(floor, account)["option_credit"] > 0


def premium_received(floor: Floor, account: int) -> None:
    short, hedge = contract(floor, Kind.CE), contract(floor, Kind.CE, 2)
    floor.buy(account, hedge.lot, hedge.key, PREMIUM, "NRML")
    floor.sell(account, 2 * short.lot, short.key, PREMIUM, "NRML")
    found = funds(floor, account)
    assert found["option_premium"] == -short.lot * PREMIUM
    assert found["span"] > 0 < found["exposure"]
    floor.buy(account, short.lot, short.key, PREMIUM - 500, "NRML")
    assert funds(floor, account)["gains"] > 0


def resting_orders(floor: Floor, account: int) -> None:
    rest(floor, account, INFY, "BUY", 103, 149_000, "CNC", legs=4)
    rest(floor, account, SBIN, "BUY", 20, 79_000, "MIS")
    call = contract(floor, Kind.CE)
    rest(floor, account, call.key, "BUY", call.lot, PREMIUM - 100, "NRML")
    rest(floor, account, call.key, "SELL", 3 * call.lot, PREMIUM + 100, "NRML")
    assert funds(floor, account)["held"] > 0


def an_iceberg_in_part(floor: Floor, account: int) -> None:
    wish = PlaceOrder(floor.instrument(INFY).id, Side.BUY, OrderType.LIMIT, Product.CNC, 100, price=150_000, legs=4)
    order = trading.place(floor.database, "asha", account, wish)
    assert floor.fill(account, order, 30, 149_900).done
    assert funds(floor, account)["held"] > 70 * 150_000


def a_cover(floor: Floor, account: int) -> None:
    wish = PlaceOrder(floor.instrument(INFY).id, Side.BUY, OrderType.LIMIT, Product.MIS, 10, price=150_000)
    exits = Exits(target_price=155_000, stop_trigger=147_000)
    entry = trading.place(floor.database, "asha", account, wish, exits=exits)
    funds(floor, account)
    assert floor.fill(account, entry, 10, 150_000).done


def a_basket(floor: Floor, account: int) -> None:
    found: AccountRef = access.by_key(floor.database, "asha/main")
    who = Principal(found.user_id, "asha", "trader", None, 1, None, ("read", "trade"))
    short, hedge = contract(floor, Kind.CE), contract(floor, Kind.CE, 2)
    legs = [
        PlaceOrder(one.id, side, OrderType.LIMIT, Product.NRML, one.lot, price=PREMIUM)
        for one, side in ((hedge, Side.BUY), (short, Side.SELL))
    ]
    before = funds(floor, account)
    told = baskets.margin(floor.database, account, legs)
    placed = baskets.place(floor.database, who, found, legs, "bear-call")
    for each, one in zip(placed["items"], (hedge, short), strict=True):
        assert floor.fill(account, int(each["order_id"]), one.lot, PREMIUM).done
    after = funds(floor, account)
    assert after["margin"] == pytest.approx((told["parts"]["span"] + told["parts"]["exposure"]) * 100, abs=2)
    assert before["available"] - after["available"] == pytest.approx(told["final"] * 100, abs=2)


def money_in_and_out(floor: Floor, account: int) -> None:
    assert wallet.deposit(floor.database, "asha", account, 5_000_00).status == 201
    assert wallet.withdraw(floor.database, "asha", account, 2_000_00).status == 201
    found = funds(floor, account)
    assert (found["deposits"] - found["withdrawals"]) % 10_000_000_00 == 3_000_00


STORIES: tuple[Callable[[Floor, int], None], ...] = (
    money_in_and_out, holdings, settled_and_t1, intraday_profit, intraday_loss, future_profit_and_mark,
    premium_paid_and_back, premium_received, resting_orders, an_iceberg_in_part, a_cover, a_basket,
)  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_funds_add_up(floor: Floor, story: Callable[[Floor, int], None]) -> None:
    account = floor.account(cash=10_000_000_00)
    story(floor, account)
    funds(floor, account)
    roll(floor)
    found = funds(floor, account)
    assert (found["unsettled"], found["gains"], found["option_credit"]) == (0, 0, 0), "usable on the next date"


def test_funds_add_up_with_all_of_it_at_once(floor: Floor) -> None:
    account = floor.account(cash=100_000_000_00)
    for story in (intraday_profit, resting_orders, premium_received, an_iceberg_in_part, a_cover, settled_and_t1):
        story(floor, account)
        funds(floor, account)
        for key, price in ((INFY, 150_000), (SBIN, 80_000), (NIFTY, LEVEL)):
            floor.price(key, price)
