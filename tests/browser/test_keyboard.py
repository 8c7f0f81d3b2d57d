"""Kagaz by its keys alone, in a real browser: the focus is never lost, always seen, and comes back where it was."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import rail, sign_in
from tests.browser.test_story import ask, settled

pytestmark = pytest.mark.browser

LEG = {"exchange": "NSE", "side": "BUY", "order_type": "LIMIT", "product": "CNC", "quantity": 1}
# What has the focus, in whatever component: where it is, and where the bar at the foot of a narrow screen begins.
PLACE = """() => {
    let node = document.activeElement;
    let foot = null;
    for (const each of document.querySelectorAll("*")) foot ||= each.shadowRoot?.querySelector(".phone-tabs");
    while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    if (!node || node === document.body) return null;
    const box = node.getBoundingClientRect();
    const name = node.getAttribute("aria-label") || node.innerText || node.tagName;
    const whole = foot?.contains(node) || node.closest("main, [tabindex='0']") === node;
    return {name, left: box.left, top: box.top, bottom: whole ? 0 : box.bottom, foot: foot.getBoundingClientRect().top};
}"""
HAS = "(node) => node.getRootNode().activeElement === node"


def tab_to(page: Page, there: Locator, most: int = 150) -> None:
    """Tab, until it is there."""
    expect(there).to_be_visible()
    for _ in range(most):
        page.keyboard.press("Tab")
        if there.evaluate(HAS):
            return
    raise AssertionError(f"Tab does not lead to {there}")


def test_an_order_is_placed_changed_and_cancelled_by_keys_alone(address, visitor):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    ticket = page.locator(".ticket")
    page.keyboard.press("/")
    page.keyboard.type("tcs")
    expect(page.get_by_role("option").first).to_contain_text("TCS")
    page.keyboard.press("Enter")
    expect(rail(page, "NSE:TCS")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("b")
    expect(page.get_by_role("textbox", name="Quantity")).to_be_focused()
    page.keyboard.type("5")
    tab_to(page, page.get_by_role("textbox", name="Price", exact=True), 5)
    for _ in range(4):
        page.keyboard.press("Shift+ArrowDown")  # forty ticks under the market: it waits
    expect(ticket.locator(".costs")).to_contain_text("Required")
    page.keyboard.press("Enter")
    expect(ticket).to_be_hidden()

    tab_to(page, page.get_by_role("link", name="Orders"))
    page.keyboard.press("Enter")
    row = page.locator("tr.order").filter(has_text="TCS")
    modify = row.get_by_role("button", name="Modify")
    tab_to(page, modify)
    page.keyboard.press("Enter")
    expect(ticket).to_be_visible()
    page.keyboard.press("Escape")
    expect(modify).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Quantity")).to_be_focused()
    page.keyboard.type("6")
    page.keyboard.press("Enter")
    expect(ticket).to_be_hidden()
    expect(row).to_contain_text("0 / 6")  # a line that was made anew
    expect(modify).to_be_focused()
    tab_to(page, row.get_by_role("button", name="Cancel"), 1)
    page.keyboard.press("Enter")
    expect(row).to_have_count(0)
    expect(page.get_by_role("tab", name="Open")).to_be_focused()  # nothing is left in the list

    tab_to(page, page.get_by_role("tab", name="All"), 2)
    page.keyboard.press("Enter")
    every = page.get_by_role("tab", name="All", selected=True)
    expect(every).to_be_focused()
    expect(every).to_have_css("outline-offset", "-2px")  # inside, where the row of tabs does not cut it


def test_what_is_made_anew_keeps_the_focus(address, visitor):
    page = sign_in(visitor(), address, "ravi", "options")
    days = page.get_by_role("tablist", name="Expiry").get_by_role("tab")
    tab_to(page, days.nth(1))
    page.keyboard.press("Enter")
    expect(days.nth(1)).to_have_attribute("aria-selected", "true")
    expect(days.nth(1)).to_be_focused()
    greeks = page.get_by_role("group", name="Columns").get_by_role("button", name="Greeks")
    tab_to(page, greeks, 10)
    page.keyboard.press("Enter")
    expect(greeks).to_have_attribute("aria-pressed", "true")
    expect(greeks).to_be_focused()

    legs = [{**LEG, "symbol": "ITC", "price": 380}, {**LEG, "symbol": "SBIN", "price": 800}]
    assert ask(page, "POST", "/baskets", {"name": "By keys", "legs": legs})[0] == 201
    page.goto(f"{address}/baskets")
    first = page.locator("tr.order").first
    expect(first).to_contain_text("ITC")
    tab_to(page, page.get_by_role("button", name="Move ITC down"))
    page.keyboard.press("Enter")
    expect(first).to_contain_text("SBIN")
    expect(page.get_by_role("button", name="Move ITC up")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="BUY ITC, turn"), 1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="SELL ITC, turn")).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Take ITC out"), 8)
    page.keyboard.press("Enter")
    expect(page.locator("tr.order")).to_have_count(1)
    # Not the next one's way out: a key that is held would empty the basket.
    expect(page.get_by_role("button", name="BUY SBIN, turn")).to_be_focused()


def test_a_list_that_is_read_again_and_again_keeps_the_focus(address, visitor):
    page = sign_in(visitor(), address, "ravi", "orders")
    settled(page)
    leg = {"trigger_price": 380, "quantity": 1, "order_type": "LIMIT", "price": 380}
    wish = {"symbol": "ITC", "exchange": "NSE", "side": "BUY", "product": "CNC", "legs": [leg]}
    status, told = ask(page, "POST", "/gtt", wish)
    assert status == 201, told
    tab_to(page, page.get_by_role("tab", name="GTT"))
    page.keyboard.press("Enter")
    remove = page.locator("table.gtts").get_by_role("button", name="Delete")
    tab_to(page, remove, 12)
    for _ in range(2):
        with page.expect_response(lambda answer: "/gtt?status=" in answer.url):
            pass
    expect(remove).to_be_focused()
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog")
    expect(box.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(remove).to_be_focused()


def test_after_a_pointer_letters_are_for_the_page(address, visitor):
    page = sign_in(visitor(), address, "asha", "instrument?symbol=NSE%3AINFY")
    settled(page)
    ticket = page.locator(".ticket")
    page.get_by_role("button", name="Buy", exact=True).click()
    expect(ticket).to_have_attribute("data-side", "BUY")
    page.keyboard.press("Escape")
    expect(ticket).to_be_hidden()
    page.keyboard.press("s")
    expect(ticket).to_be_visible()
    expect(ticket).to_have_attribute("data-side", "SELL")


def test_at_twice_the_size_no_stop_is_out_of_sight(address, visitor):
    page = sign_in(visitor(viewport={"width": 640, "height": 400}), address, "asha", "wallet")
    # All that comes late has come: what was reached is not pushed down again.
    settled(page)
    expect(page.get_by_text("adds up to the paisa")).to_be_visible()
    expect(page.get_by_role("region", name="Ledger")).to_be_visible()
    expect(page.get_by_role("button", name="Ledger as CSV")).to_be_visible()
    stops = []
    for _ in range(200):
        page.keyboard.press("Tab")
        place = page.evaluate(PLACE)
        if place is None:
            break
        stops.append(place)
        assert (place["left"] >= 0 and place["top"] >= 0) or place["bottom"] == 0, place
        assert place["bottom"] <= place["foot"] + 1, place
    assert "Available. What a new order may use now." in [place["name"] for place in stops]
    assert "Watch" in [place["name"] for place in stops]
