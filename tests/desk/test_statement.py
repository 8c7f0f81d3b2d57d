"""The statement of a closed day: it adds up, names what was dealt and what stayed open, and prints."""

from datetime import timedelta

import pytest

from core.reasons import Refusal
from desk import statement, statement_page, wallet
from tests.desk.test_closing import roll
from tests.desk.test_contract_notes import book
from tests.floor import INFY, SBIN, Floor


def test_a_day_adds_up_to_the_paisa(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    assert statement.days(floor.database, book(account)) == []
    floor.buy(account, 10, INFY, 150_000)
    floor.buy(account, 20, SBIN, 80_000, "MIS")
    floor.sell(account, 20, SBIN, 80_500, "MIS")
    floor.price(INFY, 151_000)
    day = floor.trading_date
    roll(floor)
    assert statement.days(floor.database, book(account)) == [day]
    told = statement.report(floor.database, book(account), day)
    *parts, (last, total) = told["sums"]
    assert (last, told["balanced"]) == ("Equity at the close", True)
    assert round(sum(amount for _, amount in parts) * 100) == round(total * 100)
    assert dict(told["sums"])["Realised profit"] == 100
    assert [each["trade_type"] for each in told["trades"]] == ["buy", "buy", "sell"]
    (held,) = told["open"]
    assert (held["symbol"], held["quantity"], held["price"], held["unrealised"]) == ("INFY", 10, 1510, 100)


def test_its_page_is_whole_and_shows_figures_as_in_india(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    floor.buy(account, 10, INFY, 150_000)
    day = floor.trading_date
    roll(floor)
    text = statement_page.page(statement.report(floor.database, book(account), day))
    assert f"Statement of {day:%A, %d %B %Y}" in text
    assert "NSE:INFY" in text
    assert "₹10,00,000.00" in text
    assert text.count("<table") == text.count("</table>") >= 3
    assert "http" not in text, "it needs nothing from anywhere"


def test_a_day_that_goes_on_or_never_was_has_none(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    for day in (floor.trading_date, floor.trading_date + timedelta(days=400)):
        with pytest.raises(Refusal, match="has no statement"):
            statement.report(floor.database, book(account), day)


def test_money_paid_in_and_out_is_in_it(floor: Floor) -> None:
    account = floor.account(cash=100_000_000)
    wallet.withdraw(floor.database, "asha", account, 5_000_000)
    day = floor.trading_date
    roll(floor)
    told = dict(statement.report(floor.database, book(account), day)["sums"])
    assert (told["Deposits"], told["Withdrawals"], told["Equity at the close"]) == (1_000_000, -50_000, 950_000)
