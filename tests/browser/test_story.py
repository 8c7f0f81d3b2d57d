"""What two traders do in a day, in a real browser against a whole Kagaz with its sidecar."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from desk import identity
from tests.browser.conftest import WAIT, rail, running, sign_in, through_the_gate, until
from tests.people import PASSWORD
from ui.menu import MENU

pytestmark = pytest.mark.browser

LIVE = re.compile("LIVE")


def settled(page: Page) -> None:
    """The stream is open and the first prices are painted."""
    expect(page.locator(".pill")).to_contain_text(LIVE)
    expect(page.locator(".index .last").first).not_to_have_text("–")


def ticks(*pages: Page, times: int) -> None:
    """A row's price changes so many times, on each page; waits for it, however long a quiet market takes."""
    cells = [rail(page, "NSE:RELIANCE").locator(".last") for page in pages]
    for _ in range(times):
        before = [cell.inner_text() for cell in cells]
        for cell, text in zip(cells, before, strict=True):
            expect(cell).not_to_have_text(text)


def open_ticket(page: Page, symbol: str, key: str) -> None:
    rail(page, symbol).click(position={"x": 24, "y": 10})
    rail(page, symbol).press(key)
    expect(page.locator(".ticket")).to_be_visible()
    expect(page.locator(".ticket .costs")).to_contain_text("Required")


def send(page: Page) -> None:
    page.locator(".ticket button[type=submit]").click()
    expect(page.locator(".ticket")).to_be_hidden()


def go(page: Page, title: str) -> None:
    page.get_by_test_id("stTopNavLink").filter(has_text=title).first.click()


def ask(page: Page, method: str, path: str, body: object = None) -> tuple[int, dict]:
    """What the page's own fetch gets, with the cookie and the origin of this browser."""
    script = """async ([method, path, body]) => {
      const headers = {"Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID()};
      const answer = await fetch("/api/v1" + path, {method, headers, body: body ? JSON.stringify(body) : undefined});
      const text = await answer.text();
      return [answer.status, text ? JSON.parse(text) : {}];
    }"""
    status, told = page.evaluate(script, [method, path, body])
    return status, told


def limit(page: Page, symbol: str = "TCS", price: str = "2900.00") -> str:
    """An order that rests, placed by the page; its id."""
    wish = {"symbol": symbol, "exchange": "NSE", "side": "BUY", "order_type": "LIMIT", "product": "CNC"}
    status, row = ask(page, "POST", "/orders", {**wish, "quantity": 5, "price": price})
    assert status == 201, row
    return str(row["order_id"])


def test_a_day_of_a_trader(address, visitor):
    page = through_the_gate(visitor(), address, "asha")
    settled(page)

    # Search as people say it, add with Shift+Enter, and the row ticks.
    page.keyboard.press("/")
    page.keyboard.type("tata steel")
    expect(page.get_by_role("option").first).to_contain_text("TATASTEEL")
    page.keyboard.press("Shift+Enter")
    expect(rail(page, "NSE:TATASTEEL")).to_be_visible()
    expect(rail(page, "NSE:TATASTEEL").locator(".last")).not_to_have_text("–")

    # It ticks without one word between Streamlit and the browser.
    frames: list[object] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))  # noqa: PLW0108 - a builtin method cannot be wrapped
    page.reload()
    settled(page)

    def without_a_word() -> bool:
        seen = len(frames)
        ticks(page, times=5)
        return 0 < seen == len(frames)

    until(page, without_a_word, "each tick makes Streamlit run")

    # Buy at the market: the fill, the position and the wallet come by themselves.
    open_ticket(page, "NSE:TATASTEEL", "b")
    page.locator(".ticket").get_by_role("button", name="Market", exact=True).click()
    page.get_by_role("textbox", name="Quantity").fill("10")
    send(page)
    expect(page.locator(".shelf")).to_contain_text("Bought 10 TATASTEEL")
    expect(page.locator("tr.position").filter(has_text="TATASTEEL")).to_contain_text("10")
    expect(rail(page, "NSE:TATASTEEL").locator(".held")).to_have_text("10")
    go(page, "Funds")
    expect(page.locator(".check")).to_contain_text("adds up to the paisa")
    expect(page.locator(".sum").first).to_contain_text("Invested")

    # A limit order far away rests; it is changed, then cancelled, and its history says so.
    go(page, "Orders")
    open_ticket(page, "NSE:TCS", "b")
    page.get_by_role("textbox", name="Quantity").fill("5")
    page.get_by_role("textbox", name="Price", exact=True).fill("2900.00")
    send(page)
    row = page.locator("tr.order").filter(has_text="TCS")
    expect(row).to_contain_text("OPEN")
    row.get_by_role("button", name="Modify").click()
    expect(page.locator(".ticket button[type=submit]")).to_contain_text("Change")
    page.get_by_role("textbox", name="Price", exact=True).fill("2890.00")
    send(page)
    expect(row).to_contain_text("2,890.00")
    row.get_by_role("button", name="Cancel").click()
    expect(page.locator(".empty").filter(has_text="No open orders")).to_be_visible()
    page.get_by_role("tab", name=re.compile("^All")).click()
    expect(row).to_contain_text("CANCELLED")
    row.get_by_role("button", name="TCS").click()
    history = page.locator("tr.history")
    for word in ("Placed", "Changed", "Cancelled by asha"):
        expect(history).to_contain_text(word)


def test_an_iceberg_for_some_minutes_is_placed_and_shown(address, visitor):
    page = sign_in(visitor(), address, "ravi")
    settled(page)
    open_ticket(page, "NSE:TCS", "b")
    ticket = page.locator(".ticket")
    ticket.get_by_role("button", name="SL", exact=True).click()
    expect(ticket.get_by_role("button", name="IOC", exact=True)).to_have_count(0)
    ticket.get_by_role("button", name="Limit", exact=True).click()
    ticket.get_by_role("button", name="Minutes", exact=True).click()
    page.get_by_role("textbox", name="Minutes").fill("400")
    expect(ticket.locator(".note.bad")).to_contain_text("1 to 375 minutes")
    page.get_by_role("textbox", name="Minutes").fill("20")
    page.get_by_role("textbox", name="Quantity").fill("10")
    page.get_by_role("textbox", name="Price", exact=True).fill("2900.00")
    ticket.locator("summary", has_text="Show less of it").click()
    page.get_by_role("textbox", name="Iceberg legs").fill("4")
    expect(ticket).to_contain_text("2 shows at a time")
    page.keyboard.press("Enter")
    expect(ticket).to_be_hidden()
    go(page, "Orders")
    row = page.locator("tr.order").filter(has_text="TCS").first
    expect(row).to_contain_text("leg 1 of 4")
    expect(row).to_contain_text("until")
    row.click()
    expect(page.locator("tr.history")).to_contain_text("PUT ORDER REQ RECEIVED")
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Cancel 1 selected").click()
    expect(page.locator("tr.order").filter(has_text="leg 1 of 4")).to_have_count(0)


def test_the_ticket_speaks_before_and_after_it_is_sent(address, visitor):
    page = sign_in(visitor(), address, "ravi")
    settled(page)
    open_ticket(page, "NSE:INFY", "s")
    expect(page.locator(".ticket")).to_have_attribute("data-side", "SELL")
    page.locator(".ticket").get_by_role("button", name="BUY").click()
    expect(page.locator(".ticket")).to_have_attribute("data-side", "BUY")
    expect(page.locator(".ticket header")).to_contain_text("PAPER")
    page.get_by_role("textbox", name="Price", exact=True).fill("1500.03")
    note = page.locator(".ticket .note.bad")
    expect(note).to_contain_text("Off the tick")
    note.get_by_role("button").last.click()
    expect(page.get_by_role("textbox", name="Price", exact=True)).to_have_value("1500.10")
    page.get_by_role("textbox", name="Quantity").fill("90000")
    expect(page.locator(".ticket .costs")).to_contain_text("Short of ₹")
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name=re.compile("^Buy 90,000 INFY for about")).get_by_role(
        "button", name="Send it"
    ).click()
    expect(page.locator(".ticket .said")).to_contain_text("written as order")
    page.keyboard.press("Escape")
    expect(page.locator(".ticket")).to_be_hidden()
    go(page, "Orders")
    page.get_by_role("tab", name=re.compile("^All")).click()
    refused = page.locator("tr.order").filter(has_text="REJECTED")
    expect(refused).to_contain_text("₹")


def test_a_double_click_is_one_order(address, visitor):
    page = sign_in(visitor(), address, "ravi", "orders")
    settled(page)
    _, before = ask(page, "GET", "/orders?status=open")
    open_ticket(page, "NSE:TCS", "b")
    page.get_by_role("textbox", name="Price", exact=True).fill("2901.00")
    page.locator(".ticket button[type=submit]").dblclick()
    expect(page.locator("tr.order").filter(has_text="2,901.00")).to_have_count(1)
    _, after = ask(page, "GET", "/orders?status=open")
    assert len(after["items"]) == len(before["items"]) + 1


def test_a_ticket_that_is_on_its_way_is_not_replaced_by_the_next(address, visitor):
    page = sign_in(visitor(), address, "ravi", "orders")
    settled(page)
    open_ticket(page, "NSE:TCS", "b")
    page.get_by_role("textbox", name="Price", exact=True).fill("2902.00")
    rail(page, "NSE:RELIANCE").click(position={"x": 24, "y": 10})
    page.locator(".ticket button[type=submit]").click()
    rail(page, "NSE:RELIANCE").press("b")
    expect(page.locator(".ticket header")).to_contain_text("RELIANCE")
    expect(page.locator("tr.order").filter(has_text="2,902.00")).to_have_count(1)
    expect(page.locator(".shelf")).to_contain_text("TCS: open")
    expect(page.locator(".ticket .costs")).to_contain_text("Required")
    page.keyboard.press("Escape")


def test_eight_tabs_tick_on_one_stream(address, visitor):
    context = visitor()
    streams: list[str] = []
    context.on("request", lambda asked: streams.append(asked.url) if "/api/v1/stream?" in asked.url else None)
    tabs = [sign_in(context, address, "asha")]
    settled(tabs[0])
    for _ in range(7):
        tab = context.new_page()
        tab.goto(address)
        tabs.append(tab)
    for tab in tabs:
        settled(tab)
    ticks(*tabs, times=1)
    assert len(streams) == 1, streams
    tabs.pop(0).close()
    ticks(*tabs, times=2)
    assert len(streams) == 2, "the stream of the tab that closed passes to one other"


def test_signing_out_ends_the_session_and_a_kept_cookie_opens_nothing(address, visitor):
    context = visitor()
    page = through_the_gate(context, address, "asha", "orders")
    settled(page)
    (cookie,) = [each for each in context.cookies() if each["name"] == "kagaz_session"]
    assert cookie["httpOnly"]
    assert page.evaluate("document.cookie").find("kagaz_session") == -1
    page.locator(".strip").get_by_role("button", name="Who is signed in").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    until(page, lambda: "kagaz_session" not in {each["name"] for each in context.cookies()}, "the cookie goes")
    thief = visitor()
    thief.add_cookies([cookie])
    stolen = thief.new_page()
    stolen.goto(f"{address}/orders")
    expect(stolen.get_by_role("button", name="Sign in")).to_be_visible()
    assert ask(stolen, "GET", "/orders")[0] == 401


def test_a_deep_link_leads_through_the_gate_and_on(address, visitor):
    page = through_the_gate(visitor(), address, "asha", "positions")
    expect(page).to_have_url(f"{address}/positions")
    expect(page.get_by_role("heading", name=re.compile("Positions"))).to_be_visible()


def test_a_trader_opens_neither_another_s_order_nor_the_admin_page(address, visitor):
    asha = sign_in(visitor(), address, "asha")
    settled(asha)
    mine = limit(asha)
    ravi = sign_in(visitor(), address, "ravi")
    settled(ravi)
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"price": "2800.00"})):
        status, told = ask(ravi, method, f"/orders/{mine}", body)
        assert (status, told["reason_code"]) == (404, 700), (method, told)
    assert ask(asha, "GET", f"/orders/{mine}")[1]["status"] == "OPEN"
    ravi.goto(f"{address}/admin")
    expect(ravi.locator(".strip")).to_be_visible()
    expect(ravi.get_by_text("Markets and feeds")).to_have_count(0)
    expect(ravi.get_by_test_id("stTopNavLink").filter(has_text="Admin")).to_have_count(0)


def test_a_fresh_server_runs_no_page_before_the_gate(books, visitor, tmp_path):
    """The first request that a server ever gets is for a page's own address, by nobody and by a trader."""
    with running(books.url, tmp_path) as fresh:
        page = visitor().new_page()
        page.goto(f"{fresh}/admin")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        expect(page.get_by_text("Markets and feeds")).to_have_count(0)
        trader = through_the_gate(visitor(), fresh, "ravi", "admin")
        expect(trader.get_by_text("Markets and feeds")).to_have_count(0)


def test_an_analyst_reads_a_shared_book_and_cannot_trade_in_it(address, visitor):
    page = sign_in(visitor(), address, "meera")
    settled(page)
    expect(page.locator(".book")).to_contain_text("asha/main")
    rail(page, "NSE:INFY").click(position={"x": 24, "y": 10})
    rail(page, "NSE:INFY").press("b")
    expect(page.locator(".ticket")).to_be_hidden()
    status, told = ask(page, "POST", "/orders", {"symbol": "INFY", "exchange": "NSE", "side": "BUY",
                                                 "order_type": "MARKET", "product": "CNC", "quantity": 1})  # fmt: skip
    assert status == 403, told


def test_a_revoked_session_is_shown_the_gate_and_its_ticket_is_kept(address, books, visitor):
    page = sign_in(visitor(), address, "ravi")
    settled(page)
    open_ticket(page, "NSE:INFY", "b")
    page.get_by_role("textbox", name="Quantity").fill("7")
    identity.revoke_all(books, "root", "ravi")
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("ravi")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".shelf").get_by_role("button", name="Open it").click()
    expect(page.get_by_role("textbox", name="Quantity")).to_have_value("7")


def test_the_line_breaks_and_comes_back(address, visitor):
    context = visitor()
    page = sign_in(context, address, "asha")
    settled(page)
    context.set_offline(True)
    page.evaluate("() => window.dispatchEvent(new Event('offline'))")
    context.set_offline(False)
    settled(page)
    ticks(page, times=2)


@pytest.fixture(scope="module")
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    """A phone, on which what was loaded once is at hand for the next page."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.set_default_timeout(WAIT)
    yield context
    context.close()


@pytest.mark.parametrize("name", [name for name, *_ in MENU if name != "admin"])
def test_on_a_phone_nothing_scrolls_sideways(address, phone, name):
    page = sign_in(phone, address, "asha", name)
    expect(page.get_by_role("navigation", name="Foot of the page")).to_be_visible()
    expect(page.locator(".pill")).to_contain_text(LIVE)
    wide = page.evaluate(
        "() => [document.documentElement.scrollWidth, document.querySelector('[data-testid=stMain]').scrollWidth]"
    )
    page.close()
    assert max(wide) <= 390
