"""From an underlying to a contract by kind, expiry and strike, in the ticket and on the order form, also on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.browser.test_story import open_ticket, settled

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


def listed_future(page):
    """NIFTY's next future, put into the list."""
    page.keyboard.press("/")
    page.keyboard.type("nifty fut")
    expect(page.get_by_role("option").first).to_contain_text("FUT")
    page.keyboard.press("Shift+Enter")
    future = page.get_by_test_id("stSidebar").locator(".line[data-k^='NFO:NIFTY']").first
    expect(future).to_be_visible()
    return future.get_attribute("data-k")


def test_a_ticket_turns_to_another_kind_expiry_and_strike(address, visitor):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    open_ticket(page, listed_future(page), "s")
    ticket = page.locator(".ticket")
    title = ticket.locator("header b")
    page.get_by_role("textbox", name="Lots").fill("2")
    ticket.get_by_role("button", name="Put", exact=True).click()
    expect(title).to_have_text(re.compile(r"^NIFTY.*PE$"))
    expiry, strike = ticket.get_by_label("Expiry"), ticket.get_by_label("Strike")
    expect(expiry.locator("option").nth(1)).to_be_attached()
    ends, nearest = expiry.locator("option").all(), title.inner_text()
    expiry.select_option(index=len(ends) - 1)
    expect(title).not_to_have_text(nearest)
    expect(title).to_have_text(re.compile(r"^NIFTY.*PE$"))
    expect(strike.locator("option", has_text="ATM")).to_have_count(1)
    before = title.inner_text()
    strike.select_option(index=0)
    expect(title).not_to_have_text(before)
    expect(ticket).to_have_attribute("data-side", "SELL")
    expect(page.get_by_role("textbox", name="Lots")).to_have_value("2")
    expect(ticket.locator("button[type=submit]")).to_contain_text(title.inner_text())
    ticket.get_by_role("button", name="Future", exact=True).click()
    expect(title).to_have_text(re.compile(r"^NIFTY.*FUT$"))
    expect(strike).to_be_hidden()


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["wide", "phone"])
def test_the_order_form_leads_from_an_index_to_a_strike(address, visitor, viewport):
    page = sign_in(visitor(), address, "asha")
    if viewport:
        page.set_viewport_size(viewport)
    page.goto(f"{address}/order?symbol=NSE:NIFTY%2050")
    main = page.get_by_test_id("stMain")
    main.get_by_role("radio", name="Call").or_(main.get_by_role("button", name="Call", exact=True)).first.click()
    expect(main).to_contain_text(re.compile(r"NFO:NIFTY\w+CE"))
    main.get_by_label("Strike").first.click()
    page.get_by_role("option").first.click()
    expect(main).to_contain_text(re.compile(r"NFO:NIFTY\w+CE"))
    if viewport:
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= viewport["width"], "nothing leaves the screen"
