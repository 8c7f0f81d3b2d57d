"""A vendor is set up, connected and traded with, and nobody else sees a thing: against a stand-in of Upstox."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from core.calendar import IST
from core.vendors import Vendor
from db.engine import Database
from desk import identity, market, masters, vendors
from tests.browser.conftest import database_with_people, rail, running, sign_in, until
from tests.cluster import Throwaway
from tests.feeds.standins import upstox_rest
from tests.feeds.standins.upstox import UpstoxStandIn
from tests.feeds.standins.upstox_rest import API_KEY, API_SECRET, UpstoxRest
from tests.people import token
from tests.ports import free_port

KEY, PRICE = "NSE_EQ|INE009A01021", 1_234.5


@pytest.fixture(scope="module")
def books(throwaway: Throwaway, seeded_template: str) -> Iterator[Database]:
    with database_with_people(throwaway, seeded_template) as found:
        yield found


@pytest.fixture(scope="module")
def stream() -> Iterator[UpstoxStandIn]:
    with UpstoxStandIn() as found:
        found.ticks_every = 0.3
        found.prices[KEY] = PRICE
        yield found


@pytest.fixture(scope="module")
def address(
    books: Database, stream: UpstoxStandIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:  # fmt: skip
    """A Kagaz whose Upstox is the stand-in."""
    home: Path = tmp_path_factory.mktemp("kagaz")
    port = free_port()
    infy = masters.get(books).by_key["NSE:INFY"].id
    with books.connection() as connection:
        connection.execute(
            "insert into instrument_keys (vendor, key, since, instrument_id) values ('upstox', %s, '2026-01-01', %s)",
            (KEY, infy),
        )
    with UpstoxRest() as rest, pytest.MonkeyPatch.context() as patch:
        patch.setattr(upstox_rest, "REDIRECT", f"http://localhost:{port}/api/v1/feeds/upstox/callback")
        places = {"KAGAZ_UPSTOX_URL": rest.host, "KAGAZ_UPSTOX_STREAM": stream.address}
        with running(books.url, home, port, **places) as found:
            yield found


def test_connect_trade_and_be_alone_with_it(address, visitor, books, stream):
    context = visitor()
    page = sign_in(context, address, "asha", "feeds")
    form = page.locator(".st-key-vendor-upstox")
    form.get_by_label("API key").fill(API_KEY)
    form.get_by_label("API secret").fill(API_SECRET)
    expect(form.get_by_label("Redirect URL")).to_have_value(f"{address}/api/v1/feeds/upstox/callback")
    form.get_by_role("button", name="Keep").click()
    with context.expect_page() as opened:
        form.get_by_role("link", name="Connect").click()
    page.close()
    page = opened.value
    form = page.locator(".st-key-vendor-upstox")
    expect(form.get_by_text("token until")).to_be_visible()
    page.get_by_role("button", name="Save and start").click()
    feed = page.locator(".st-key-feed-live-asha")
    expect(feed.get_by_role("heading", name="live/asha")).to_contain_text("Live")
    page.get_by_role("button", name="Trade in asha/live-main").click()
    expect(page.locator(".strip")).to_contain_text("LIVE DATA")
    expect(rail(page, "NSE:INFY")).to_contain_text("1,234.50")
    stream.prices[KEY] = PRICE + 1
    expect(rail(page, "NSE:INFY")).to_contain_text("1,235.50")

    # The vendor's own previous close, ten rupees below its price of the moment; once the date is settled, and on days
    # off, a last price of it is the next date's. And nothing of the simulator's where the vendor has said nothing.
    infy = masters.get(books).by_key["NSE:INFY"].id

    def right_close() -> bool:
        trades = market.state(books, "live/asha").trading_date == datetime.now(IST).date()
        close = market.quotes(books, "live/asha", [infy])[infy]["prev_close"]
        change = round((123_550 / close - 1) * 100, 2)
        shown = f"+{change:.2f}%" if change else "0.00%"
        known = close in ((122_450, 122_550) if trades else (123_450, 123_550))
        return known and shown in rail(page, "NSE:INFY").inner_text()

    until(page, right_close, "it is measured from the right close")
    expect(rail(page, "NSE:RELIANCE")).not_to_contain_text(re.compile(r"\d\.\d\d"))
    page.locator(".strip select").select_option("asha/main")
    expect(page.locator(".strip")).to_contain_text("SIMULATED")
    expect(rail(page, "NSE:RELIANCE")).to_contain_text(re.compile(r"\d\.\d\d"))
    expect(rail(page, "NSE:INFY")).not_to_contain_text("1,235.50")

    # What stands on the page follows what becomes of the token, without a press.
    form = page.locator(".st-key-vendor-upstox")
    owner = identity.find(books, "asha").id
    vendors.refused(books, owner, Vendor.UPSTOX, "Upstox has ended this token.", drop_token=True)
    expect(form).to_contain_text("Upstox has ended this token.")
    expect(form).not_to_contain_text("token until")

    office = sign_in(visitor(), address, "root", "admin?view=Feeds")
    card = office.locator(".st-key-feed-live-asha")
    expect(card).to_contain_text("Live")
    assert not re.search(r"1,23[45]\.5", office.content())
    for name in ("root", "ravi"):
        headers = {"authorization": f"Bearer {token(books, name)}"}
        asked = httpx.get(
            f"{address}/api/v1/quotes", params={"symbols": "NSE:INFY", "account": "asha/live-main"}, headers=headers
        )
        assert asked.status_code == 404
        other = httpx.get(f"{address}/api/v1/quotes", params={"symbols": "NSE:INFY"}, headers=headers)
        assert other.status_code == 200
        assert not re.search(r"123[45]\.5", other.text)
    card.get_by_role("button", name="Stop").click()
    expect(card.get_by_role("button", name="Start")).to_be_visible()
