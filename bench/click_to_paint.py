"""Click to fill painted: a MARKET order in a Chromium with 500 instruments ticking.

From the pointer's going down on the ticket's button to the first animation frame after the order's row says
that it is filled, both taken inside the page. The baseline, in turn in the same browser, is a bare page whose
fetch commits one row that a stream paints.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from bench.product import ROOT, Product, product
from bench.result import RUNS, Result, rounded
from bench.stream import free_port, listening, process
from desk import identity, masters, watchlists

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
INSTRUMENTS = 500
SYMBOL = "NSE:SBIN"
CASH = 10**12
ORDERS = 20  # clicks a run, of each kind

# Waits for one row more that is done; shadow roots are searched because components live in them.
WATCH = """([table, done, button]) => {
  const find = (root) => {
    const here = root.querySelector(table);
    if (here) return here;
    for (const node of root.querySelectorAll("*")) {
      const found = node.shadowRoot && find(node.shadowRoot);
      if (found) return found;
    }
    return null;
  };
  const body = find(document);
  const count = () => body.querySelectorAll(done).length;
  const before = count();
  let down = 0;
  const press = (event) => {
    if (event.composedPath().some((node) => node.matches && node.matches(button))) down = event.timeStamp;
  };
  addEventListener("pointerdown", press, true);
  window.kagazTook = new Promise((resolve) => {
    const eye = new MutationObserver(() => {
      if (!down || count() <= before) return;
      eye.disconnect();
      removeEventListener("pointerdown", press, true);
      requestAnimationFrame(() => resolve(performance.now() - down));
    });
    eye.observe(body, { childList: true, subtree: true, characterData: true, attributes: true });
  });
}"""
OURS = ["table.orders tbody", "tr.order .chip.gain", ".ticket button[type=submit]"]
THEIRS = ["tbody", "tr.order .done", "button"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that the tests use too."""
    told = subprocess.run([ROOT / ".ci" / "browser"], capture_output=True, text=True, check=True).stdout
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=told.split()[-1], args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def took(page: Page) -> float:
    """Milliseconds of the click that was watched."""
    return float(page.evaluate("window.kagazTook"))


def trader(running: Product) -> str:
    """The cookie of someone with money and one list of 500 instruments."""
    database = running.database
    identity.add_user(database, "clicker", "trader", cash_paise=CASH)
    opened = identity.open_session(database, identity.find(database, "clicker").id)
    keys = [each.key for each in masters.get(database).listed()]
    keys = [SYMBOL, *(key for key in keys if key != SYMBOL)][:INSTRUMENTS]
    watchlists.add(database, opened.principal, "Bench", keys)
    return opened.cookie


def desk(browser: Browser, running: Product, cookie: str) -> Page:
    """The page of orders, live, with all orders shown."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": identity.COOKIE, "value": cookie, "url": running.address}])
    page = context.new_page()
    page.goto(f"{running.address}/orders")
    expect(page.locator(".pill")).to_contain_text("LIVE", timeout=30_000)
    page.get_by_role("tab", name="All").click()
    expect(line(page).locator(".last")).not_to_have_text("–", timeout=30_000)
    return page


def line(page: Page) -> Locator:
    """The symbol's row of the market watch."""
    return page.get_by_test_id("stSidebar").locator(f".line[data-k='{SYMBOL}']")


def order(page: Page) -> float:
    """One MARKET order by mouse and keyboard."""
    line(page).click(position={"x": 24, "y": 10})
    line(page).press("b")
    ticket = page.locator(".ticket")
    ticket.get_by_role("button", name="Market", exact=True).click()
    expect(ticket.locator(".costs")).to_contain_text("Required")
    page.evaluate(WATCH, OURS)
    ticket.locator("button[type=submit]").click()
    return took(page)


def bare(page: Page) -> float:
    """One click on the bare page."""
    page.evaluate(WATCH, THEIRS)
    page.get_by_role("button").click()
    return took(page)


def run() -> Iterator[Result]:
    """p50 and p99 of all clicks; both pages are clicked in turn."""
    with product(KAGAZ_ORDER_RATE="0") as running, chromium() as browser:
        port = free_port()
        with process("bench.bare_page", running.database.url, port):
            listening(port)
            plain = browser.new_context().new_page()
            plain.goto(f"http://127.0.0.1:{port}/")
            page = desk(browser, running, trader(running))
            order(page)
            plain.bring_to_front()
            bare(plain)
            mine, other = [], []
            for _ in range(RUNS):
                page.bring_to_front()
                mine += [order(page) for _ in range(ORDERS)]
                plain.bring_to_front()
                other += [bare(plain) for _ in range(ORDERS)]
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            value, baseline = float(np.quantile(mine, share)), float(np.quantile(other, share))
            yield Result(
                f"click_to_paint_{name}", rounded(value), "ms", rounded(baseline), rounded(value / max(baseline, 0.1))
            )
