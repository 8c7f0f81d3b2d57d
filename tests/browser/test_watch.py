"""The market watch as one's own: columns, what a change is measured from, colours, places, and what was chosen last."""

import re

import pytest
from playwright.sync_api import Page, expect

from db.engine import Database
from desk import watch_views, watchlists
from tests.browser.conftest import rail, sign_in, until
from tests.browser.test_story import settled
from tests.people import signed_in

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
    page.keyboard.press("Enter")
    expect(rail(page, "NSE:TATASTEEL")).to_have_attribute("aria-selected", "true")
    assert watch_views.view(books, signed_in(books, "asha")[1])["recent"] == [], "nobody else's"
