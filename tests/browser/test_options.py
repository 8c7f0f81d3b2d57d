"""The option chain's page in Chromium: the ladder, its Greeks, a strategy with its payoff, and a basket of it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import sign_in


@pytest.fixture
def page(visitor: Callable[..., BrowserContext], address: str) -> Page:
    page = sign_in(visitor(), address, "asha", "options")
    expect(page.locator("table.ladder tr.money td.CE.last span").first).to_have_text(re.compile(r"\d"))
    return page


def test_the_ladder_shows_prices_or_greeks_and_marks_the_money(page: Page) -> None:
    ladder = page.locator("table.ladder")
    for label in ("OI", "OI chg.", "Volume", "IV", "Bid", "Ask", "LTP"):
        expect(ladder.get_by_role("columnheader", name=label, exact=True)).to_have_count(2)
    money = ladder.locator("tr.money")
    for column in ("oi", "iv", "bid", "ask"):
        expect(money.locator(f"td.CE.{column} > span")).to_have_text(re.compile(r"\d"))
    expect(page.locator(".chainfoot")).to_contain_text("Max pain")
    page.get_by_role("button", name="Greeks").click()
    expect(money.locator("td.CE.delta > span")).to_have_text(re.compile(r"^0\.[3-7]"))
    expect(money.locator("td.PE.delta > span")).to_have_text(re.compile(r"^−0\.[3-7]"))
    expiries = page.locator(".days button")
    expiries.nth(1).click()
    expect(expiries.nth(1)).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile("expiry="))


def test_a_contract_is_picked_by_keys_and_goes_to_the_ticket(page: Page) -> None:
    page.locator(".rungs").focus()
    page.keyboard.press("ArrowDown")
    name = page.locator("div.picked b")
    expect(name).to_have_text(re.compile("CE$"))
    page.keyboard.press("ArrowRight")
    expect(name).to_have_text(re.compile("PE$"))
    symbol = name.inner_text()
    page.keyboard.press("s")
    ticket = page.locator(".ticket", has_text=symbol).first
    expect(ticket).to_be_visible()
    expect(ticket).to_contain_text("SELL")


def test_a_strategy_tells_its_payoff_and_becomes_a_basket(page: Page) -> None:
    page.get_by_label("Ready-made strategies").select_option(label="Iron condor")
    legs = page.get_by_role("table", name="Legs of the strategy").locator("tbody tr")
    expect(legs).to_have_count(4)
    facts = page.locator(".facts")
    expect(facts).to_contain_text("Premium, received")
    expect(facts).not_to_contain_text("Unlimited")
    expect(facts.locator("tr", has_text="Margin, in the end")).to_contain_text("₹")
    expect(page.locator(".build .chart svg").first).to_be_visible()
    told = page.locator(".build p.told")
    expect(told).to_contain_text("Now it stands at")
    page.get_by_role("slider", name="Price").fill("5")
    expect(told).to_contain_text("Then it stands at −₹")
    page.get_by_text("The payoff as a table").click()
    expect(page.get_by_role("table", name="Payoff by price").locator("tbody tr")).to_have_count(9)
    page.get_by_role("button", name="Make a basket").click()
    expect(page).to_have_url(re.compile("baskets"))
    expect(page.get_by_role("tab", name=re.compile("Iron condor"))).to_be_visible()


def test_the_quick_chain_leads_to_the_page(visitor: Callable[..., BrowserContext], address: str) -> None:
    page = sign_in(visitor(), address, "asha")
    page.get_by_test_id("stSidebar").get_by_role("button", name="Chain", exact=True).click()
    chain = page.locator("dialog.chain")
    expect(chain.locator(".rung.money")).to_be_visible()
    chain.get_by_role("button", name="Full chain").click()
    expect(page).to_have_url(re.compile("/options"))
    expect(page.locator("h2", has_text="option chain")).to_be_visible()


def test_gains_and_losses_can_be_blue_and_orange(page: Page) -> None:
    colour = "(node) => getComputedStyle(node).getPropertyValue('--gain')"
    strip = page.locator(".kagaz:has(.strip)")
    before = strip.evaluate(colour)
    page.get_by_role("button", name="Who is signed in").click()
    page.get_by_role("button", name=re.compile("^Colours")).click()
    expect(strip).to_have_attribute("data-palette", "blue")
    assert strip.evaluate(colour) != before
    page.reload()
    expect(page.locator(".kagaz:has(.strip)")).to_have_attribute("data-palette", "blue")
    charts = "document.documentElement.classList.contains('kagaz-blue')"  # what they redraw at
    assert page.evaluate(charts)
    page.get_by_role("button", name="Who is signed in").click()
    page.get_by_role("button", name=re.compile("^Colours")).click()
    assert not page.evaluate(charts)
