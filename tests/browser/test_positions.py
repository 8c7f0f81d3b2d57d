"""Positions in a real browser: converted, grouped, filtered and left, by one who holds a few."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import sign_in
from tests.browser.test_story import ask, go, settled

pytestmark = pytest.mark.browser

ORDERS = (("SBIN", "BUY", "MIS", 40), ("SBIN", "BUY", "CNC", 5), ("TCS", "SELL", "MIS", 10), ("ITC", "BUY", "MIS", 20))


def trade(page: Page) -> None:
    for symbol, side, product, quantity in ORDERS:
        wish = {"symbol": symbol, "exchange": "NSE", "side": side, "order_type": "MARKET", "product": product}
        status, row = ask(page, "POST", "/orders", {**wish, "quantity": quantity})
        assert status == 201, row


def position(page: Page, symbol: str, product: str) -> Locator:
    rows = page.locator("table.positions tr.position").filter(has_text=symbol)
    return rows.filter(has=page.locator("td.wide", has_text=re.compile(f"^{product}$")))


def test_a_position_is_converted_and_becomes_a_holding(address, books, visitor):
    page = sign_in(visitor(), address, "ravi")
    settled(page)
    trade(page)
    go(page, "Positions")
    row = position(page, "SBIN", "MIS")
    expect(row).to_contain_text("40")
    expect(row).to_contain_text(re.compile(r"auto square-off \d\d:\d\d, .+ left"))
    expect(position(page, "TCS", "MIS")).to_contain_text("SHORT")

    # More than there is, said in words; then a part of it.
    row.get_by_role("button", name="More for SBIN MIS").click()
    page.get_by_role("button", name="Convert to CNC …").click()
    box = page.get_by_role("dialog", name="Convert SBIN to CNC")
    expect(box.locator("dd").first).to_contain_text("₹")
    box.get_by_label("Quantity").fill("41")
    expect(box.get_by_role("alert")).to_contain_text("You can convert 40.")
    expect(box.get_by_role("button", name="Convert")).to_be_disabled()
    box.get_by_label("Quantity").fill("15")
    expect(box.get_by_role("alert")).to_be_hidden()
    box.get_by_role("button", name="Convert").click()
    expect(page.locator(".shelf")).to_contain_text("Converted 15 SBIN from MIS to CNC.")
    expect(position(page, "SBIN", "MIS").locator("td").nth(2)).to_have_text("25")
    expect(position(page, "SBIN", "CNC").locator("td").nth(2)).to_have_text("20")

    # The day after they are holdings.
    with books.connection() as connection:
        connection.execute(
            "update lots set bought_on = bought_on - 1, settles_on = bought_on where account_id ="
            " (select a.id from accounts a join users u on u.id = a.user_id where u.name = 'ravi')"
        )
    page.reload()
    settled(page)
    held = page.get_by_role("table", name="Holdings").locator("tr.position").filter(has_text="SBIN")
    expect(held).to_contain_text("T1 20")


def test_views_groups_and_filter_and_the_way_out_of_a_group(address, visitor):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    trade(page)
    go(page, "Positions")
    expect(position(page, "ITC", "MIS")).to_be_visible()
    foot = page.locator("table.positions tfoot")
    page.get_by_label("Filter positions").fill("sbin")
    expect(foot).to_contain_text("Total of 2 of 4, filter on")
    page.get_by_label("Filter positions").fill("")
    expect(foot).not_to_contain_text("filter on")

    page.get_by_role("button", name="Day", exact=True).click()
    expect(page.get_by_role("columnheader", name="Bought")).to_be_visible()
    expect(position(page, "TCS", "MIS").locator("td").nth(3)).to_contain_text("10 @")
    page.get_by_role("button", name="Net", exact=True).click()

    page.get_by_label("Group", exact=True).select_option("underlying")
    groups = page.locator("tr.group")
    expect(groups).to_have_count(3)
    page.get_by_role("button", name="Exit SBIN").click()
    expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"Exit 40 SBIN MIS at the market, ₹[\d,.]+ in all\?"))
    page.get_by_role("dialog").get_by_role("button", name="Exit 1").click()
    expect(position(page, "SBIN", "MIS").and_(page.locator(".closed"))).to_be_visible()
    expect(position(page, "SBIN", "CNC")).to_be_visible()
