"""GTTs against a real database: what may be asked, what fires once, and what survives a crash at any point."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from core.gtt import Gtt, GttWish, LegWish
from core.gtt_watch import Hit
from core.instruments import Kind
from core.orders import OrderType, Product, Side
from core.reasons import Reason
from desk import gtt, gtt_firing, wallet
from desk.answers import Answer
from desk.gtt_firing import Fate
from tests.factories import ask
from tests.floor import INFY, NIFTY, AnyTerm, Floor

LAST = 150_000


def leg(trigger: int, price: int = 0, quantity: int = 10, side: str = "BUY", product: str = "CNC") -> LegWish:
    kind = OrderType.LIMIT if price else OrderType.MARKET
    return LegWish(Side(side), kind, Product(product), quantity, trigger, price)


def make(floor: Floor, account: int, *legs: LegWish, key: str | None = None, symbol: str = INFY) -> Answer:
    return gtt.create(floor.database, "asha", account, GttWish(floor.instrument(symbol).id, legs), key)


def hit(floor: Floor, account: int, made: Answer, price: int, number: int = 1) -> Hit:
    now = int(datetime.now(UTC).timestamp() * 1000)
    return Hit(int(made.body["gtt_id"]), account, floor.instrument(INFY).id, number, price, 1, now)


def fire(floor: Floor, account: int, made: Answer, price: int, number: int = 1) -> Fate:
    return gtt_firing.fire(floor.database, AnyTerm(), hit(floor, account, made, price, number))


def row(floor: Floor, account: int, made: Answer) -> dict[str, Any]:
    return gtt.one(floor.database, account, "asha/main", int(made.body["gtt_id"]))


def orders(floor: Floor, account: int) -> list[tuple[str, str, str, int, int]]:
    with floor.database.connection() as connection:
        return connection.execute(
            "select client_order_id, origin, status, quantity, price from orders where account_id = %s order by id",
            [account],
        ).fetchall()


@pytest.mark.parametrize(
    ("legs", "reason", "field"),
    [
        pytest.param([leg(149_800, 149_800)], Reason.TRIGGER_TOO_NEAR, "trigger_price", id="too near the last price"),
        pytest.param([leg(145_003, 145_000)], Reason.OFF_TICK, "trigger_price", id="a trigger off the tick"),
        pytest.param([leg(145_000, 145_003)], Reason.OFF_TICK, "price", id="a price off the tick"),
        pytest.param([leg(145_000, 145_000, 0)], Reason.QUANTITY_NOT_POSITIVE, "quantity", id="nothing"),
        pytest.param([leg(145_000, 1, product="MIS")], Reason.PRODUCT_NOT_ALLOWED, "product", id="MIS is for a day"),
        pytest.param([leg(145_000, 5, product="NRML")], Reason.PRODUCT_NOT_ALLOWED, "product", id="NRML of a share"),
        pytest.param(
            [leg(160_000, 160_000), leg(140_000, 140_000)], Reason.TRIGGERS_NOT_APART, "trigger_price", id="crossed"
        ),
        pytest.param(
            [leg(140_000, 140_000), leg(145_000, 145_000)], Reason.TRIGGERS_NOT_APART, "trigger_price", id="both below"
        ),
        pytest.param(
            [leg(140_000, 140_000), leg(160_000, 160_000, side="SELL")], Reason.LEGS_DIFFER, "side", id="two sides"
        ),
    ],
)
def test_what_could_never_work_is_refused_at_once(
    floor: Floor, legs: list[LegWish], reason: Reason, field: str
) -> None:
    account = floor.account()
    refused = make(floor, account, *legs)
    assert (refused.status >= 400, refused.body["reason_code"], refused.body["field"]) == (True, int(reason), field)
    assert ask(floor.database, "select count(*) from gtts") == 0


def test_an_index_and_an_instrument_without_price_are_refused(floor: Floor) -> None:
    account = floor.account()
    floor.price(NIFTY, 2_500_000)
    assert make(floor, account, leg(2_400_000, 2_400_000), symbol=NIFTY).body["reason_code"] == Reason.NOT_TRADABLE
    assert make(floor, account, leg(10_000, 10_000), symbol="NSE:TCS").body["reason_code"] == Reason.NO_PRICE


def test_a_single_fires_once_into_an_order_that_names_it(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    made = make(floor, account, leg(145_000, 145_500))
    assert (made.status, made.body["status"], made.body["legs"][0]["condition"]) == (201, "ACTIVE", "at or below")
    floor.price(INFY, 144_900)
    assert fire(floor, account, made, 144_900) is Fate.OVER
    assert fire(floor, account, made, 144_900) is Fate.OVER
    assert orders(floor, account) == [(f"gtt-{made.body['gtt_id']}-1", "GTT", "OPEN", 10, 145_500)]
    told = row(floor, account, made)
    assert (told["status"], told["legs"][0]["result"], told["legs"][0]["order_status"]) == (
        "TRIGGERED",
        "placed",
        "OPEN",
    )
    assert [(each["event"], each["by"], each["price"]) for each in told["history"]] == [
        ("CREATED", "asha", None),
        ("FIRED", "gtt", 1449),
    ]


def test_an_order_that_is_refused_leaves_a_gtt_that_triggered_and_says_why(floor: Floor) -> None:
    account = floor.account(cash=1_000_000)
    made = make(floor, account, leg(145_000, 145_000, quantity=100))
    assert fire(floor, account, made, 145_000) is Fate.OVER
    told = row(floor, account, made)
    (one,) = told["legs"]
    assert (told["status"], one["state"], one["result"]) == ("TRIGGERED", "FAILED", "failed")
    assert one["order_status"] == "REJECTED"
    assert "Needs ₹" in told["reason"]
    assert one["reason_code"] == told["reason_code"] == Reason.NOT_ENOUGH_FUNDS


def test_an_order_of_bad_form_leaves_no_order_and_the_same_sentence(floor: Floor) -> None:
    account = floor.account()
    made = make(floor, account, leg(170_000, 190_000))
    floor.price(INFY, 171_000)  # a band of 20 % around it
    with floor.database.connection() as connection:
        connection.execute("update market_days set upper_band = 180000 where instrument_id = %s",
                           [floor.instrument(INFY).id])  # fmt: skip
    assert fire(floor, account, made, 171_000) is Fate.OVER
    told = row(floor, account, made)
    assert (told["status"], told["legs"][0]["state"], told["legs"][0]["order_id"]) == ("TRIGGERED", "FAILED", None)
    assert told["reason"] == "Price ₹1,900.00 is above today's upper circuit limit of ₹1,800.00."
    assert orders(floor, account) == []


def test_of_two_legs_one_cancels_the_other(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, INFY, LAST)
    made = make(floor, account, leg(140_000, 139_500, side="SELL"), leg(160_000, 160_000, side="SELL"))
    assert [each["role"] for each in made.body["legs"]] == ["stop", "target"]
    assert fire(floor, account, made, 160_500, number=2) is Fate.OVER
    assert fire(floor, account, made, 139_000, number=1) is Fate.OVER
    assert [each["state"] for each in row(floor, account, made)["legs"]] == ["DISABLED", "FIRED"]
    assert [each[0] for each in orders(floor, account)][1:] == [f"gtt-{made.body['gtt_id']}-2"]


def test_a_price_that_the_changed_trigger_does_not_reach_fires_nothing(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    made = make(floor, account, leg(145_000, 145_000))
    late = hit(floor, account, made, 145_000)
    changed = change(floor, account, made, leg(140_000, 140_000))
    assert (changed.status, changed.body["legs"][0]["trigger_price"]) == (200, 1400)
    assert gtt_firing.fire(floor.database, AnyTerm(), late) is Fate.OVER
    assert orders(floor, account) == []
    assert row(floor, account, made)["status"] == "ACTIVE"


def change(floor: Floor, account: int, made: Answer, *legs: LegWish) -> Answer:
    def wish(before: Gtt) -> GttWish:
        return GttWish(before.instrument_id, legs)

    return gtt.modify(floor.database, "asha", account, int(made.body["gtt_id"]), wish, named=legs)


def test_an_ended_gtt_can_neither_be_changed_nor_deleted(floor: Floor) -> None:
    account = floor.account()
    made = make(floor, account, leg(145_000, 145_000))
    number = int(made.body["gtt_id"])
    assert change(floor, account, made, leg(145_000, 145_000)).body["reason_code"] == Reason.NOTHING_TO_CHANGE
    assert gtt.delete(floor.database, "asha", account, number).body["status"] == "DELETED"
    for late in (
        gtt.delete(floor.database, "asha", account, number),
        change(floor, account, made, leg(140_000, 140_000)),
    ):
        assert (late.status, late.body["reason_code"]) == (409, Reason.GTT_FINAL)
    assert fire(floor, account, made, 145_000) is Fate.OVER
    assert orders(floor, account) == []


def test_another_accounts_gtt_does_not_exist(floor: Floor) -> None:
    account, other = floor.account(), floor.account("bela")
    made = make(floor, account, leg(145_000, 145_000))
    number = int(made.body["gtt_id"])
    assert gtt.delete(floor.database, "bela", other, number).status == 404
    assert change(floor, other, made, leg(140_000, 140_000)).status == 404
    assert row(floor, account, made)["status"] == "ACTIVE"


def test_a_repeated_request_makes_one(floor: Floor) -> None:
    account = floor.account()
    first = make(floor, account, leg(145_000, 145_000), key="k1")
    again = make(floor, account, leg(145_000, 145_000), key="k1")
    assert (again.replayed, again.body["gtt_id"]) == (True, first.body["gtt_id"])
    assert make(floor, account, leg(140_000, 140_000), key="k1").status == 409
    assert ask(floor.database, "select count(*) from gtts") == 1


def test_no_order_may_be_named_like_one_of_a_gtt(floor: Floor) -> None:
    account = floor.account()
    assert floor.place(account, "BUY", 1, INFY, LAST, request="gtt-1-1").body["reason_code"] == Reason.BAD_KEY


def test_one_more_than_may_be_active_is_rejected_and_kept(floor: Floor) -> None:
    account = floor.account()
    with patch("core.gtt_rules._ROWS", (_few(1),)):
        assert make(floor, account, leg(145_000, 145_000)).status == 201
        refused = make(floor, account, leg(144_000, 144_000))
    assert (refused.status, refused.body["reason_code"]) == (422, int(Reason.TOO_MANY_GTTS))
    told = gtt.listed(floor.database, account, "asha/main")
    assert [each["status"] for each in told["items"]] == ["REJECTED", "ACTIVE"]
    assert told["counts"] == {"active": 1, "done": 1}


def _few(most: int) -> tuple[Any, Any]:
    from dataclasses import replace
    from datetime import date

    from core.gtt_rules import gtt_terms

    return date(2020, 1, 1), replace(gtt_terms(date(2026, 11, 23)), most_active=most)


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_crash_round_the_firing_leaves_exactly_one_order(floor: Floor, where: str) -> None:
    account = floor.account(cash=100_000_000)
    made = make(floor, account, leg(145_000, 145_000))
    write = gtt_firing.gtts.write

    def dying(*given: Any) -> None:
        if where == "before":
            raise KeyboardInterrupt
        write(*given)

    with patch.object(gtt_firing.gtts, "write", dying):
        if where == "before":
            with pytest.raises(KeyboardInterrupt):
                fire(floor, account, made, 145_000)
        else:
            fire(floor, account, made, 145_000)
    assert len(orders(floor, account)) == (0 if where == "before" else 1)
    assert fire(floor, account, made, 145_000) is Fate.OVER
    assert len(orders(floor, account)) == 1
    assert row(floor, account, made)["status"] == "TRIGGERED"


def test_while_the_market_is_closed_a_hit_waits(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    made = make(floor, account, leg(145_000, 145_000))
    with floor.database.connection() as connection:
        connection.execute("update markets set phase = 'CLOSED' where id = 'sim'")
    assert fire(floor, account, made, 145_000) is Fate.LATER
    with floor.database.connection() as connection:
        connection.execute("update markets set phase = 'OPEN' where id = 'sim'")
    assert fire(floor, account, made, 145_000) is Fate.OVER
    assert len(orders(floor, account)) == 1


def test_an_old_price_delays_an_order_at_market_and_loses_nothing(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    made = make(floor, account, leg(145_000))
    floor.price(INFY, 144_000, age_seconds=60)
    assert fire(floor, account, made, 144_000) is Fate.LATER
    floor.price(INFY, 144_000)
    assert fire(floor, account, made, 144_000) is Fate.OVER
    assert [each[2] for each in orders(floor, account)] == ["OPEN"]


def test_a_reset_cancels_what_waits(floor: Floor) -> None:
    account = floor.account()
    made = make(floor, account, leg(145_000, 145_000))
    assert wallet.reset(floor.database, "asha", account, 10_000_000).status == 201
    told = row(floor, account, made)
    assert (told["status"], told["reason_code"]) == ("CANCELLED", Reason.RESET)
    assert gtt_firing.load_armed(floor.database, AnyTerm(), "sim") == []
    assert fire(floor, account, made, 145_000) is Fate.OVER
    assert orders(floor, account) == []


def test_after_its_last_date_a_gtt_expires(floor: Floor) -> None:
    account = floor.account()
    made = make(floor, account, leg(145_000, 145_000))
    assert made.body["expires_on"] == (floor.trading_date + timedelta(days=365)).isoformat()
    assert gtt_firing.expire(floor.database, "sim") == 0
    with floor.database.connection() as connection:
        connection.execute("update gtts set expires_on = %s", [floor.trading_date - timedelta(days=1)])
    assert gtt_firing.load_armed(floor.database, AnyTerm(), "sim") == []
    assert gtt_firing.expire(floor.database, "sim") == 1
    assert (row(floor, account, made)["status"], row(floor, account, made)["reason_code"]) == ("EXPIRED", 726)


def test_a_contracts_gtt_ends_with_the_contract(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)
    future = next(one for one in floor.master.chain(floor.instrument(NIFTY).id) if one.kind is Kind.FUT)
    floor.price(future.key, 2_500_000)
    made = make(floor, account, leg(2_400_000, 2_400_000, future.lot, product="NRML"), symbol=future.key)
    assert future.expiry
    assert made.body["expires_on"] == future.expiry.isoformat()


def test_a_split_takes_the_terms_along_or_disables(floor: Floor) -> None:
    account = floor.account()
    whole = make(floor, account, leg(145_000, 145_000))
    odd = make(floor, account, leg(145_010, 145_010, 7))
    why = (Reason.GTT_DISABLED, "Split of 1:5. Set it anew.")

    def change(trigger: int, quantity: int, price: int) -> tuple[int, int, int] | None:
        return None if trigger % 50 or price % 50 else (trigger // 5, quantity * 5, price // 5)

    assert gtt.adjust(floor.database, "sim", floor.instrument(INFY).id, change, "closing", why) == {
        "adjusted": 1,
        "disabled": 1,
    }
    adjusted, disabled = row(floor, account, whole), row(floor, account, odd)
    assert (adjusted["status"], adjusted["legs"][0]["trigger_price"], adjusted["legs"][0]["quantity"]) == (
        "ACTIVE", 290, 50,
    )  # fmt: skip
    assert (disabled["status"], disabled["reason"]) == ("DISABLED", "Split of 1:5. Set it anew.")
    floor.price(INFY, 30_000)
    anew = gtt.modify(
        floor.database, "asha", account, int(odd.body["gtt_id"]),
        lambda before: GttWish(before.instrument_id, (leg(29_000, 29_000, 35),)),
    )  # fmt: skip
    assert anew.body["status"] == "ACTIVE"


def test_a_gtt_does_not_trade_with_its_owners_own_order(floor: Floor) -> None:
    """The order that it places is looked at like any other; an own order in another book is in the way."""
    account, swing = floor.account(cash=100_000_000), floor.account(book="swing", cash=100_000_000)
    resting = floor.place(swing, "SELL", 10, INFY, 144_500, "MIS")
    made = make(floor, account, leg(145_000, 144_500))
    floor.price(INFY, 144_900)
    assert fire(floor, account, made, 144_900) is Fate.OVER
    told = row(floor, account, made)
    assert (told["status"], told["legs"][0]["state"]) == ("TRIGGERED", "FAILED")
    assert told["legs"][0]["reason_code"] == Reason.SELF_TRADE
    assert floor.number(resting)
    floor.sound()


def test_a_contract_s_limit_is_one_that_the_exchange_would_take_when_it_fires(floor: Floor) -> None:
    account = floor.account(cash=10**10)
    future = floor.future()
    floor.price(NIFTY, 2_400_000)
    floor.price(future.key, 2_410_000)

    def made(price: int) -> Answer:
        return make(floor, account, leg(2_380_000, price, future.lot, "SELL", "NRML"), symbol=future.key)

    far = made(2_332_390)  # 2 % below the trigger of 23,800.00 is 23,324.00
    assert (far.status, far.body["reason_code"], far.body["field"]) == (422, Reason.OUTSIDE_REFERENCE, "price")
    assert "A limit of ₹23,323.90 is too far from its trigger of ₹23,800.00" in far.body["detail"]
    assert "at least ₹23,324.00" in far.body["detail"]
    assert made(2_332_400).status == 201
    assert ask(floor.database, "select count(*) from gtts") == 1
