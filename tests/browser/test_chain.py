"""The option chain in Chromium: from the market watch to an expiry, a strike, the list and the ticket."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import rail, sign_in


@pytest.fixture
def page(visitor: Callable[..., BrowserContext], address: str) -> Page:
    return sign_in(visitor(), address, "asha")


def test_a_strike_is_picked_by_expiry_and_goes_to_the_list_and_the_ticket(page: Page) -> None:
    expect(rail(page, "NSE:NIFTY 50")).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("button", name="Chain", exact=True).click()
    chain = page.locator("dialog.chain")
    expect(chain.locator(".rung.money .CE .last")).not_to_have_text("–")
    expect(chain.locator(".days button[aria-selected=true]")).to_be_visible()
    at_the_money = chain.locator(".rung.money .PE")
    before = at_the_money.get_attribute("aria-label") or ""
    expiries = chain.locator(".days button")
    expiries.nth(1).click()
    expect(expiries.nth(1)).to_have_attribute("aria-selected", "true")
    expect(at_the_money).not_to_have_attribute("aria-label", before)
    # By its name from here on: with the market another strike may come to be at the money.
    wanted = at_the_money.get_attribute("aria-label") or ""
    picked = chain.locator(f".PE[aria-label='{wanted}']")
    picked.click()
    expect(picked).to_have_attribute("aria-selected", "true")
    name = chain.locator(".picked b")
    expect(name).to_have_text(wanted)
    page.keyboard.press("ArrowDown")
    expect(picked).to_have_attribute("aria-selected", "false")
    page.keyboard.press("ArrowLeft")
    expect(name).to_have_text(re.compile("CE$"))
    symbol = name.inner_text()
    chain.get_by_role("button", name="+ List").click()
    expect(page.locator(".toast", has_text=f"{symbol} is in")).to_be_visible()
    page.keyboard.press("b")
    expect(chain).to_have_count(0)
    expect(page.locator(".ticket", has_text=symbol).first).to_be_visible()
    expect(rail(page, f"NFO:{symbol}")).to_be_visible()


def test_another_underlying_and_one_without_contracts(page: Page) -> None:
    page.get_by_test_id("stSidebar").get_by_role("button", name="Chain", exact=True).click()
    chain = page.locator("dialog.chain")
    search = chain.get_by_role("combobox")
    search.fill("reliance")
    chain.get_by_role("option").first.click()
    expect(chain.locator(".what b")).to_have_text("RELIANCE")
    expect(chain.locator(".rung.money")).to_be_visible()
    search.fill("niftybees")
    chain.get_by_role("option", name=re.compile("NIFTYBEES")).first.click()
    expect(chain).to_contain_text("No options on NIFTYBEES")
    page.keyboard.press("Escape")
    expect(chain).to_have_count(0)
