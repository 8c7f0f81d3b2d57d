"""What the ticket says before an order is sent, in a real browser: a margin in parts, what is missing, what to know."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import rail, sign_in
from tests.browser.test_story import go, open_ticket, settled

pytestmark = pytest.mark.browser


def test_a_contract_shows_its_parts_and_what_is_missing_can_be_mended(address, visitor):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    page.keyboard.press("/")
    page.keyboard.type("nifty fut")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("FUT")
    page.keyboard.press("Shift+Enter")
    future = page.get_by_test_id("stSidebar").locator(".line[data-k^='NFO:NIFTY']").first
    expect(future).to_be_visible()
    open_ticket(page, future.get_attribute("data-k"), "b")
    ticket = page.locator(".ticket")
    costs = ticket.locator(".costs")
    for words in ("Total margin", "SPAN margin", "Exposure margin", "Required", "Available", "Charges"):
        expect(costs).to_contain_text(words)
    page.get_by_role("textbox", name="Lots").fill("20")
    expect(costs).to_contain_text("Short of ₹")
    fits = costs.get_by_role("button", name=re.compile("^Order "))
    # Read and pressed in one go: with the market what fits becomes more or less.
    said = fits.evaluate("(button) => { const said = button.innerText; button.click(); return said; }")
    units = int(said.removeprefix("Order ").replace(",", ""))
    expect(costs).not_to_contain_text("Short of")
    expect(ticket.locator("button[type=submit]")).to_contain_text(f"Buy {units} ")
    page.keyboard.press("Escape")

    # A limit that crosses the market is told by the desk, in words.
    open_ticket(page, "NSE:RELIANCE", "b")
    last = float(rail(page, "NSE:RELIANCE").locator(".last").inner_text().replace(",", ""))
    page.get_by_role("textbox", name="Price", exact=True).fill(f"{round(last * 1.05):.2f}")
    expect(ticket.locator(".hints[role=status]")).to_contain_text("above the last price")
    page.keyboard.press("Escape")


def test_how_a_position_came_to_be_is_a_click_away(address, visitor):
    page = sign_in(visitor(), address, "ravi")
    settled(page)
    open_ticket(page, "NSE:SBIN", "b")
    page.locator(".ticket").get_by_role("button", name="Market", exact=True).click()
    page.get_by_role("textbox", name="Quantity").fill("3")
    page.locator(".ticket button[type=submit]").click()
    go(page, "Positions")
    page.get_by_role("button", name="More for SBIN CNC").click()
    page.get_by_role("button", name="Fills today …").click()
    box = page.get_by_role("dialog", name="SBIN CNC: fills today")
    expect(box).to_contain_text("BUY")
    expect(box).to_contain_text("Charges ₹")
    box.get_by_role("button", name="Close").click()
    expect(box).to_have_count(0)


def test_an_order_is_marked_found_by_its_mark_and_repeated_with_it(address, visitor):
    page = sign_in(visitor(), address, "ravi")
    settled(page)
    for tag in ("breakout", ""):
        open_ticket(page, "NSE:ITC", "b")
        page.get_by_role("textbox", name="Price", exact=True).fill("390.00")
        page.get_by_role("combobox", name="Tag").fill(f"{tag}?" if tag else "")
        if tag:
            page.locator(".ticket button[type=submit]").click()
            expect(page.locator(".ticket .tagged .note")).to_contain_text("Letters, digits, blanks")
            page.get_by_role("combobox", name="Tag").fill(tag)
        page.locator(".ticket button[type=submit]").click()
        expect(page.locator(".ticket")).to_be_hidden()
    go(page, "Orders")
    page.get_by_role("tab", name="All").click()
    orders = page.locator("tr.order").filter(has_text="ITC")
    expect(orders).to_have_count(2)
    page.get_by_role("button", name="Only orders of the tag breakout").click()
    expect(orders).to_have_count(1)
    expect(page.get_by_label("Filter orders")).to_have_value("breakout")
    page.get_by_role("button", name="Only orders of the tag breakout").click()
    expect(orders).to_have_count(2)
    page.get_by_role("button", name="Only orders of the tag breakout").click()
    orders.get_by_role("button", name="Cancel").click()
    orders.get_by_role("button", name="Repeat").click()
    expect(page.get_by_role("combobox", name="Tag")).to_have_value("breakout")
    page.keyboard.press("Escape")
