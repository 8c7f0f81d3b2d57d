"""Pages that the browser asks for and draws: profit, ledger, risk, fills, and the bar at the foot of a phone."""

import pytest
from playwright.sync_api import expect

from desk import access, wallet
from tests.browser.conftest import sign_in

pytestmark = pytest.mark.browser


def test_profit_adds_up_and_its_address_says_what_is_shown(address, visitor):
    page = sign_in(visitor(), address, "asha", "pnl?basis=Gross")
    failures = []
    page.on("pageerror", lambda each: failures.append(str(each)))
    expect(page.get_by_text("✓ adds up")).to_be_visible()
    expect(page.get_by_text("Gross P&L", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="Equity at each close")).to_be_visible()
    expect(page.locator(".js-plotly-plot .bars").first).to_be_attached()
    page.get_by_role("button", name="1M", exact=True).click()
    expect(page.get_by_role("button", name="1M", exact=True)).to_have_attribute("aria-pressed", "true")
    page.wait_for_url("**range=1M**")
    page.get_by_role("button", name="Net", exact=True).first.click()
    expect(page.get_by_text("Net P&L", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Calendar, net")).to_be_visible()
    assert not failures


def test_what_is_chosen_is_written_in_the_colour_of_text_in_the_dark(address, visitor):
    page = sign_in(visitor(color_scheme="dark"), address, "asha", "pnl")
    chosen = page.get_by_test_id("stButtonGroup").locator("[data-selected] p")
    expect(chosen).to_have_text("Report")
    # The accent, in which Streamlit writes it, has less than four and a half times the light of the ground there.
    expect(chosen).to_have_css("color", "rgb(223, 227, 234)")


def test_a_movement_of_money_comes_into_the_ledger_by_itself(address, visitor, books):
    page = sign_in(visitor(), address, "ravi", "wallet")
    lines = page.locator("table.ledger tbody tr")
    expect(lines).to_have_count(1)
    account = access.by_key(books, "ravi/main").id
    assert wallet.deposit(books, "ravi", account, 12_345).ok
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("₹123.45")


def test_risk_shows_what_is_used_and_what_holds(address, visitor):
    page = sign_in(visitor(), address, "asha", "risk")
    expect(page.get_by_role("progressbar", name="Orders today")).to_be_visible()
    page.get_by_text("Limits of a single order and of positions").click()
    expect(page.get_by_text("Value of one order")).to_be_visible()
    page.get_by_text("My own limits").click()
    expect(page.get_by_role("button", name="Set")).to_be_visible()


def test_a_phone_reaches_every_page_from_its_foot(address, visitor):
    page = sign_in(visitor(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True), address, "asha")
    foot = page.get_by_role("navigation", name="Foot of the page")
    foot.get_by_role("link", name="Orders").tap()
    page.wait_for_url("**/orders")
    expect(foot.get_by_role("link", name="Orders")).to_have_attribute("aria-current", "page")
    foot.get_by_role("button", name="More").tap()
    foot.get_by_role("link", name="Risk").tap()
    page.wait_for_url("**/risk")
    expect(page.get_by_role("progressbar", name="Orders today")).to_be_visible()


def test_under_a_finger_no_tools_of_a_grid_lie_over_the_tabs_and_what_is_chosen_can_be_read(address, visitor):
    phone = visitor(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme="dark")
    page = sign_in(phone, address, "root", "admin?view=Users")
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(page.get_by_test_id("stElementToolbar").first).to_be_hidden()
    chosen = page.get_by_test_id("stButtonGroup").get_by_role("radio", name="Users")
    expect(chosen).to_be_checked()
    expect(chosen).to_have_css("color", "rgb(223, 227, 234)")  # the words of the dark theme, not its accent
    page.get_by_role("radio", name="Settings").tap()
    expect(page.get_by_text("a change takes effect with the next start")).to_be_visible()


def test_who_has_no_position_is_told_on_a_phone_what_a_finger_can_do(address, visitor):
    phone = visitor(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = sign_in(phone, address, "ravi", "positions")
    expect(page.get_by_text("Touch a row of the market watch.")).to_be_visible()
