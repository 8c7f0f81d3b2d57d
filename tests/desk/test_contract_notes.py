"""Charges as they are booked, and the contract note that the close brings them to, to the paisa."""

import csv
from datetime import timedelta

import pytest

from core.instruments import Kind
from core.orders import OrderType, PlaceOrder, Product, Side
from core.reasons import Reason, Refusal
from desk import (
    closing,
    contract_note_page,
    contract_notes,
    daybook,
    estimate,
    flatten,
    margin_calls,
    plans,
    pnl,
    screens,
    trading,
)
from desk.access import AccountRef
from desk.principal import Principal
from tests.desk.test_closing import end_of, one, roll
from tests.floor import INFY, NIFTY, SBIN, Floor


def book(account: int, owner: int = 1) -> AccountRef:
    return AccountRef(account, "asha/main", owner, "sim", "main", archived=False)


def asha(floor: Floor, role: str = "trader") -> Principal:
    owner = one(floor, "select id from users where name = 'asha'")[0]
    return Principal(int(str(owner)), "asha", role, None, 1, None, ("read", "trade"))


def entries(floor: Floor, account: int) -> list[tuple[str, int]]:
    with floor.database.connection() as connection:
        return connection.execute(
            "select kind, total from charge_entries where account_id = %s order by id", [account]
        ).fetchall()


def charged(floor: Floor, account: int) -> int:
    return sum(total for _, total in entries(floor, account))


@pytest.mark.parametrize(
    ("side", "product", "quantity", "price"),
    [("BUY", "CNC", 50, 150_000), ("BUY", "MIS", 700, 150_000), ("SELL", "MIS", 33, 150_050)],
)
def test_the_estimate_is_what_is_booked(floor: Floor, side: str, product: str, quantity: int, price: int) -> None:
    account = floor.account(cash=1_000_000_000)
    wish = PlaceOrder(floor.instrument(INFY).id, Side(side), OrderType.LIMIT, Product(product), quantity, price=price)
    told = estimate.of_order(floor.database, account, wish)["charges"]["total"]
    order = floor.place(account, side, quantity, INFY, price, product)
    for part in (quantity // 3, quantity - quantity // 3):
        floor.fill(account, order, part, price)
    assert charged(floor, account) == round(told * 100)


@pytest.mark.parametrize(
    ("kind", "side", "legs"),
    [(Kind.FUT, "SELL", 0), (Kind.FUT, "BUY", 4), (Kind.CE, "BUY", 0), (Kind.CE, "SELL", 0), (Kind.CE, "SELL", 3)],
)
def test_the_estimate_of_a_contract_is_what_is_booked(floor: Floor, kind: Kind, side: str, legs: int) -> None:
    account, price = floor.account(cash=10_000_000_000), 2_500_000 if kind is Kind.FUT else 10_000
    floor.price(NIFTY, 2_500_000)
    chain = floor.master.chain(floor.instrument(NIFTY).id)
    contract = next(each for each in chain if each.kind is kind and each.expiry and each.expiry > floor.trading_date)
    floor.price(contract.key, price)
    quantity = 9 * contract.lot
    wish = PlaceOrder(contract.id, Side(side), OrderType.LIMIT, Product.NRML, quantity, price=price, legs=legs)
    told = estimate.of_order(floor.database, account, wish)["charges"]
    order = trading.place(floor.database, "asha", account, wish)
    for part in (2, 3, 4):
        assert floor.fill(account, order, part * contract.lot, price).done
    assert charged(floor, account) == round(told["total"] * 100)
    assert told["brokerage"] == 20 * max(1, legs)


def test_a_round_trip_of_a_day_is_charged_as_intraday_at_the_close(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, INFY, 150_000)
    floor.sell(account, 10, INFY, 151_000)
    booked = charged(floor, account)
    cash = floor.balances(account)["CASH"] + floor.balances(account)["GAINS"]
    roll(floor)
    assert charged(floor, account) == 1_578
    assert entries(floor, account)[2:] == [("CONTRACT_NOTE", 1_578 - booked)]
    assert floor.balances(account)["CASH"] == cash + booked - 1_578


def test_a_delivery_sale_pays_the_depository_once_a_day(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, INFY, 150_000)
    roll(floor)
    floor.price(INFY, 150_000)
    floor.sell(account, 4, INFY, 150_000)
    floor.sell(account, 6, INFY, 150_000)
    roll(floor)
    assert [total for kind, total in entries(floor, account) if kind == "DP"] == [1_534]


def test_a_square_off_pays_its_fee_with_its_first_fill(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    closing.square_off(floor.database, "sim")
    order = int(str(one(floor, "select id from orders where origin = 'SQUARE_OFF'")[0]))
    floor.fill(account, order, 4, 80_000)
    floor.fill(account, order, 6, 80_000)
    kinds = [kind for kind, _ in entries(floor, account)]
    assert kinds == ["TRADE", "SQUARE_OFF", "TRADE"]
    fee = one(floor, "select sum(brokerage), sum(gst) from charge_entries where order_id = %s", order)
    assert fee == (5_000 + 240, 900 + 48)


def test_a_square_off_of_risk_pays_the_fee_and_a_kill_switch_does_not(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    why = (Reason.RISK_SQUARE_OFF, "The loss has reached the limit.")
    (sent,) = margin_calls.close(floor.database, "risk", account, why)
    floor.fill(account, sent, 10, 80_000)
    assert [kind for kind, _ in entries(floor, account)] == ["TRADE", "SQUARE_OFF"]
    fee = one(floor, "select brokerage, gst from charge_entries where kind = 'SQUARE_OFF'")
    assert fee == (5_000 + 240, 900 + 48)
    floor.buy(account, 10, INFY, 150_000, "MIS")
    pressed, _ = flatten.close(floor.database, "asha", account)
    floor.fill(account, int(pressed[0]), 10, 150_000)
    assert [kind for kind, _ in entries(floor, account)] == ["TRADE", "SQUARE_OFF", "TRADE", "TRADE"]
    day = contract_notes.report(floor.database, book(account))
    fees = [line["square_off_fee"] for scrip in day["scrips"] for line in scrip["lines"]]
    assert sorted(fees) == [0, 0, 0, 50], "the note bills it beside the order that was sent for the client"


def test_a_note_is_booked_once_and_its_day_adds_up(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 50, INFY, 150_000)
    floor.buy(account, 10, SBIN, 80_000, "MIS")
    step = roll(floor)
    found = len(entries(floor, account))
    closing.roll(floor.database, "sim", step)
    assert len(entries(floor, account)) == found
    day = contract_notes.report(floor.database, book(account), step.trading_date)
    assert (day["final"], day["difference"], day["total"]) == (True, 0, day["booked"])
    equity = one(floor, "select charges from daily_equity where account_id = %s", account)
    assert equity == (charged(floor, account),)
    report = pnl.report(floor.database, book(account))
    assert report["reconciliation"]["balanced"], report["reconciliation"]
    assert report["charges"]["total"] * 100 == pytest.approx(charged(floor, account))
    with floor.database.connection() as connection:
        connection.execute("delete from daily_positions")
        connection.execute("delete from daily_equity")
    assert daybook.rebuild(floor.database, account, step.trading_date).equity == 1
    assert one(floor, "select charges from daily_equity where account_id = %s", account) == equity


def test_before_the_close_the_note_says_what_is_still_to_be_booked(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 50, INFY, 150_000)
    day = contract_notes.report(floor.database, book(account))
    assert (day["final"], day["booked"], day["total"], day["difference"]) == (False, 89.06, 88.81, -0.25)
    (scrip,) = day["scrips"]
    assert (scrip["symbol"], scrip["bought_quantity"], scrip["stamp"], scrip["lines"][0]["brokerage"]) == (
        "INFY", 50, 11, 0,
    )  # fmt: skip
    text = contract_notes.as_sheet(day).splitlines()
    assert [line.split(",")[11] for line in text] == ["kind", "FILL", "CHARGES", "TOTAL"]


def test_each_scrip_is_named_by_its_exchange_on_the_sheet_and_on_the_page_to_print(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 50, INFY, 150_000)
    found = contract_notes.report(floor.database, book(account), floor.trading_date)
    rows = list(csv.DictReader(contract_notes.as_sheet(found).splitlines()))
    assert [(row["exchange"], row["symbol"], row["exchange_fee"]) for row in rows[:2]] == [
        ("NSE", "INFY", ""), ("NSE", "INFY", "2.3"),
    ]  # fmt: skip
    assert contract_note_page.page(found).count(">NSE:INFY<") == 2


def test_a_share_under_trade_for_trade_is_not_netted(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, INFY, 150_000)
    roll(floor)
    floor.price(INFY, 150_000)
    floor.buy(account, 10, INFY, 150_000)
    floor.sell(account, 10, INFY, 150_000)
    with floor.database.connection() as connection:
        connection.execute(
            "insert into restrictions (instrument_id, kind, effective_from, set_by)"
            " values (%s, 'TRADE_FOR_TRADE', %s, 'root')",
            [floor.instrument(INFY).id, floor.trading_date],
        )
    (scrip,) = contract_notes.report(floor.database, book(account))["scrips"]
    assert (scrip["intraday_quantity"], scrip["delivered_quantity"], scrip["stt"]) == (0, 10, 30)


def test_a_day_without_trades_has_no_note(floor: Floor) -> None:
    account = floor.account()
    with pytest.raises(Refusal) as refused:
        contract_notes.report(floor.database, book(account), floor.trading_date)
    assert refused.value.reason is Reason.NO_CONTRACT_NOTE


def test_a_plan_is_charged_from_the_next_trading_date_on(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    who = asha(floor)
    mine = book(account, who.user_id)
    assert [each["plan"] for each in plans.plans(floor.database)] == ["free-delivery", "flat-20", "zero"]
    told = plans.choose(floor.database, who, mine, "flat-20")
    assert (told["plan"], told["next_plan"], told["next_from"]) == (
        "free-delivery", "flat-20", (floor.trading_date + timedelta(days=1)).isoformat(),
    )  # fmt: skip
    floor.buy(account, 50, INFY, 150_000)
    assert charged(floor, account) == 8_906
    step = roll(floor)
    assert plans.current(floor.database, mine)["plan"] == "flat-20"
    floor.price(INFY, 150_000)
    wish = PlaceOrder(floor.instrument(INFY).id, Side.BUY, OrderType.LIMIT, Product.CNC, 50, price=150_000)
    assert estimate.of_order(floor.database, account, wish)["charges"]["total"] == 89.06 + 23.6
    before = charged(floor, account)
    floor.buy(account, 50, INFY, 150_000)
    assert charged(floor, account) - before == 8_906 + 2_360
    roll(floor)
    first, second = (contract_notes.report(floor.database, mine, day) for day in (step.trading_date, step.next_date))
    assert (first["plan"], second["plan"], first["difference"], second["difference"]) == (
        "free-delivery", "flat-20", 0, 0,
    )  # fmt: skip


def test_nobody_else_changes_a_plan_and_an_unknown_one_is_refused(floor: Floor) -> None:
    account = floor.account()
    who = asha(floor)
    with pytest.raises(Refusal) as refused:
        plans.choose(floor.database, who, book(account, who.user_id + 1), "zero")
    assert refused.value.reason is Reason.FORBIDDEN
    with pytest.raises(Refusal) as refused:
        plans.choose(floor.database, who, book(account, who.user_id), "golden")
    assert refused.value.reason is Reason.UNKNOWN_PLAN


def test_on_a_date_without_rates_nothing_trades(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    with floor.database.connection() as connection:
        connection.execute("update markets set trading_date = '2024-09-30' where id = 'sim'")
        connection.execute("update accounts set trading_date = '2024-09-30'")
    refused = floor.place(account, "BUY", 1, INFY, 150_000)
    assert refused.status == 422
    assert refused.body["detail"].startswith("No charges are known for 30 Sep 2024")
    with floor.database.connection() as connection:
        connection.execute("update markets set trading_date = %s where id = 'sim'", [floor.trading_date])
        connection.execute("update accounts set trading_date = %s", [floor.trading_date])


def test_a_stock_contract_ends_in_cash_with_the_tax_of_a_delivery(floor: Floor) -> None:
    account = floor.account(cash=1_000_000_000)
    infy = floor.instrument(INFY)
    call = next(i for i in floor.master.chain(infy.id) if i.kind == "CE")
    assert call.strike
    floor.price(INFY, call.strike + 5_000)
    floor.price(call.key, 6_000)
    floor.buy(account, call.lot, call.key, 6_000, "NRML")
    while floor.trading_date <= call.expiry:  # type: ignore[operator]
        floor.price(INFY, call.strike + 5_000)
        roll(floor)
    row = one(floor, "select t.price, e.stt, e.total, t.trading_date from trades t join charge_entries e on e.id ="
              " t.charge_id where t.kind = 'EXPIRY'")  # fmt: skip
    tax = (call.strike * call.lot + 50_000) // 100_000 * 100
    assert row[:3] == (5_000, tax, tax)
    day = contract_notes.report(floor.database, book(account), call.expiry)
    assert (day["difference"], day["scrips"][0]["lines"][0]["label"]) == (0, contract_notes.IN_CASH)
    assert screens.trades(floor.database, book(account), call.expiry)["items"][0]["label"] == contract_notes.IN_CASH


def test_what_a_killed_roll_left_is_noted_by_the_next_one(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = floor.account(cash=100_000_000), floor.account(cash=100_000_000, book="other")
    for account in (first, second):
        floor.buy(account, 50, INFY, 150_000)
    now = end_of(floor)
    step = closing.due(floor.database, "sim", now)
    assert step
    real = contract_notes.book

    def dying(*given: object) -> bool:
        if given[2].id == second:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(contract_notes, "book", dying)
    with pytest.raises(KeyboardInterrupt):
        closing.roll(floor.database, "sim", step, now)
    monkeypatch.setattr(contract_notes, "book", real)
    assert closing.roll(floor.database, "sim", step, now)["accounts"] == 2
    assert [entries(floor, each)[1:] for each in (first, second)] == [[("CONTRACT_NOTE", -25)]] * 2
    floor.trading_date = step.next_date
