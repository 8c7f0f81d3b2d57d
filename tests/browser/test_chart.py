"""The chart as its user wants it: bars, lines, panes, a table of the bars; and what is spoken of prices."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in, until
from tests.browser.test_story import settled

pytestmark = pytest.mark.browser


def height(page: Page) -> int:
    return int(page.locator(".place").first.evaluate("(place) => place.offsetHeight"))


def test_lines_panes_and_bars_are_kept_wherever_their_user_sits(address, visitor):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    lines = page.get_by_role("group", name="Lines over the chart")
    spans = page.get_by_role("group", name="Interval")
    expect(spans.get_by_role("button", name="1m", exact=True)).to_have_attribute("aria-pressed", "true")
    plain = height(page)
    for name in ("RSI", "MACD", "VWAP"):
        with page.expect_response(re.compile("/watch-view$")):
            lines.get_by_role("button", name=name).click()
    until(page, lambda: height(page) > plain + 150, "two panes stand beneath the candles")
    with page.expect_response(re.compile("/watch-view$")):
        spans.get_by_role("button", name="5m", exact=True).click()
    other = sign_in(visitor(), address, "asha", "instrument?symbol=NSE%3AINFY")
    settled(other)
    for name in ("RSI", "MACD", "VWAP"):
        button = other.get_by_role("group", name="Lines over the chart").get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-pressed", "true")
    spans = other.get_by_role("group", name="Interval")
    expect(spans.get_by_role("button", name="5m", exact=True)).to_have_attribute("aria-pressed", "true")
    with page.expect_response(re.compile("/watch-view$")):
        lines.get_by_role("button", name="MACD").click()
    until(page, lambda: plain < height(page) < plain + 150, "one pane is left")


def test_the_chart_has_a_twin_in_figures(address, visitor):
    page = sign_in(visitor(), address, "ravi", "instrument?symbol=NSE%3ATCS")
    settled(page)
    table = page.get_by_role("table", name=re.compile("^Bars of NSE:TCS, 1m"))
    expect(table).to_have_count(0)
    page.get_by_role("button", name="Table").click()
    expect(table.get_by_role("row").nth(1)).to_contain_text(re.compile(r"^\d\d \w+ \d\d:\d\d[\d,]+\.\d\d"))
    close = table.get_by_role("row").nth(1)
    before = close.inner_text()
    expect(close).not_to_have_text(before)  # it lives
    page.get_by_role("button", name="Table").click()
    expect(table).to_have_count(0)


def test_the_age_of_prices_is_shown_and_not_spoken_each_second(address, visitor):
    page = sign_in(visitor(), address, "asha")
    settled(page)
    spoken = page.locator(".strip [role=status]")
    expect(spoken).to_have_text("LIVE. Prices are fresh.")
    assert page.locator(".pill").get_attribute("role") is None
