"""Every page in each state that a person can find it in: no book, empty, full; with the stream and without."""

from datetime import datetime, timedelta

import pytest

from core.calendar import IST
from desk import closing, installation, masters, switching
from tests.pages.conftest import words

BOOKS = ["watch", "options", "orders", "positions", "wallet", "pnl", "risk", "alerts", "instrument"]


def traded(floor, account):
    """A share bought, an order resting, one refused: something for each page to show."""
    bought = floor.place(account, "BUY", 10, "NSE:INFY", 150_000)
    floor.fill(account, bought, 10, 149_950)
    floor.place(account, "BUY", 5, "NSE:TCS", 290_000)
    floor.place(account, "BUY", 5_000, "NSE:TCS", 300_000)


def account_of(floor, name):
    with floor.database.connection() as connection:
        row = connection.execute(
            "select a.id from accounts a join users u on u.id = a.user_id where u.name = %s", [name]
        ).fetchone()
    return row[0]


def funded(floor, open_as, name="asha"):
    open_as(name)
    from desk import wallet

    account = account_of(floor, name)
    assert wallet.deposit(floor.database, name, account, 10_000_000).status == 201
    return account


@pytest.mark.parametrize("live", [True, False], ids=["stream", "reruns"])
@pytest.mark.parametrize("page", [*BOOKS, "order", "baskets"])
def test_an_empty_book_shows_on_every_page(open_as, page, live):
    app = open_as("asha", page, live=live)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("live", [True, False], ids=["stream", "reruns"])
@pytest.mark.parametrize("page", [*BOOKS, "order", "baskets"])
def test_a_full_book_shows_on_every_page(open_as, floor, page, live):
    traded(floor, funded(floor, open_as))
    app = open_as("asha", page, live=live)
    assert not app.exception
    assert not app.error


def test_a_year_for_the_tax_return_is_told_by_head_and_lot_by_lot(open_as, floor):
    account = funded(floor, open_as)
    app = open_as("asha", "pnl", view="Tax")
    assert "Nothing was closed in this year" in words(app)
    bought = floor.place(account, "BUY", 10, "NSE:INFY", 150_000, "MIS")
    floor.fill(account, bought, 10, 149_950)
    sold = floor.place(account, "SELL", 10, "NSE:INFY", 150_000, "MIS")
    floor.fill(account, sold, 10, 150_050)
    app = open_as("asha", "pnl", view="Tax")
    assert not app.exception
    assert "not tax advice" in words(app)
    heads, kinds = (each.value for each in app.table)
    (lots,) = (each.value for each in app.dataframe)
    assert list(heads["Head"]) == ["Intraday shares (speculation)"]
    assert list(heads["Gross"]) == ["+₹10.00"]
    assert list(kinds["Kind"])[-1] == "Total"
    assert (lots["Instrument"][0], lots["Days"][0]) == ("INFY", "0")


@pytest.mark.parametrize("page", [*BOOKS, "account", "admin"])
def test_an_administrator_sees_every_page(open_as, page):
    app = open_as("root", page, live=True, role="admin")
    assert not app.exception


@pytest.mark.parametrize("page", BOOKS)
def test_an_analyst_without_a_shared_book_is_told_what_to_do(open_as, floor, page):
    app = open_as("meera", page, role="analyst")
    assert not app.exception
    assert not app.button or all("Buy" not in each.label for each in app.button)


@pytest.mark.parametrize("page", [*BOOKS, "order", "admin"])
def test_a_page_file_run_by_nobody_shows_nothing_of_itself(floor, open_as, page):
    from streamlit.testing.v1 import AppTest

    from tests.pages.conftest import MAIN

    open_as(None)
    app = AppTest.from_file(str(MAIN.parent.parent / "pages" / f"{page}.py"), default_timeout=120).run()
    assert "You are signed out" in words(app)
    assert not app.button
    assert not app.dataframe


def test_with_the_stream_what_ticks_is_drawn_by_components(open_as, mounted):
    open_as("asha", "watch", live=True)
    names = {name for name, _ in mounted}
    assert {"strip", "watch", "ticket", "quote", "chart", "depth", "positions", "orders"} <= names
    bar = next(data for name, data in mounted if name == "strip")
    assert [name for name, _ in bar["pages"]] == [
        *BOOKS[:3],
        "baskets",
        *BOOKS[3:],
        "order",
        "programs",
        "feeds",
        "account",
    ]
    assert bar["page"] == "watch"
    seats = [data["seat"] for _, data in mounted]
    assert all(seat["session"] and seat["account"] == "asha/main" for seat in seats)


def test_ones_own_lists_may_be_changed_beside_a_book_that_one_only_reads(open_as, mounted):
    open_as("asha", "watch", live=True)
    app = open_as("root", "watch", live=True, role="admin")
    app.session_state["kagaz book"] = "asha/main"
    mounted.clear()
    app.run()
    assert {(data["seat"]["account"], data["write"], data["keeps"]) for name, data in mounted if name == "watch"} == {
        ("asha/main", False, True)
    }


def test_without_the_stream_no_component_waits_for_it(open_as, mounted):
    app = open_as("asha", "orders", live=False)
    assert {name for name, _ in mounted} == {"strip"}
    assert "PAPER" in words(app)


def test_full_fallback_tables_show_the_desk_s_figures(open_as, floor):
    traded(floor, funded(floor, open_as))
    book = open_as("asha", "orders").dataframe[0].value
    assert sorted(book["Status"]) == ["COMPLETE", "OPEN", "REJECTED"]
    held = open_as("asha", "positions").dataframe[0].value
    assert list(held["Qty"]) == [10]
    assert "₹1,00,000.00" not in words(open_as("asha", "wallet")).partition("Available")[2]


def test_the_browser_is_told_the_ranges_and_draws_the_report(open_as, floor, mounted):
    traded(floor, funded(floor, open_as))
    app = open_as("asha", "pnl", live=True, range="1M", basis="Gross")
    assert not app.exception
    told = next(data for name, data in mounted if name == "pnl")
    assert (told["range"], told["basis"], told["ranges"]["All"]) == ("1M", "Gross", None)
    assert told["ranges"]["1W"] > told["ranges"]["1M"] > told["ranges"]["1Y"]
    mounted.clear()
    open_as("asha", "pnl", live=True, range="'; drop", basis="<b>")
    told = next(data for name, data in mounted if name == "pnl")
    assert (told["range"], told["basis"]) == ("All", "Net")


def test_without_the_stream_the_report_is_drawn_here_and_adds_up(open_as, floor):
    traded(floor, funded(floor, open_as))
    app = open_as("asha", "pnl")
    assert "✓ adds up" in words(app)
    assert list(next(each.value for each in app.dataframe if "Symbol" in each.value)["Symbol"]) == ["INFY"]


def test_the_contract_note_adds_up_on_its_page(open_as, floor):
    traded(floor, funded(floor, open_as))
    app = open_as("asha", "pnl", live=True, view="Contract note")
    assert not app.exception
    assert "Contract note" in words(app)
    assert "the close brings it to" in words(app)
    frame = next(each.value for each in app.table if "Scrip" in each.value and "DP" in each.value)
    assert list(frame["Scrip"]) == ["INFY", "All"]


def test_an_owner_chooses_a_plan_for_the_next_date(open_as, floor):
    funded(floor, open_as)
    app = open_as("asha", "wallet", live=True, do="Broker plan")
    assert "Broker plan: Free delivery" in words(app)
    app.radio[0].set_value("zero")
    next(each for each in app.button if each.label == "Use from the next trading date").click().run()
    assert not app.exception
    assert "Zero brokerage" in words(app)


def test_an_administrator_enters_and_withdraws_a_split(open_as, floor):
    from datetime import timedelta

    app = open_as("root", "admin", live=True, role="admin", view="Actions")
    assert "No split or bonus was entered yet." in words(app)
    app.text_input[0].set_value("NSE:INFY")
    app.text_input[1].set_value("5:1")
    app.date_input[0].set_value(floor.trading_date + timedelta(days=5))
    next(each for each in app.button if each.label == "Enter").click().run()
    assert not app.exception
    assert not app.error
    assert list(app.dataframe[0].value["Units"]) == ["1 become 5"]
    next(each for each in app.button if each.label == "Withdraw").click().run()
    assert "No split or bonus was entered yet." in words(app)


def test_an_administrator_reads_where_the_books_are(open_as, floor, monkeypatch):
    monkeypatch.setattr(installation.state(), "home", "/srv/books")
    assert "Postgres keeps the books in /srv/books." in words(open_as("root", "admin", live=True, role="admin"))


def test_an_administrator_is_told_what_a_switch_of_markets_wants(open_as, floor):
    app = open_as("root", "admin", live=True, role="admin")
    next(each for each in app.button if each.key == "switch to replay").click().run()
    assert not app.exception
    assert "Set KAGAZ_REPLAY_PATH" in app.error[0].value


def test_an_administrator_hears_on_the_same_page_that_a_market_was_switched(open_as, floor, monkeypatch):
    asked = []
    monkeypatch.setattr(switching, "choose", lambda _database, who, feed: asked.append((who.name, feed)))
    app = open_as("root", "admin", live=True, role="admin")
    next(each for each in app.button if each.key == "switch to replay").click().run()
    assert asked == [("root", "replay")]
    assert [each.value for each in app.toast] == ["The replay runs."]


def test_an_administrator_sets_a_holiday_and_takes_it_back(open_as, floor):
    day = datetime.now(IST).date() + timedelta(days=1)
    while not masters.get(floor.database).calendar.is_trading_date(day):
        day += timedelta(days=1)
    app = open_as("root", "admin", live=True, role="admin", view="Calendar")
    app.date_input[0].set_value(day)
    app.text_input[0].set_value("Mourning")
    next(each for each in app.button if each.label == "Add").click().run()
    assert not app.exception
    assert not app.error
    masters.forget(floor.database)
    assert masters.get(floor.database).calendar.days[day].name == "Mourning"
    app.selectbox[0].set_value(f"{day:%a, %d %b %Y} · Mourning")
    next(each for each in app.button if each.label == "Remove").click().run()
    assert not app.error
    masters.forget(floor.database)
    assert day not in masters.get(floor.database).calendar.days


def test_the_statement_of_a_closed_day_is_shown_and_printed(open_as, floor):
    account = funded(floor, open_as)
    app = open_as("asha", "pnl", view="Statement")
    assert "The first trading date that closes" in words(app)
    traded(floor, account)
    day = floor.trading_date
    step = closing.Due(closing.ROLL, day, day + timedelta(days=1))
    closing.roll(floor.database, "sim", step)
    app = open_as("asha", "pnl", view="Statement")
    assert not app.exception
    sums = app.table[0].value
    assert list(sums["What changed the equity"])[-1] == "Equity at the close"
    assert [each.label for each in app.get("download_button")] == ["To print"]
