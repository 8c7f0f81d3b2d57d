"""The ticket's picker of contracts, mounted by itself over a desk that answers from a table: kind, expiry, strike."""

import json
from collections.abc import Iterator
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.test_modules import ORIGIN, ask
from tests.core import test_contract_choice as table
from tests.core.test_contract_choice import CALLS, NEAREST, OF_A_FUTURE, OF_ONE_DAY, PUTS
from ui import assets

pytestmark = pytest.mark.browser
WEEK, MONTH = "2026-12-01", "2026-12-29"
STRIKES = {WEEK: (24_900, 25_000, 25_100), MONTH: (24_000, 25_000, 26_000)}


def symbol(expiry: str, kind: str, strike: int = 0) -> str:
    return f"NIFTY{date.fromisoformat(expiry):%y%m%d}{strike or ''}{kind}"


def terms(name: str) -> dict[str, object]:
    """An instrument as the API tells of it, by its symbol."""
    kind = name[-2:] if name[-2:] in ("CE", "PE") else "FUT"
    expiry = f"20{name[5:7]}-{name[7:9]}-{name[9:11]}"
    strike = int(name[11:-2]) if kind != "FUT" else None
    return {
        "key": f"NFO:{name}", "symbol": name, "exchange": "NFO", "name": name, "kind": kind, "lot": 65, "tick": 0.05,
        "freeze_quantity": 1_755, "expiry": expiry, "strike": strike, "on_stock": False,
    }  # fmt: skip


def chain(expiry: str) -> dict[str, object]:
    """The options of a day at 25,030; only the month has a future."""

    def side(kind: str, strike: int) -> dict[str, object]:
        name = symbol(expiry, kind, strike)
        return {"key": f"NFO:{name}", "symbol": name, "lot": 65, "quote": {"last_price": strike / 100}}

    future = symbol(MONTH, "FUT")
    return {
        "underlying": "NSE:NIFTY 50", "quote": {"last_price": 25_030.0}, "expiry": expiry, "expiries": [WEEK, MONTH],
        "future": {"key": f"NFO:{future}", "symbol": future, "lot": 65, "quote": {"last_price": 25_100.0}}
        if expiry == MONTH else None,
        "rows": [{"strike": each, "call": side("CE", each), "put": side("PE", each)} for each in STRIKES[expiry]],
    }  # fmt: skip


@pytest.fixture(params=[(1_200, 800), (390, 844)], ids=["wide", "phone"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A ticket of the month's future, to sell."""
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})

    def serve(route: Route) -> None:
        parts = urlsplit(route.request.url)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/api/v1")
        if path == "/instruments":
            route.fulfill(json={"items": [terms(asked["symbols"].split(":")[1])]})
        elif path == "/option-chain":
            route.fulfill(json=chain(asked.get("expiry") or WEEK))
        elif path == "/margins":
            route.fulfill(status=422, json={"detail": "No costs here.", "title": "None"})
        elif (assets.FOLDER / path.strip("/")).is_file():
            route.fulfill(path=assets.FOLDER / path.strip("/"), content_type="text/javascript")
        else:
            css = "".join((assets.FOLDER / f"{name}.css").read_text("utf-8") for name in ("tokens", "ticket"))
            head = f"<!doctype html><meta name=viewport content='width=device-width'><style>{css}</style>"
            route.fulfill(body=f"{head}<body><div class=kagaz id=host></div>", content_type="text/html")

    context.route(f"{ORIGIN}/**", serve)
    made = context.new_page()
    made.goto(f"{ORIGIN}/")
    made.evaluate(
        """async (symbol) => {
          const ticket = await import('./ticket.js');
          const bus = await import('./bus.js');
          ticket.mount({ parentElement: document.body, data: { write: true }, setTriggerValue() {} });
          bus.emit('ticket', { symbol, side: 'SELL' });
        }""",
        f"NFO:{symbol(MONTH, 'FUT')}",
    )
    expect(made.locator(".ticket header b")).to_have_text(symbol(MONTH, "FUT"))
    yield made
    context.close()


def test_each_answer_lands_on_a_contract_and_what_else_was_chosen_stays(page: Page) -> None:
    ticket = page.locator(".ticket")
    title, expiry, strike = ticket.locator("header b"), ticket.get_by_label("Expiry"), ticket.get_by_label("Strike")
    expect(strike).to_be_hidden()
    ticket.get_by_role("textbox", name="Lots").fill("3")
    ticket.get_by_role("button", name="MIS", exact=True).click()
    ticket.get_by_role("button", name="Put", exact=True).click()
    expect(title).to_have_text(symbol(MONTH, "PE", 25_000))
    expect(strike.locator("option:checked")).to_have_text("25,000 ATM")
    expiry.select_option(WEEK)
    expect(title).to_have_text(symbol(WEEK, "PE", 25_000))
    strike.select_option("24900")
    expect(title).to_have_text(symbol(WEEK, "PE", 24_900))
    ticket.get_by_role("button", name="Call", exact=True).click()
    expect(title).to_have_text(symbol(WEEK, "CE", 24_900))
    expiry.select_option(MONTH)
    expect(title).to_have_text(symbol(MONTH, "CE", 25_000))  # the strike that is next to the one before
    expiry.select_option(WEEK)
    ticket.get_by_role("button", name="Future", exact=True).click()
    expect(title).to_have_text(symbol(MONTH, "FUT"))  # the first that ends later: the week has none
    expect(ticket).to_have_attribute("data-side", "SELL")
    expect(ticket.get_by_role("textbox", name="Lots")).to_have_value("3")
    expect(ticket.get_by_role("button", name="MIS", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(ticket.get_by_role("textbox", name="Price", exact=True)).to_have_value("25100.00")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing leaves the screen"


@pytest.mark.parametrize(("listed", "wanted", "found"), NEAREST)
def test_the_strike_that_is_near(page: Page, listed: tuple[int, ...], wanted: int, found: int | None) -> None:
    assert ask(page, "ticket_contract", f"m.near({json.dumps(listed)}, {json.dumps(wanted)})") == found


@pytest.mark.parametrize(("kind", "strike", "spot", "found"), OF_ONE_DAY)
def test_the_contract_of_one_day(page: Page, kind: str, strike: int, spot: int, found: int) -> None:
    chain = {
        "future": {"kind": "FUT", "strike": 0}, "quote": {"last_price": spot},
        "rows": [{"strike": each, "call": {"kind": "CE", "strike": each},
                  "put": {"kind": "PE", "strike": each} if each in PUTS else None} for each in CALLS],
    }  # fmt: skip
    one = ask(page, "ticket_contract", f"m.meant({json.dumps(chain)}, {json.dumps(kind)}, {strike})")
    assert one == {"kind": kind, "strike": found}


@pytest.mark.parametrize(("ends", "said", "found"), OF_A_FUTURE)
def test_the_day_of_a_future(page: Page, ends: tuple[date, ...], said: date, found: date) -> None:
    days = [each.isoformat() for each in (table.WEEK, table.MONTH, table.FAR)]
    tried = ask(page, "ticket_contract", f"m.nextTo({json.dumps(days)}, {json.dumps(said.isoformat())})")
    assert next(each for each in [said.isoformat(), *tried] if date.fromisoformat(each) in ends) == found.isoformat()
