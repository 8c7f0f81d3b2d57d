"""``python -m tests.browser.pictures [NAME …]``: pictures of pages for README and docs, of a trader with a history.

A throwaway Kagaz is given a month of trading by the desk's own use cases, then runs its simulator, and a
Chromium photographs the pages.
"""

import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from unittest import mock

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

import settings
from core.calendar import IST
from db.engine import Database
from desk import access, closing, identity
from tests import cluster
from tests.browser.conftest import FLAGS, ROOT, running, sign_in
from tests.floor import Floor
from tests.people import PASSWORD

PICTURES = ROOT / "docs" / "pictures"
DAYS = 30
FRIDAY = 4
SHARES = {"NSE:RELIANCE": 150_000, "NSE:INFY": 150_000, "NSE:SBIN": 96_000, "NSE:TCS": 310_000, "NSE:ITC": 41_000}
CASH = 100_000_000  # ten lakh rupees
PAUSE = 6_000  # ms for prices and charts to come
# A fill is made when it is booked, so that a month which goes by in seconds has no hours; a picture has.
SPREAD = """
    update trades t set traded_at = (t.trading_date + time '09:25') at time zone 'Asia/Kolkata'
        + interval '1 minute' * (n.place * 75 + (t.trading_date - date '2026-01-01') * 37 % 60)
    from (select id, row_number() over (partition by trading_date order by id) - 1 as place from trades) n
    where n.id = t.id
"""


@dataclass(frozen=True)
class Shot:
    """What a picture shows: a path, in light or dark, wide or on a phone, as somebody sees it."""

    path: str
    scheme: Literal["light", "dark"] = "light"
    wide: bool = True
    who: str = "asha"
    tab: str = ""
    """A tab of the page that is opened first."""

    @property
    def size(self) -> ViewportSize:
        return {"width": 1440, "height": 900} if self.wide else {"width": 390, "height": 844}


FIRST = "watch"
SHOTS = {
    FIRST: Shot("watch?symbol=NSE%3ARELIANCE"),
    "orders": Shot("orders", tab="All"),
    "positions": Shot("positions", "dark"),
    "wallet": Shot("wallet"),
    "instrument": Shot("instrument?symbol=NSE%3ARELIANCE", "dark"),
    "pnl": Shot("pnl"),
    "order": Shot("order?symbol=RELIANCE"),
    "options": Shot("options", "dark"),
    "baskets": Shot("baskets"),
    "risk": Shot("risk", "dark"),
    "alerts": Shot("alerts"),
    "programs": Shot("programs"),
    "feeds": Shot("feeds", "dark"),
    "account": Shot("account"),
    "admin": Shot("admin", who="root"),
    "phone": Shot("", "dark", wide=False),
}


def month(database: Database) -> None:
    """Give asha a month: some trades a day, each day rolled as the clock would roll it."""
    chance = random.Random(7)
    with database.connection() as connection:
        connection.execute("update markets set running = (id = 'sim'), trading_date = trading_date - %s", [DAYS])
    identity.add_user(database, "asha", "trader", password=PASSWORD, cash_paise=CASH)
    identity.add_user(database, "root", "admin", password=PASSWORD)
    account = access.by_key(database, "asha/main").id
    floor, prices = Floor(database), dict(SHARES)
    end = floor.trading_date + timedelta(days=DAYS)
    while floor.trading_date < end:
        noon = datetime.combine(floor.trading_date, time(12), IST)
        with database.connection() as connection:
            connection.execute("update markets set exchange_time = %s where id = 'sim'", [noon])
        for key, price in prices.items():
            tick = floor.instrument(key).tick
            prices[key] = max(tick, round(price * chance.gauss(1.0004, 0.012) / tick) * tick)
            floor.price(key, prices[key])
        trade_a_day(floor, account, prices, chance)
        following: date = floor.trading_date + timedelta(days=3 if floor.trading_date.weekday() == FRIDAY else 1)
        closing.roll(database, "sim", closing.Due(closing.ROLL, floor.trading_date, following))
        floor.trading_date = following
    with database.connection() as connection:
        connection.execute("set local session_replication_role = replica")  # trades refuse to be changed
        connection.execute(SPREAD)
    floor.place(account, "BUY", 90_000, "NSE:SBIN", prices["NSE:SBIN"])  # for which there is no money


def trade_a_day(floor: Floor, account: int, prices: dict[str, int], chance: random.Random) -> None:
    """One intraday round trip, and now and then a share bought or sold for delivery."""
    key = chance.choice(list(prices))
    price, tick = prices[key], floor.instrument(key).tick
    quantity = 20_000_000 // price
    floor.buy(account, quantity, key, price, "MIS")
    floor.sell(account, quantity, key, round(price * chance.gauss(1.0006, 0.006) / tick) * tick, "MIS")
    key = chance.choice(list(prices))
    held, _ = floor.position(account, key)
    if held and chance.random() < 0.5:
        floor.sell(account, held, key, prices[key])
    elif floor.balances(account)["CASH"] > 20_000_000:
        floor.buy(account, 5_000_000 // prices[key], key, prices[key])


SEND = (
    "([path, key, body]) => fetch(`/api/v1/${path}`, {method: 'POST', body: JSON.stringify(body),"
    " headers: {'Content-Type': 'application/json', 'Idempotency-Key': key}})"
)
DRAWN = """() => fetch("/api/v1/candles?symbol=NSE%3ARELIANCE").then((answer) => answer.json())
    .then((bars) => bars.items.length > 100)"""
FIND = "(words) => fetch(`/api/v1/search?limit=1&q=${encodeURIComponent(words)}`).then((answer) => answer.json())"


def contract(page: Page, words: str, side: str) -> dict[str, object]:
    """A market order for one lot of the first contract that these words find."""
    found = page.evaluate(FIND, words)["items"][0]
    named = {name: found[name] for name in ("symbol", "exchange")}
    return {**named, "side": side, "order_type": "MARKET", "product": "NRML", "quantity": found["lot"]}


def below(page: Page, key: str) -> int:
    """Some rupees under its last price, on the tick and inside its band."""
    found = page.evaluate("(key) => fetch(`/api/v1/quotes?symbols=${key}`).then((answer) => answer.json())", key)
    return int(found["items"][key]["last_price"] * 0.97)


def today(page: Page) -> None:
    """What a trader does on the day of the picture, by the API of the page's own origin."""
    tcs, itc = below(page, "NSE:TCS"), below(page, "NSE:ITC")
    orders = [
        {"symbol": "RELIANCE", "side": "BUY", "order_type": "MARKET", "product": "MIS", "quantity": 40},
        {"symbol": "INFY", "side": "SELL", "order_type": "MARKET", "product": "MIS", "quantity": 30},
        {"symbol": "TCS", "side": "BUY", "order_type": "LIMIT", "product": "CNC", "quantity": 5, "price": tcs},
        contract(page, "nifty fut", "BUY"),
        contract(page, "nifty 25000 pe", "BUY"),
    ]
    legs = [
        {"symbol": "ITC", "side": "BUY", "order_type": "LIMIT", "product": "CNC", "quantity": 100, "price": itc},
        {"symbol": "RELIANCE", "side": "SELL", "order_type": "MARKET", "product": "MIS", "quantity": 20},
        {"symbol": "SBIN", "side": "BUY", "order_type": "MARKET", "product": "MIS", "quantity": 50},
    ]
    asked = [("orders", {"exchange": "NSE", "validity": "DAY", **order}) for order in orders]
    asked.append(("baskets", {"name": "Pair and lunch", "legs": [{"exchange": "NSE", **leg} for leg in legs]}))
    alert = {"exchange": "NSE", "measure": "PRICE"}
    asked += [
        ("price-alerts", {**alert, "symbol": "TCS", "condition": "BELOW", "level": tcs, "note": "Buy more"}),
        ("price-alerts", {**alert, "symbol": "ITC", "condition": "BELOW", "level": itc, "repeat": True}),
        ("price-alerts", {**alert, "symbol": "INFY", "measure": "CHANGE", "condition": "ABOVE", "level": 2.5}),
    ]
    for number, (path, body) in enumerate(asked):
        page.evaluate(SEND, [path, f"picture-{number}", body])


def shoot(browser: Browser, address: str, name: str, shot: Shot) -> None:
    """One picture from a browser of its own, signed in as that person."""
    context = browser.new_context(viewport=shot.size, color_scheme=shot.scheme)
    page = sign_in(context, address, shot.who, shot.path)
    page.wait_for_timeout(PAUSE)
    if name == FIRST:
        today(page)
        # A market that has just begun still writes the candles of its past.
        page.wait_for_function(DRAWN, timeout=120_000, polling=1_000)
        page.reload()
        page.wait_for_timeout(PAUSE)
    if name == "options":
        page.get_by_label("Ready-made strategies").select_option(label="Iron condor")
        page.wait_for_timeout(PAUSE)
    if shot.tab:
        page.get_by_role("tab", name=shot.tab).first.click()
        page.wait_for_timeout(500)
    page.screenshot(path=PICTURES / f"{name}.png")
    context.close()


def main() -> int:
    """Make all pictures anew, or those that are named; the first one's trader trades."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = subprocess.run([ROOT / ".ci" / "browser"], capture_output=True, text=True, check=True).stdout.strip()
    with cluster.running() as throwaway, tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        url = throwaway.clone(cluster.seeded(throwaway, cluster.migrated(throwaway)))
        with Database(url) as database, mock.patch.dict(os.environ, {"KAGAZ_ORDER_RATE": "0"}):
            settings.load.cache_clear()  # a month goes by faster than any person may trade
            month(database)
        with running(url, Path(home)) as address:
            browser = playwright.chromium.launch(executable_path=path.splitlines()[-1], args=FLAGS)
            for name in sys.argv[1:] or SHOTS:
                shoot(browser, address, name, SHOTS[name])
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
