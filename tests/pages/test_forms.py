"""Money and orders by form: each intention has its effect once, and a refusal is told in words."""

import pytest

from core.money import parse_rupees
from desk import screens
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
    field(app, "Withdraw (₹)").set_value("50,000")
    press(app, "Withdraw")
    assert wallet_of(floor) == 5_000_050
    assert len(app.dataframe[-1].value) == 2


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
    app = open_as("asha", "wallet")
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
    app = open_as("asha", "wallet")
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


def test_an_index_is_watched_only(open_as):
    app = open_as("asha", "order", symbol="NSE:NIFTY 50")
    assert "not traded" in words(app)
    assert not app.button
