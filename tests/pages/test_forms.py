"""Money and orders by form: each intention has its effect once, and a refusal is told in words."""

import pytest

from core.instruments import Kind
from core.money import parse_rupees
from desk import masters, screens
from tests.pages.conftest import words
from tests.pages.test_pages import account_of
from ui import keys


def wallet_of(floor, name="asha"):
    with floor.database.connection() as connection:
        return connection.execute("select cash from accounts where id = %s", [account_of(floor, name)]).fetchone()[0]


def press(app, label):
    next(each for each in app.button if each.label == label).click().run()


def field(app, label):
    return next(each for each in app.text_input if each.label == label)


def test_funds_come_and_go(open_as, floor):
    app = open_as("asha", "wallet")
    field(app, "Add funds (₹)").set_value("1,00,000.50")
    press(app, "Add funds")
    assert not app.exception
    assert wallet_of(floor) == 10_000_050
    app = open_as("asha", "wallet", do="Withdraw")
    field(app, "Withdraw (₹)").set_value("50,000")
    press(app, "Withdraw")
    assert wallet_of(floor) == 5_000_050
    assert len(app.dataframe[-1].value) == 2


def test_why_money_moved_stands_in_the_ledger(open_as, floor):
    app = open_as("asha", "wallet")
    field(app, "Add funds (₹)").set_value("1,000")
    field(app, "Why (if you like)").set_value(" For the iron condor ")
    press(app, "Add funds")
    app = open_as("asha", "wallet", do="Start anew")
    field(app, "Why (if you like)").set_value("The quarter is over")
    app.checkbox[0].check()
    press(app, "Reset")
    assert not app.exception
    with floor.database.connection() as connection:
        told = connection.execute("select reference from transfers where code = 'DEPOSIT' order by id").fetchall()
    assert told == [("by asha: For the iron condor",), ("reset by asha: The quarter is over",)]


@pytest.mark.parametrize(
    ("label", "text", "told"),
    [
        ("Add funds", "ten", "Type an amount"),
        ("Add funds", "-5", "Type an amount"),
        ("Add funds", "1e5", "Type an amount"),
        ("Add funds", "१००", "Type an amount"),
        ("Add funds", "0", "more than ₹0"),
        ("Withdraw", "1", "You can withdraw ₹0.00"),
    ],
)
def test_what_cannot_be_moved_is_told(open_as, floor, label, text, told):
    app = open_as("asha", "wallet", do=label)
    field(app, f"{label} (₹)").set_value(text)
    press(app, label)
    assert told in app.error[0].value
    assert wallet_of(floor) == 0


def test_a_form_sent_twice_under_one_key_moves_money_once(open_as, floor, monkeypatch):
    monkeypatch.setattr(keys, "key_of", lambda form: f"one key of {form}")
    app = open_as("asha", "wallet")
    for _ in range(2):
        field(app, "Add funds (₹)").set_value("1,000")
        press(app, "Add funds")
    assert wallet_of(floor) == parse_rupees("1000")


def test_after_an_answer_the_next_sending_is_another_one(open_as, floor):
    app = open_as("asha", "wallet")
    for _ in range(2):
        field(app, "Add funds (₹)").set_value("1,000")
        press(app, "Add funds")
    assert wallet_of(floor) == parse_rupees("2000")


def test_a_reset_is_asked_for_twice_and_archives(open_as, floor):
    app = open_as("asha", "wallet", do="Start anew")
    press(app, "Reset")
    assert "Tick the box" in app.error[0].value
    app.checkbox[0].check()
    press(app, "Reset")
    assert not app.exception
    with floor.database.connection() as connection:
        books = connection.execute("select archived_at is null, cash from accounts order by id").fetchall()
    assert books == [(False, 0), (True, 100_000_000)]


def order_form(open_as, floor, cash="1,00,000"):
    app = open_as("asha", "wallet")
    field(app, "Add funds (₹)").set_value(cash)
    press(app, "Add funds")
    return open_as("asha", "order", symbol="NSE:INFY")


def rows_of(floor):
    from desk import access
    from tests.people import signed_in

    _, who = signed_in(floor.database, "asha")
    return screens.orders(floor.database, access.account(floor.database, who))["items"]


def test_an_order_by_form_reaches_the_book_once(open_as, floor):
    app = order_form(open_as, floor)
    assert field(app, "Price (₹)").value == "1500.00"
    field(app, "Price (₹)").set_value("1,499.90").run()
    press(app, "Buy 1 INFY")
    assert not app.exception
    assert "as order" in app.success[0].value
    (row,) = rows_of(floor)
    assert (row["side"], row["quantity"], row["price"], row["status"]) == ("BUY", 1, 1499.9, "OPEN")


def test_what_the_desk_would_refuse_is_said_before_it_is_sent(open_as, floor):
    app = order_form(open_as, floor, cash="1,000")
    assert any("₹" in each.value for each in app.error)
    press(app, "Buy 1 INFY")
    assert "Written as order" in app.error[-1].value
    (row,) = rows_of(floor)
    assert row["status"] == "REJECTED"


def test_an_off_tick_price_makes_no_order(open_as, floor):
    app = order_form(open_as, floor)
    field(app, "Price (₹)").set_value("1500.03").run()
    press(app, "Buy 1 INFY")
    assert "No order was made" in app.error[-1].value
    assert rows_of(floor) == []


def test_an_index_without_contracts_is_watched_only(open_as, floor):
    master = masters.get(floor.database)
    plain = next(one for one in master.by_id.values() if one.kind is Kind.INDEX and not master.chain(one.id))
    app = open_as("asha", "order", symbol=plain.key)
    assert "not traded" in words(app)
    assert not app.button


def number(app, label):
    return next(each for each in app.number_input if each.label == label)


def pick(app, label, value):
    next(each for each in app.segmented_control if each.label == label).set_value(value).run()


def test_the_form_attaches_a_target_and_a_stop(open_as, floor):
    app = order_form(open_as, floor)
    app.checkbox(key="order form NSE:INFY exits").check().run()
    field(app, "Target (₹)").set_value("1,450").run()
    assert "must be above" in app.error[0].value
    pick(app, "In", "%")
    field(app, "Target (%)").set_value("3").run()
    field(app, "Stop trigger (%)").set_value("1.5").run()
    assert not app.error
    assert "at ₹1,545.00" in words(app)
    press(app, "Buy 1 INFY")
    assert "target and stop wait as GTT" in words(app)
    (row,) = rows_of(floor)
    (waits,) = gtts_of(floor)
    assert waits["parent_order_id"] == row["order_id"]
    assert {leg["trigger_price"] for leg in waits["legs"]} == {1545, 1477.5}


def gtts_of(floor):
    from desk import gtt

    return gtt.listed(floor.database, account_of(floor, "asha"), "asha/main")["items"]


def test_the_form_leaves_an_order_as_a_gtt(open_as, floor):
    app = order_form(open_as, floor)
    field(app, "Trigger (₹)").set_value("1400").run()
    press(app, "Wait to buy 1 INFY")
    assert not app.exception
    (waits,) = gtts_of(floor)
    assert (waits["legs"][0]["trigger_price"], waits["legs"][0]["order_type"]) == (1400, "MARKET")
    assert not rows_of(floor)


def test_the_form_puts_an_order_into_a_basket(open_as, floor):
    from desk import baskets
    from tests.people import signed_in

    app = order_form(open_as, floor)
    field(app, "Its name").set_value("Morning").run()
    press(app, "Add")
    assert "Nothing was sent" in app.success[0].value
    _, who = signed_in(floor.database, "asha")
    (basket,) = baskets.listed(floor.database, who)
    assert (basket["name"], basket["legs"][0]["symbol"]) == ("Morning", "INFY")


def test_an_order_that_rests_is_changed_by_the_form(open_as, floor):
    app = order_form(open_as, floor)
    field(app, "Price (₹)").set_value("1400").run()
    press(app, "Buy 1 INFY")
    (row,) = rows_of(floor)
    app = open_as("asha", "order", order=row["order_id"])
    assert f"Change order {row['order_id']}" in words(app)
    number(app, "Quantity").set_value(2).run()
    field(app, "Price (₹)").set_value("1410").run()
    press(app, "Change to 2 INFY")
    assert "Changed 2 INFY" in app.success[0].value
    (row,) = rows_of(floor)
    assert (row["quantity"], row["price"], row["modifications"]) == (2, 1410, 1)


def test_the_form_repeats_the_order_before_at_todays_price(open_as, floor):
    app = order_form(open_as, floor)
    number(app, "Quantity").set_value(7).run()
    pick(app, "Product", "MIS")
    press(app, "Buy 7 INFY")
    app = open_as("asha", "order", symbol="NSE:INFY")
    assert number(app, "Quantity").value == 1
    press(app, "Repeat last: BUY 7 INFY MIS")
    assert number(app, "Quantity").value == 7
    press(app, "Buy 7 INFY")
    assert [row["quantity"] for row in rows_of(floor)] == [7, 7]


def test_the_form_shows_the_parts_of_a_contract_and_the_charges_by_kind(open_as, floor):
    index = floor.instrument("NSE:NIFTY 50")
    future = next(
        each
        for each in floor.master.by_id.values()
        if each.kind == "FUT" and each.margin_underlying == index.id and each.expiry > floor.trading_date
    )
    floor.price(index.key, 2_500_000)
    floor.price(future.key, 2_500_000)
    order_form(open_as, floor, cash="10,00,000")
    said = words(open_as("asha", "order", symbol=future.key))
    for word in ("SPAN margin", "Exposure margin", "**Total margin**", "Stamp duty", "**Total charges**", "Break-even"):
        assert word in said


def test_the_form_says_how_many_the_money_would_do_for(open_as, floor):
    app = order_form(open_as, floor, cash="10,000")
    number(app, "Quantity").set_value(10).run()
    assert "The money does for 6 of it." in words(app)
    assert any(each.label == "Short of" for each in app.metric)


def test_an_order_is_marked_with_a_word_of_ones_own(open_as, floor):
    app = order_form(open_as, floor)
    field(app, "Tag").set_value("2:1?").run()
    assert any("starts with a letter or digit" in each.value for each in app.error)
    assert not [each for each in app.button if each.label.startswith("Buy ")], "nothing to send yet"
    field(app, "Tag").set_value("breakout").run()
    press(app, "Buy 1 INFY")
    assert not app.exception
    (row,) = rows_of(floor)
    assert row["tag"] == "breakout"
