"""Ways from one screen to what it speaks of, in a real browser: what blocks money, one kind of instrument, a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import rail, sign_in
from tests.browser.test_story import ask, go, limit, settled

pytestmark = pytest.mark.browser


def test_what_blocks_money_leads_to_it(address, visitor):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    number = limit(page)
    wish = {"symbol": "INFY", "exchange": "NSE", "side": "SELL", "order_type": "MARKET", "product": "MIS"}
    assert ask(page, "POST", "/orders", {**wish, "quantity": 10})[0] == 201
    go(page, "Funds")
    page.get_by_role("button", name=f"BUY 5 TCS, order {number}").click()
    expect(page.locator("tr.history")).to_contain_text(f"Order {number}")
    go(page, "Funds")
    page.get_by_role("button", name="INFY MIS margin").click()
    expect(page.get_by_label("Filter positions")).to_have_value("INFY")
    expect(page.locator("table.positions tr.position")).to_have_count(1)


def test_a_search_is_narrowed_to_one_kind(address, visitor):
    page = sign_in(visitor(), address, "ravi", "watch?symbol=NSE:TCS")
    settled(page)
    expect(rail(page, "NSE:TCS")).to_have_attribute("aria-selected", "true")  # what the address names
    page.keyboard.press("/")
    page.keyboard.type("nifty")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    chips = page.locator(".kinds")
    chips.get_by_role("button", name="F&O").click()
    expect(options.first).to_contain_text("lot")
    chips.get_by_role("button", name="Indices").click()
    expect(options.first).not_to_contain_text("lot")
    expect(options.first).to_contain_text("NIFTY")
    chips.get_by_role("button", name="Shares").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("infy")
    expect(options.first).to_contain_text("INFY")
    page.keyboard.press("Enter")
    expect(rail(page, "NSE:INFY")).to_have_attribute("aria-selected", "true")

    # The list in the order of its names, and back.
    lines = page.get_by_test_id("stSidebar").locator(".line")
    first = lines.first.get_attribute("data-k")
    page.get_by_test_id("stSidebar").get_by_role("button", name="Lists").click()
    page.get_by_role("button", name="Sort by name").click()
    expect(lines.first).to_have_attribute("data-k", "NSE:AXISBANK")
    page.locator(".shelf").get_by_role("button", name="Undo").click()
    expect(lines.first).to_have_attribute("data-k", first)

    # Its lines over the candles stay for the next time.
    with page.expect_response(re.compile("/watch-view$")):
        page.get_by_role("group", name="Lines over the chart").get_by_role("button", name="VWAP").click()
    page.reload()
    settled(page)
    vwap = page.get_by_role("group", name="Lines over the chart").get_by_role("button", name="VWAP")
    expect(vwap).to_have_attribute("aria-pressed", "true")


def test_on_a_phone_an_ended_order_is_repeated_from_its_history(address, visitor):
    page = sign_in(visitor(viewport={"width": 390, "height": 844}, has_touch=True), address, "ravi", "orders")
    expect(page.locator(".pill")).to_contain_text("LIVE")
    number = limit(page)
    assert ask(page, "DELETE", f"/orders/{number}")[0] == 200
    page.get_by_role("tab", name=re.compile("^All")).click()
    page.get_by_label("Filter orders").fill("tcs")
    row = page.locator(f"tr.order[data-id='{number}']")
    expect(row).to_contain_text("CNC")
    expect(row.get_by_role("button", name="Repeat")).to_be_hidden()
    row.get_by_role("button", name="TCS").tap()
    page.get_by_role("button", name="Repeat this order").tap()
    expect(page.locator(".ticket button[type=submit]")).to_contain_text("Buy 5 TCS")
