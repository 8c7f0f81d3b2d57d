"""Two panels in a browser without a server: how quick everything is, and holdings as a map."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.test_modules import ORIGIN
from ui import assets

pytestmark = pytest.mark.browser
SHEETS = "".join(f'<link rel="stylesheet" href="/{name}.css">' for name in ("tokens", "positions"))
METRICS = """# TYPE kagaz_order_seconds summary
kagaz_order_seconds{quantile="0.5"} 0.0042
kagaz_order_seconds{quantile="0.99"} 0.125
kagaz_order_seconds_count 1204
kagaz_http_request_seconds_sum 12
kagaz_http_request_seconds_count 400
kagaz_http_serving 3
kagaz_frame_age_ms 250
kagaz_streams 7
"""
MAP = """async ([origin, rows]) => {
  const { holdingsTable } = await import(`${origin}/holdings.js`);
  const made = holdingsTable(() => true);
  const place = document.body.appendChild(Object.assign(document.createElement("div"), { className: "kagaz" }));
  place.append(made.node);
  made.take(rows); made.draw(); made.tick();
}"""
PANEL = """async (origin) => {
  const { note } = await import(`${origin}/pace.js`);
  const { mount } = await import(`${origin}/latency.js`);
  const at = (ago) => new Date(Date.now() - ago).toISOString();
  for (const [frame, ago] of [[1, 20000], [2, 20000], [5, 20000]]) note({ exchange_time: at(ago), frame });
  const host = document.body.appendChild(document.createElement("div"));
  host.append(Object.assign(document.createElement("div"), { className: "kagaz" }));
  mount({ parentElement: host, data: {}, setTriggerValue() {} });
}"""


@pytest.fixture
def bare(chromium: Browser) -> Iterator[Page]:
    """A page whose server has the modules and the sheet of positions, and whose `metrics` a test may set."""
    context = chromium.new_context()
    complaints: list[str] = []

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        file = assets.FOLDER / path.removeprefix("/")
        if path == "/":
            route.fulfill(body=f"<!doctype html>{SHEETS}", content_type="text/html")
        elif file.is_file():
            route.fulfill(path=file, content_type="text/css" if file.suffix == ".css" else "text/javascript")
        else:
            route.fulfill(status=200, body=json.dumps({"items": {}}), content_type="application/json")

    context.route(f"{ORIGIN}/**", serve)
    page = context.new_page()
    page.on("pageerror", lambda each: complaints.append(str(each)))
    page.goto(f"{ORIGIN}/")
    yield page
    context.close()
    assert not complaints


def figures(page: Page, title: str) -> Any:
    return page.locator(f'.pace div[title^="{title}"] dd')


def test_the_latency_panel_tells_what_the_process_measured_and_what_this_browser_saw(bare: Page) -> None:
    bare.route(f"{ORIGIN}/api/v1/metrics", lambda route: route.fulfill(body=METRICS, content_type="text/plain"))
    bare.evaluate(PANEL, ORIGIN)
    expect(figures(bare, "From the request to its answer")).to_have_text("4.2 ms")
    expect(figures(bare, "At this process since it started")).to_have_text("1,204")
    expect(figures(bare, "All requests of the API")).to_have_text("30 ms")
    expect(figures(bare, "Requests that have no answer")).to_have_text("3")
    expect(figures(bare, "Browsers and programs")).to_have_text("7")
    expect(figures(bare, "How old the newest prices")).to_have_text("200 ms")
    # Three frames came, twenty seconds late or a little more; two between them were sent together or not at all.
    expect(figures(bare, "From the exchange's clock")).to_have_text(re.compile(r"^2\d,\d{3} ms$"))
    expect(figures(bare, "Since this tab")).to_have_text("3")
    expect(figures(bare, "Frames without a change")).to_have_text("2")


def test_without_an_answer_the_latency_panel_keeps_dashes(bare: Page) -> None:
    bare.route(f"{ORIGIN}/api/v1/metrics", lambda route: route.fulfill(status=503))
    bare.evaluate(PANEL, ORIGIN)
    expect(figures(bare, "Since this tab")).to_have_text("3")  # by then what was asked has come, or has not
    for title in ("From the request to its answer", "All requests of the API", "Requests that have no answer"):
        expect(figures(bare, title)).to_have_text("–")
    for title in ("Browsers and programs", "How old the newest prices"):
        expect(figures(bare, title)).to_have_text("–")


def holding(symbol: str, quantity: int, close: float, last: float) -> dict[str, Any]:
    """As ``GET /holdings`` gives it, with as much as the table reads."""
    row = {"exchange": "NSE", "symbol": symbol, "quantity": quantity, "t1_quantity": 0, "sellable_quantity": quantity}
    return row | {"average_price": close, "invested": close * quantity, "prev_close": close, "last_price": last}


def test_the_holdings_map_is_as_wide_as_shares_and_coloured_by_the_day(bare: Page) -> None:
    rows = [holding("TCS", 10, 1000.0, 940.0), holding("INFY", 300, 100.0, 101.5), holding("SBIN", 10, 500.0, 499.99)]
    bare.evaluate(MAP, [ORIGIN, rows])
    table, blocks = bare.get_by_role("table", name="Holdings"), bare.locator(".heat > div")
    expect(table).to_be_visible()
    expect(blocks.first).to_be_hidden()
    bare.get_by_role("button", name="Map").click()
    expect(table).to_be_hidden()
    expect(blocks).to_have_text(["TCS▼ −6.00%₹9,400", "INFY▲ +1.50%₹30,450", "SBIN0.00%₹5,000"])
    # The largest is first, each as wide as its share; none fills what a row has left.
    shown = blocks.evaluate_all("(all) => all.map(({ style }) => [style.order, style.flexBasis])")
    assert shown == [["1", "21%"], ["0", "67.9%"], ["2", "11.1%"]]
    assert blocks.evaluate_all("(all) => all.map((each) => getComputedStyle(each).flexGrow)") == ["0", "0", "0"]
    colours = blocks.evaluate_all("(all) => all.map((each) => each.style.background)")
    # Half of the strongest at half of three per cent, the strongest from there on, nothing where nothing moved.
    assert [("--gain" in each, "--loss" in each) for each in colours] == [(False, True), (True, False), (False, True)]
    assert ["34%" in colours[0], "17%" in colours[1], " 0%" in colours[2]] == [True, True, True]
    # The keyboard stays where it was, and the choice is kept by the tab.
    expect(bare.get_by_role("button", name="Map", pressed=True)).to_be_focused()
    assert bare.evaluate("sessionStorage.getItem('kagaz.holdings')") == "map"
    bare.keyboard.press("Shift+Tab")
    bare.keyboard.press("Enter")
    expect(bare.get_by_role("button", name="Table", pressed=True)).to_be_focused()
    expect(table).to_be_visible()
    expect(blocks.first).to_be_hidden()
