"""A price alert as a person sets it: it waits on the page, rings with the market, and is told on whichever page."""

import re

from playwright.sync_api import Page, expect

from core.price_alerts import Condition, Measure, Terms
from core.reasons import Refusal
from db.engine import Database
from desk import access, masters, price_alerts, prices
from tests.browser.conftest import sign_in

SHARE = "NSE:INFY"


def set_alert(page: Page, when: str, level: float) -> None:
    page.get_by_label("Instrument", exact=True).fill(SHARE)
    page.get_by_label("When it", exact=True).click()
    page.get_by_role("option", name=when).click()
    page.get_by_label("Level", exact=True).fill(f"{level:.2f}")
    page.get_by_role("button", name="Set alert").click()


def last(books: Database) -> int:
    """Paise."""
    share = masters.get(books).by_key[SHARE]
    return prices.quotes(books, "sim", [share])[SHARE].last_price


def test_an_alert_is_set_on_its_page_and_rings_on_another(address, visitor, books):
    page = sign_in(visitor(), address, "asha", "alerts")
    expect(page.get_by_text("Tell me when")).to_be_visible()
    set_alert(page, "rises to", 1.0)
    expect(page.get_by_text(re.compile("already"))).to_be_visible()
    set_alert(page, "rises to", 99_999.0)
    waiting = page.get_by_text("NSE:INFY rises to ₹99,999.00")
    expect(waiting).to_be_visible()
    expect(page.locator(".toasts .heard")).to_have_count(0)
    # So near that the next frames reach one of the two.
    book, share = access.by_key(books, "asha/main"), masters.get(books).by_key[SHARE]
    page.goto(f"{address}/orders")
    expect(page.locator(".strip")).to_be_visible()
    for condition, away in ((Condition.ABOVE, 10), (Condition.BELOW, -10)):
        while True:
            try:
                terms = Terms(Measure.PRICE, condition, last(books) + away, note="Look at the chart.")
                price_alerts.make(books, book, share.id, terms)
                break
            except Refusal:  # the market was there first
                page.wait_for_timeout(100)
    toast = page.locator(".toasts .heard").first
    expect(toast).to_contain_text("A price alert rings")
    expect(toast).to_contain_text(re.compile(r"INFY (rose|fell) to ₹.*Look at the chart\."))
    page.set_viewport_size({"width": 390, "height": 844})
    expect(toast).to_be_in_viewport()
    page.set_viewport_size({"width": 1440, "height": 900})
    toast.get_by_role("button", name="All alerts").click()
    expect(page).to_have_url(re.compile("/alerts$"))
    expect(page.get_by_text("Told in the last seven days")).to_be_visible()
    expect(page.get_by_text(re.compile("its level .* is reached")).first).to_be_visible()
    page.reload()
    expect(page.get_by_text("Told in the last seven days")).to_be_visible()
    expect(page.locator(".toasts .heard")).to_have_count(0)
    # What waits at a price far away, and the two that were set beside the market.
    deletes = page.get_by_role("button", name="Delete")
    expect(deletes).to_have_count(3)
    deletes.first.click()
    expect(deletes).to_have_count(2)
