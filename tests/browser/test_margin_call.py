"""A margin call in the head of every page: it comes without a reload, says what to do, leads there, and leaves."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from core.margin_calls import Standing
from db.account_watch import Looked
from db.engine import Database
from desk import access, identity, margin_calls, market, wallet
from tests.browser.conftest import CASH, sign_in
from tests.people import PASSWORD

pytestmark = pytest.mark.browser
# Switched off, so that nobody else looks at its books and finds that the call is met.
RESTING = market.FEEDS["replay"]


@pytest.fixture
def book(books: Database) -> Iterator[int]:
    """A trader's book in a market that stands still; its number."""
    assert market.ensure_markets(books, "replay") == RESTING
    identity.add_user(books, "kiran", "trader", password=PASSWORD)
    number = access.by_key(books, "kiran/main").id
    assert wallet.deposit(books, "kiran", number, CASH).ok
    with books.connection() as connection:
        connection.execute("update accounts set market = %s where id = %s", [RESTING, number])
    yield number
    with books.connection() as connection:
        connection.execute("update users set name = name || '.' || id where name = 'kiran'")


def look(books: Database, book: int, available: int, since: datetime | None = None) -> None:
    """What the watch over accounts does when it has found the book to stand like this, in paise."""
    standing = Standing(book, available, CASH, 1_000_000, open=True, trades=False, since=since)
    margin_calls.follow(books, RESTING, Looked(0, [], [standing]))


def test_a_margin_call_comes_to_the_page_that_is_open_and_goes_when_it_is_met(address, visitor, books, book):
    page = sign_in(visitor(), address, "kiran", "orders")
    strip = page.get_by_role("alert").filter(has_text="Margin call since")
    expect(page.get_by_text("No open orders")).to_be_visible()
    expect(strip).to_have_count(0)
    look(books, book, -1_234_550)
    expect(strip).to_contain_text("You are short of ₹12,345.50.")
    expect(strip).to_contain_text("Add funds or close positions. At a loss of 80% of your funds")
    strip.get_by_role("button", name="Funds").click()
    page.wait_for_url("**/wallet")
    told = page.get_by_text("Margin call since").filter(visible=True)
    expect(told).to_have_count(1)  # the page Funds tells of it itself, and nothing twice
    look(books, book, 5_000, since=datetime.now(UTC))
    expect(told).to_have_count(0)
