"""What a basket needs on the way and in the end, and how it is placed."""

from typing import Any

import pytest

from core.orders import OrderType, PlaceOrder, Product, Side
from core.reasons import Reason, Refusal
from desk import access, baskets
from desk.access import AccountRef
from desk.principal import Principal
from tests.floor import INFY, NIFTY, SBIN, Floor


@pytest.fixture
def floor(floor: Floor) -> Floor:
    floor.price(NIFTY, 2_500_000)
    return floor


def who(floor: Floor, account: int) -> tuple[Principal, AccountRef]:
    found = access.by_key(floor.database, "asha/main")
    assert found.id == account
    return Principal(found.user_id, "asha", "trader", None, 1, None, ("read", "trade")), found


def leg(floor: Floor, side: str, quantity: int, key: str, price: int = 0, product: str = "MIS") -> PlaceOrder:
    kind = OrderType.LIMIT if price else OrderType.MARKET
    return PlaceOrder(floor.instrument(key).id, Side(side), kind, Product(product), quantity, price=price)


def test_what_closes_what_came_before_it_sets_its_margin_free(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    both = [leg(floor, "BUY", 100, INFY, 150_000), leg(floor, "SELL", 100, INFY, 150_000)]
    told = baskets.margin(floor.database, account, both)
    margin = 100 * 150_000 * 20 / 10_000  # rupees
    assert told["required"] == pytest.approx(margin + told["charges"]["total"], abs=told["charges"]["total"])
    assert told["final"] == pytest.approx(told["charges"]["total"], abs=0.01)
    assert told["benefit"] == pytest.approx(told["required"] - told["final"])


def test_the_order_of_the_legs_changes_what_is_needed_on_the_way(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 100, SBIN, 80_000)
    sell, buy = leg(floor, "SELL", 100, SBIN, 80_000, "CNC"), leg(floor, "BUY", 50, INFY, 150_000, "CNC")
    first, last = (
        baskets.margin(floor.database, account, [sell, buy]),
        baskets.margin(floor.database, account, [buy, sell]),
    )
    assert first["required"] <= last["required"]
    assert first["final"] == last["final"]


def test_a_leg_that_cannot_be_has_its_sentence_and_counts_for_nothing(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    good = leg(floor, "BUY", 10, INFY, 150_000, "CNC")
    bad = leg(floor, "BUY", 10, INFY, 150_003, "CNC")
    sale = leg(floor, "SELL", 10, SBIN, 80_000, "CNC")
    told = baskets.margin(floor.database, account, [good, bad, sale])
    assert [bool(each["refusals"]) for each in told["legs"]] == [False, True, True]
    assert told["legs"][1]["refusals"][0]["reason_code"] == Reason.OFF_TICK
    assert told["legs"][2]["refusals"][0]["reason_code"] == Reason.NOT_ENOUGH_SHARES
    assert told["final"] == baskets.margin(floor.database, account, [good])["final"]


def test_a_want_of_money_hides_no_figure_and_is_told(floor: Floor) -> None:
    account = floor.account(cash=1_000_000)
    told = baskets.margin(floor.database, account, [leg(floor, "BUY", 100, INFY, 150_000, "CNC")])
    assert told["required"] > 150_000
    assert told["shortfall"] == pytest.approx(told["required"] - 10_000)


def test_figures_are_there_while_the_market_is_closed(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    with floor.database.connection() as connection:
        connection.execute("update markets set phase = 'CLOSED' where id = 'sim'")
    told = baskets.margin(floor.database, account, [leg(floor, "BUY", 10, INFY)])
    assert told["required"] > 0
    assert told["legs"][0]["refusals"][0]["reason_code"] == Reason.MARKET_CLOSED
    with floor.database.connection() as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (0,)


def test_a_refused_leg_stops_none_unless_that_is_asked_for(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    principal, found = who(floor, account)
    legs = [
        leg(floor, "BUY", 1, INFY, 149_000, "CNC"),
        leg(floor, "SELL", 1, SBIN, 80_000, "CNC"),
        leg(floor, "BUY", 2, INFY, 149_000, "CNC"),
    ]
    told = baskets.place(floor.database, principal, found, legs, "first")
    assert [each["ok"] for each in told["items"]] == [True, False, True]
    assert told["items"][1]["detail"].startswith("You can sell 0")
    assert told["items"][1]["order_id"] is not None
    stopped = baskets.place(floor.database, principal, found, legs, "second", stop_at_refusal=True)
    assert [each["reason_code"] for each in stopped["items"]] == [None, 403, int(Reason.EARLIER_LEG)]


def test_a_basket_that_was_cut_short_is_finished_and_nothing_is_placed_twice(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    principal, found = who(floor, account)
    legs = [leg(floor, "BUY", n, INFY, 149_000, "CNC") for n in (1, 2, 3)]
    half = baskets.place(floor.database, principal, found, legs[:2], "key")
    whole = baskets.place(floor.database, principal, found, legs, "key")
    assert [each["replayed"] for each in whole["items"]] == [True, True, False]
    assert [each["order_id"] for each in whole["items"][:2]] == [each["order_id"] for each in half["items"]]
    with floor.database.connection() as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (3,)


def test_there_are_fifty_baskets_at_most(floor: Floor) -> None:
    owner, _ = who(floor, floor.account())
    for number in range(50):
        baskets.add(floor.database, owner, f"plan {number}", [])
    with pytest.raises(Refusal, match="At most 50 baskets") as no:
        baskets.add(floor.database, owner, "one more", [])
    assert no.value.reason is Reason.TOO_MANY_BASKETS


def test_a_long_option_is_paid_in_full_and_a_future_on_margin(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)
    chain = floor.master.chain(floor.instrument(NIFTY).id)
    call: Any = next(each for each in chain if each.kind == "CE")
    future: Any = next(each for each in chain if each.kind == "FUT")
    floor.price(call.key, 10_000)
    floor.price(future.key, 2_500_000)
    bought = leg(floor, "BUY", call.lot, call.key, 10_000, "NRML")
    carried = leg(floor, "BUY", future.lot, future.key, 2_500_000, "NRML")
    told = baskets.margin(floor.database, account, [bought, carried])
    assert [bool(each["refusals"]) for each in told["legs"]] == [False, False]
    assert told["legs"][0]["required"] == pytest.approx(call.lot * 100, rel=0.02)
    assert 0 < told["legs"][1]["required"] < future.lot * 25_000


def test_a_leg_that_is_not_listed_is_refused_in_words_and_stops_no_other(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    owner, found = who(floor, account)
    unknown, good = PlaceOrder(10**9, Side.BUY, OrderType.MARKET, Product.MIS, 1), leg(floor, "BUY", 1, INFY, 150_000)
    told = baskets.place(floor.database, owner, found, [unknown, good], "key")
    assert [each["ok"] for each in told["items"]] == [False, True]
    assert told["items"][0]["reason_code"] == Reason.UNKNOWN_INSTRUMENT
    for act in (
        lambda: baskets.margin(floor.database, account, [unknown]),
        lambda: baskets.add(floor.database, owner, "plan", [unknown]),
    ):
        with pytest.raises(Refusal, match="No such instrument"):
            act()


def test_what_is_asked_again_with_its_key_adds_nothing_more(floor: Floor) -> None:
    owner, _ = who(floor, floor.account())
    one, other = leg(floor, "BUY", 1, INFY, 150_000), leg(floor, "BUY", 2, INFY, 150_000)
    made, before = baskets.add(floor.database, owner, "plan", [one], key="a")
    again, repeated = baskets.add(floor.database, owner, "plan", [one], key="a")
    assert (before, repeated, made["basket_id"]) == (False, True, again["basket_id"])
    number = int(made["basket_id"])
    for expected in (False, True, True):
        row, repeated = baskets.append(floor.database, owner, number, other, key="b")
        assert (repeated, len(row["legs"])) == (expected, 2)
    row, _ = baskets.append(floor.database, owner, number, other)
    assert len(row["legs"]) == 3, "without a key it is another one"
    with pytest.raises(Refusal) as refusal:
        baskets.append(floor.database, owner, number, one, key="b")
    assert refusal.value.reason is Reason.KEY_CONFLICT
    baskets.remove(floor.database, owner, number)
    assert not baskets.add(floor.database, owner, "plan", [one], key="a")[1], "what is gone can be made anew"
