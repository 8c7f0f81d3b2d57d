"""The market watch as one's own: columns, what a change is measured from, colours, places, and what was chosen last."""

import re

import pytest
from playwright.sync_api import Page, expect

from db.engine import Database
from desk import identity, watch_views, watchlists
from tests.browser.conftest import rail, sign_in, until
from tests.browser.test_story import settled
from tests.people import PASSWORD, signed_in

pytestmark = pytest.mark.browser


def names(page: Page) -> list[str]:
    """What the rail lists, from the top."""
    return page.get_by_test_id("stSidebar").locator(".line").evaluate_all("(all) => all.map((one) => one.dataset.k)")


def in_order(page: Page, wanted: list[str]) -> None:
    """The rail comes to list these, from the top."""
    until(page, lambda: names(page) == wanted, "the rows are in this order")


def open_columns(page: Page) -> None:
    page.get_by_test_id("stSidebar").get_by_role("button", name="Lists").click()
    page.get_by_role("button", name="Columns …").click()


def kept(page: Page, books: Database, name: str, symbols: list[str]) -> None:
    """Waits until the database has the list in this order: what is on the screen is there before it is kept."""
    who = signed_in(books, name)[1]
    until(page, lambda: watchlists.lists(books, who)[0]["symbols"] == symbols, "the list is kept in this order")


def test_columns_and_the_base_of_changes_are_chosen_and_kept(address, visitor, books):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    heads = page.get_by_test_id("stSidebar").locator(".heads")
    expect(heads).to_have_text("InstrumentChgChg %LTP")
    open_columns(page)
    box = page.get_by_role("dialog", name="Columns of the market watch")
    box.get_by_label("Change", exact=True).uncheck()
    box.get_by_label("Volume").check()
    box.get_by_label("Where in the day's range").check()
    expect(heads).to_contain_text("Chg %Vol.Day")
    box.get_by_label("Open interest").check()
    expect(box.get_by_label("Best bid")).to_be_disabled()
    box.get_by_label("Open interest").uncheck()
    box.get_by_label("the day's open").check()
    expect(heads.get_by_title("Change % against the day's open")).to_be_visible()
    box.get_by_role("button", name="Done").click()
    expect(box).to_have_count(0)
    expect(rail(page, "NSE:RELIANCE").locator(".volume")).not_to_have_text("–")
    page.reload()
    expect(heads).to_contain_text("Chg %Vol.Day")
    expect(heads.get_by_title("Change % against the day's open")).to_be_visible()
    other = sign_in(visitor(), address, "ravi")
    expect(other.get_by_test_id("stSidebar").locator(".heads")).to_have_text("InstrumentChgChg %LTP")


def test_rows_are_dragged_and_moved_by_keys_and_stay_where_they_were_put(address, visitor, books):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    before = names(page)
    moved, after = "NSE:TCS", "NSE:RELIANCE"
    rail(page, moved).drag_to(rail(page, after), source_position={"x": 30, "y": 16}, target_position={"x": 30, "y": 4})
    wanted = [each for each in before if each != moved]
    wanted.insert(wanted.index(after), moved)
    expect(rail(page, moved)).to_have_attribute("aria-selected", "true")
    in_order(page, wanted)
    rail(page, moved).press("Alt+ArrowUp")
    rail(page, moved).press("Alt+ArrowUp")
    at = wanted.index(moved)
    wanted.insert(at - 2, wanted.pop(at))
    in_order(page, wanted)
    kept(page, books, "asha", wanted)
    page.reload()
    settled(page)
    in_order(page, wanted)


def test_a_row_is_marked_by_its_owner(address, visitor, books):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    rail(page, "NSE:SBIN").click(position={"x": 24, "y": 10})
    rail(page, "NSE:SBIN").press("m")
    box = page.get_by_role("dialog", name="SBIN")
    box.get_by_role("button", name="violet").click()
    expect(rail(page, "NSE:SBIN")).to_have_attribute("data-colour", "VIOLET")
    expect(rail(page, "NSE:SBIN").get_by_title("NSE:SBIN, marked violet")).to_be_visible()
    box.get_by_role("button", name="To the top").click()
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    until(page, lambda: names(page)[0] == "NSE:SBIN", "it is at the top")
    kept(page, books, "asha", names(page))
    page.reload()
    expect(rail(page, "NSE:SBIN")).to_have_attribute("data-colour", "VIOLET")


def test_a_row_that_comes_back_brings_its_colour_along(address, visitor, books):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    symbol, before = "NSE:TCS", names(page)
    rail(page, symbol).click(position={"x": 24, "y": 10})
    rail(page, symbol).press("m")
    page.get_by_role("dialog", name="TCS").get_by_role("button", name="green").click()
    page.keyboard.press("Escape")
    rail(page, symbol).press("Delete")
    expect(rail(page, symbol)).to_have_count(0)
    kept(page, books, "asha", [each for each in before if each != symbol])
    page.get_by_role("button", name="Undo").click()
    kept(page, books, "asha", before)
    page.reload()
    expect(rail(page, symbol)).to_have_attribute("data-colour", "GREEN")


def test_what_was_chosen_last_is_offered_before_a_word_is_typed(address, visitor, books):
    page = sign_in(visitor(), address, "ravi")
    settled(page)
    page.keyboard.press("/")
    page.keyboard.type("tata steel")
    expect(page.get_by_role("option").first).to_contain_text("TATASTEEL")
    with page.expect_response(re.compile("/watch-view$")):
        page.keyboard.press("Enter")
    page.reload()
    settled(page)
    page.keyboard.press("/")
    expect(page.get_by_text("Chosen last")).to_be_visible()
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Enter")
    expect(rail(page, "NSE:TATASTEEL")).to_have_attribute("aria-selected", "true")
    assert watch_views.view(books, signed_in(books, "asha")[1])["recent"] == [], "nobody else's"


def test_what_is_found_is_shown_by_enter_and_listed_by_shift_enter_or_its_button(address, visitor, books):
    page = sign_in(visitor(), address, "ravi")
    settled(page)
    head = page.locator(".quote-head b")
    page.keyboard.press("/")
    page.keyboard.type("asian paints")
    page.keyboard.press("Enter")  # before the answer: it is waited for
    expect(head).to_have_text("ASIANPAINT")
    expect(rail(page, "NSE:ASIANPAINT")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_role("option").first).to_contain_text("ASIANPAINT")
    page.keyboard.press("Shift+Enter")
    expect(rail(page, "NSE:ASIANPAINT")).to_have_attribute("aria-selected", "true")
    page.keyboard.type("cipla")
    page.get_by_role("option").first.get_by_role("button", name="Add CIPLA to the list").click()
    expect(rail(page, "NSE:CIPLA")).to_be_visible()
    # The chips are reached and left by keys.
    page.keyboard.type("nifty")
    expect(page.get_by_role("option").first).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".kinds").get_by_role("button", name="F&O")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".kinds").get_by_role("button", name="F&O")).to_be_focused()
    expect(page.get_by_role("option").first).to_contain_text("lot")
    page.keyboard.press("Escape")
    # Elsewhere what is found opens its own page.
    page.goto(f"{address}/orders")
    settled(page)
    page.keyboard.press("/")
    page.keyboard.type("wipro")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/instrument\\?symbol=NSE%3AWIPRO"))
    expect(head).to_have_text("WIPRO")


def test_keys_act_on_the_selected_row_from_anywhere_on_the_page(address, visitor, books):
    page = sign_in(visitor(), address, "ravi", "orders")
    settled(page)
    rail(page, "NSE:ITC").click(position={"x": 24, "y": 10})
    page.locator(".empty").first.click()
    page.keyboard.press("s")
    expect(page.locator(".ticket header b")).to_have_text("ITC")
    expect(page.locator(".ticket")).to_have_attribute("data-side", "SELL")
    page.keyboard.press("Escape")
    expect(page.locator(".ticket")).to_be_hidden()
    # On an instrument's own page they act on it, and an index is not traded.
    page.goto(f"{address}/instrument?symbol=NSE%3AWIPRO")
    expect(page.locator(".quote-head b")).to_have_text("WIPRO")
    page.locator(".quote-head .who").click()
    page.keyboard.press("b")
    expect(page.locator(".ticket header b")).to_have_text("WIPRO")
    page.keyboard.press("Escape")
    rail(page, "NSE:NIFTY 50").click(position={"x": 24, "y": 10})
    page.keyboard.press("b")
    expect(page.locator(".shelf")).to_contain_text("is an index")


def test_rows_are_put_under_headings_that_stay(address, visitor, books):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    sidebar = page.get_by_test_id("stSidebar")
    headings = sidebar.locator(".section")
    before = names(page)
    first, second = before[4], before[7]

    def begin(symbol: str, name: str) -> None:
        rail(page, symbol).click(position={"x": 24, "y": 10})
        rail(page, symbol).press("m")
        page.get_by_role("button", name="Begin one here …").click()
        page.get_by_role("textbox", name="Name of the section that begins here").fill(name)
        page.keyboard.press("Enter")

    begin(first, "Large")
    expect(headings).to_have_count(1)
    begin(second, "Others")
    expect(headings).to_have_count(2)
    expect(headings.first).to_contain_text("Large 3")
    # A row goes over a heading by keys, then to the end of a section by its dialog.
    rail(page, second).click(position={"x": 24, "y": 10})
    rail(page, second).press("Alt+ArrowUp")
    expect(headings.first).to_contain_text("Large 4")
    rail(page, second).press("m")
    page.get_by_label(re.compile("^Section of")).select_option("Others")
    until(page, lambda: names(page)[-1] == second, "it is the last of the others")
    expect(headings.first).to_contain_text("Large 3")
    kept(page, books, "asha", names(page))
    page.reload()
    settled(page)
    expect(headings.first).to_contain_text("Large 3")
    headings.first.hover()
    headings.first.get_by_role("button", name="Rename the section").click()
    page.get_by_role("textbox", name="Name of this section").fill("Core")
    page.keyboard.press("Enter")
    expect(headings.first).to_contain_text("Core 3")
    for heading in ("Core", "Others"):
        headings.filter(has_text=heading).hover()
        headings.filter(has_text=heading).get_by_role("button", name="Take the heading away").click()
        page.get_by_role("button", name="Take it away").click()
    expect(headings).to_have_count(0)


def test_a_book_without_money_is_told_where_money_comes_from(address, visitor, books):
    identity.add_user(books, "nil", "trader", password=PASSWORD)
    page = sign_in(visitor(), address, "nil", "orders")
    settled(page)
    page.get_by_role("button", name="Add virtual funds").click()
    expect(page).to_have_url(re.compile("/wallet$"))
    with books.connection() as connection:  # the name is free for the next module that shares this Kagaz
        connection.execute("update users set name = name || '.' || id where name = 'nil'")


def test_an_analyst_chooses_in_the_search_and_nothing_is_refused(address, visitor, books):
    page = sign_in(visitor(), address, "meera")
    settled(page)
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 403 else None)
    page.keyboard.press("/")
    page.keyboard.type("tata steel")
    expect(page.get_by_role("option").first).to_contain_text("TATASTEEL")
    page.keyboard.press("Enter")
    expect(page.locator(".quote-head b")).to_have_text("TATASTEEL")
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.get_by_text("Chosen last")).to_be_visible()
    assert refused == []
