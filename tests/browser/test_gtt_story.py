"""What waits for a price, in a real browser: a target and stop with the order, a GTT, a basket."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import rail, sign_in
from tests.browser.test_story import ask, go, open_ticket, settled

pytestmark = pytest.mark.browser
LEG = {"exchange": "NSE", "side": "BUY", "order_type": "LIMIT", "product": "CNC", "quantity": 1}


def test_a_target_a_stop_and_a_gtt_from_the_watch(address, visitor):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    go(page, "Orders")
    open_ticket(page, "NSE:TCS", "b")
    ticket = page.locator(".ticket")
    ticket.get_by_label("Target and stop", exact=True).check()
    ticket.get_by_role("button", name="%", exact=True).click()
    ticket.get_by_role("textbox", name="Target", exact=True).fill("3")
    ticket.get_by_role("textbox", name="Stop trigger").fill("1.5")
    expect(ticket.locator(".worth")).to_contain_text("1 : 2.00")
    ticket.get_by_role("button", name="MIS", exact=True).click()
    ticket.get_by_role("button", name="Market", exact=True).click()
    ticket.locator("button[type=submit]").click()
    expect(ticket).to_be_hidden()
    page.get_by_role("tab", name=re.compile("^GTT")).click()
    expect(page.locator("tr.waiting").filter(has_text="TCS")).to_contain_text("Target and stop")

    rail(page, "NSE:INFY").click(position={"x": 24, "y": 10})
    rail(page, "NSE:INFY").press("g")
    form = page.locator("section.gtt")
    expect(form).to_contain_text("triggers at −")
    form.locator("button[type=submit]").click()
    expect(form).to_be_hidden()
    row = page.locator("tr.waiting").filter(has_text="INFY")
    expect(row).to_contain_text("ACTIVE")
    row.get_by_role("button", name="Edit").click()
    form.get_by_role("textbox", name="Trigger price").fill("900.00")
    form.locator("button[type=submit]").click()
    expect(row).to_contain_text("≤ 900.00")
    row.get_by_role("button", name="Delete").click()
    page.locator("dialog.confirm").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_a_basket_is_weighed_and_placed(address, visitor):
    page = sign_in(visitor(), address, "ravi", "baskets")
    expect(page.locator(".empty").filter(has_text="No basket yet")).to_be_visible()
    legs = [{**LEG, "symbol": "INFY", "price": 1450}, {**LEG, "symbol": "SBIN", "side": "SELL", "price": 1000}]
    status, _ = ask(page, "POST", "/baskets", {"name": "Morning", "legs": legs})
    assert status == 201
    page.reload()
    expect(page.locator(".sums")).to_contain_text("₹1,45")
    expect(page.locator("table.legs tr").filter(has_text="SBIN")).to_contain_text("You can sell 0 SBIN")
    page.get_by_role("button", name="Move SBIN up").click()
    expect(page.locator("table.legs tbody tr").first).to_contain_text("SBIN")
    page.get_by_role("button", name=re.compile("^Place 2")).click()
    page.locator("dialog.confirm").get_by_role("button", name="Place 2").click()
    expect(page.locator(".results")).to_contain_text("1 placed, 1 refused")
