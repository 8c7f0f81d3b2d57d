"""The P&L page's figures, drawn by Plotly from a report under a policy that lets no script compile another."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import until
from ui import assets

pytestmark = pytest.mark.browser
ORIGIN = "http://kagaz.test"
LIGHT = {
    "text-color": "#1c2129",
    "background-color": "#ffffff",
    "border-color": "#e2e5ea",
    "gray-text-color": "#5f6876",
    "gray-background-color": "#eceef2",
    "green-text-color": "#067a3e",
    "red-text-color": "#c22a2a",
    "blue-text-color": "#1f5fd6",
    "blue-color": "#1f5fd6",
    "yellow-text-color": "#7a5200",
    "font": "sans-serif",
}
DARK = {**LIGHT, "text-color": "#dfe3ea", "background-color": "#12151b", "green-text-color": "#4cc38a"}
RGB = {"#067a3e": "rgb(6, 122, 62)", "#4cc38a": "rgb(76, 195, 138)"}
# What Streamlit does around a component: a shadow root with our style sheets, and the theme as variables.
STAGE = """
import { mount } from "./pnl.js";
const host = document.querySelector("#host");
const shade = host.attachShadow({ mode: "open" });
const style = document.createElement("style");
style.textContent = await (await fetch("/style.css")).text();
const root = document.createElement("div");
root.className = "kagaz";
shade.append(style, root);
const data = { ranges: { "1W": "2026-11-19", All: null }, range: "All", basis: "Net", plotly: "VERSION" };
window.widget = mount({ parentElement: shade, data, setStateValue: () => {} });
"""


# By the day that they are asked for.
TRADES = {
    "2026-06-03": [
        {
            "traded_at": "2026-06-03T09:20:00+05:30", "side": "SELL", "symbol": "INFY", "exchange": "NSE",
            "product": "MIS", "quantity": 10, "price": 1500.5, "value": 15005, "charges": {"total": 12.3},
            "order_id": "41",
        }
    ]
}  # fmt: skip


def day(number: int, **more: float) -> dict[str, Any]:
    """A day of the report: a gain on even numbers, a loss on odd ones."""
    net = 1000.0 + number if number % 2 == 0 else -500.0
    return {
        "date": (date(2026, 6, 1) + timedelta(days=number)).isoformat(),
        "equity": 1_000_000.0 + 250 * number,
        "net": net,
        "gross": net + 50,
        "charges": 50.0,
        "deposits": 0,
        "withdrawals": 0,
        "drawdown": 0.0 if number % 2 == 0 else -0.0005,
        "trades": 3,
        **more,
    }


def report(days: list[dict[str, Any]]) -> dict[str, Any]:
    """A report as ``GET /pnl`` gives it, with as much in it as the page reads."""
    names = ("trips", "wins", "losses", "flat", "longest_drawdown_days")
    others = ("average_win", "average_loss", "payoff", "profit_factor", "expectancy", "cagr", "volatility", "sharpe")
    none = ("sortino", "total_return", "max_drawdown", "max_drawdown_rupees", "win_rate")
    told = {**dict.fromkeys(names, 1), **dict.fromkeys(others + none), "net": 1200.0, "gross": 1300.0}
    rows = [
        {"name": name, "gross": net + 10, "charges": 10.0, "net": net, "trades": 2}
        for name, net in (("INFY", 900.0), ("M&M", 400.0), ("TCS", -100.0))
    ]
    line = ("opening_equity", "deposits", "withdrawals", "realised", "unrealised_change", "charges", "equity")
    return {
        "days": days,
        "benchmark": {
            "key": "INDEX:NIFTY 50",
            "points": [{"date": each["date"], "growth": 1 + 0.001 * at} for at, each in enumerate(days)],
        },
        "statistics": told,
        "charges": {"brokerage": 100.0, "total": 100.0},
        "symbols": rows,
        "products": rows[:2],
        "groups": {
            "side": [
                {"name": "LONG", "trips": 3, "win_rate": 0.667, "net": 900.0, "expectancy": 300.0},
                {"name": "SHORT", "trips": 1, "win_rate": None, "net": 0.0, "expectancy": 0.0},
            ],
            "hour": [{"name": "09", "trips": 4, "win_rate": 0.5, "net": 900.0, "expectancy": 225.0}],
        },
        "reconciliation": {**dict.fromkeys(line, 0), "balanced": True, "lines": [], "days": []},
    }


def dress(page: Page, theme: dict[str, str]) -> None:
    """Puts the theme where Streamlit would."""
    text = ";".join(f"--st-{name}:{value}" for name, value in theme.items())
    page.evaluate("(text) => document.documentElement.setAttribute('style', text)", text)


@pytest.fixture
def stage(visitor: Callable[..., BrowserContext]) -> Iterator[Callable[..., Any]]:
    """Opens the component on a page of its own; after it no script may have complained."""
    complaints: list[str] = []

    @contextmanager
    def opened(
        days: list[dict[str, Any]], *, library: bool = True, trips: Sequence[dict[str, Any]] = (), **options: Any
    ) -> Iterator[Page]:
        page = visitor(**options).new_page()
        policy = {"Content-Security-Policy": "script-src 'self'"}
        style = "\n".join(
            (assets.FOLDER / f"{name}.css").read_text() for name in ("tokens", "wallet", "figures", "pnl")
        )

        def serve(route: Route) -> None:
            path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
            if path == "/":
                body = (
                    '<!doctype html><div id="host"></div><script type="module" src="/assets/kagaz/1/stage.js"></script>'
                )
                return route.fulfill(body=body, content_type="text/html", headers=policy)
            if path == "/api/v1/pnl":
                most = int(parse_qs(urlsplit(route.request.url).query).get("trips", ["0"])[0])
                told = report(days) | {
                    "round_trips": trips[:most]
                }  # as the server does: none unless they are asked for
                return route.fulfill(body=json.dumps(told), content_type="application/json")
            if path == "/api/v1/trades":
                of = route.request.url.partition("date=")[2]
                return route.fulfill(body=json.dumps({"items": TRADES.get(of, [])}), content_type="application/json")
            if path == "/style.css":
                return route.fulfill(body=style, content_type="text/css")
            if path.endswith("/stage.js"):
                return route.fulfill(
                    body=STAGE.replace("VERSION", assets.plotly_version()), content_type="text/javascript"
                )
            if path == f"/assets/plotly/{assets.plotly_version()}/plotly.min.js":
                asked.append(path)
                return (
                    route.fulfill(path=assets.plotly_library(), content_type="text/javascript")
                    if library
                    else route.abort()
                )
            file = assets.FOLDER / path.rpartition("/")[2]
            return (
                route.fulfill(path=file, content_type="text/javascript")
                if file.is_file()
                else route.fulfill(status=204)
            )

        asked: list[str] = []
        page.route(f"{ORIGIN}/**", serve)
        page.on("console", lambda each: complaints.append(each.text) if each.type == "error" else None)
        page.on("pageerror", lambda each: complaints.append(str(each)))
        page.goto(f"{ORIGIN}/")
        dress(page, LIGHT)
        yield page
        assert len(asked) <= 1
        if not library:
            complaints[:] = [each for each in complaints if "ERR_FAILED" not in each]

    yield opened
    assert not complaints


FIGURES = ".js-plotly-plot"


def traces(page: Page, number: int) -> list[dict[str, Any]]:
    """What Plotly was given for that figure."""
    return page.locator(FIGURES).nth(number).evaluate("(node) => JSON.parse(JSON.stringify(node.data))")


def test_each_figure_is_drawn_by_plotly_once_and_follows_basis_and_theme(stage):
    days = [day(number) for number in range(12)]
    days[0]["deposits"], days[7]["withdrawals"] = 1_000_000.0, 5_000.0
    with stage(days) as page:
        expect(page.locator(FIGURES)).to_have_count(4)
        expect(page.locator(f"{FIGURES} .bars .point path").first).to_be_visible()
        equity, index, deposits, withdrawals, fall, daily = traces(page, 0)
        assert equity["customdata"][0] == "Equity ₹10,00,000.00<br>Deposit ₹10,00,000.00"
        assert index["customdata"][1] == "NIFTY 50 +0.10%"
        assert [at for at, value in enumerate(deposits["y"]) if value] == [0]
        assert [at for at, value in enumerate(withdrawals["y"]) if value] == [7]
        assert fall["customdata"][1] == "Drawdown −0.05%"
        assert daily["customdata"][1] == "Net −₹500.00<br>Charges ₹50.00<br>Trades 3"
        assert "₹10,00,000" in page.locator(f"{FIGURES} .ytick text").all_text_contents()
        bars = page.locator(FIGURES).first.locator(".bars .point path")
        expect(bars).to_have_count(12)
        expect(bars.first).to_have_css("fill", RGB[LIGHT["green-text-color"]])
        dress(page, DARK)
        expect(bars.first).to_have_css("fill", RGB[DARK["green-text-color"]])
        page.get_by_role("group", name="Basis").get_by_role("button", name="Gross").click()
        until(page, lambda: traces(page, 0)[-1]["customdata"][1].startswith("Gross −₹450.00"), "it is drawn anew")
        expect(page.locator(FIGURES)).to_have_count(4)
        expect(page.locator(".modebar")).to_have_count(0)


def test_one_reading_line_goes_through_all_three_panels_and_tells_the_day(stage):
    with stage([day(number) for number in range(12)]) as page:
        figure = page.locator(FIGURES).first
        expect(figure.locator(".bars .point path")).to_have_count(12)
        box = figure.bounding_box()
        figure.hover(position={"x": 300, "y": 560})
        expect(figure.locator(".hoverlayer .legend")).to_contain_text("Equity")
        expect(figure.locator(".hoverlayer .legend")).to_contain_text("Drawdown")
        expect(figure.locator(".hoverlayer .legend")).to_contain_text("Trades 3")
        line = figure.locator(".spikeline").first.bounding_box()
        assert line["height"] > 0.85 * box["height"]


def test_a_finger_reads_a_day_too_on_a_phone(stage):
    with stage([day(number) for number in range(60)], viewport={"width": 390, "height": 844}, has_touch=True) as page:
        figure = page.locator(FIGURES).first
        expect(figure.locator(".bars .point path")).to_have_count(60)
        figure.tap(position={"x": 200, "y": 120})
        expect(figure.locator(".hoverlayer .legend")).to_contain_text("Equity")
        expect(figure.locator(".hoverlayer .legend")).to_be_in_viewport(ratio=0.99)  # pixels are parted
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_figures_are_told_in_words_and_in_a_table(stage):
    with stage([day(number) for number in range(12)]) as page:
        figures = page.locator("[role=img][aria-label]")
        expect(figures.nth(2)).to_be_attached()
        words = [each.get_attribute("aria-label") for each in figures.all()]
        assert "₹10,00,000.00 on 01 Jun 2026" in words[0]
        assert "6 days gained, 6 lost, of 12" in words[1]
        assert "M&M +₹400.00" in words[2]
        page.get_by_text("The days as a table").focus()
        page.keyboard.press("Enter")
        expect(page.locator("details tbody tr")).to_have_count(12)
        expect(page.locator("details tbody tr").first).to_contain_text("12 Jun 2026")


def test_a_day_that_is_picked_tells_its_trades(stage):
    with stage([day(number) for number in range(12)]) as page:
        bars = page.locator(FIGURES).first.locator(".bars .point path")
        expect(bars).to_have_count(12)
        bars.nth(2).scroll_into_view_if_needed()
        box = bars.nth(2).bounding_box()
        page.mouse.move(box["x"] + 4, box["y"] + 4)
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        told = page.locator(".picked")
        expect(told.get_by_role("heading")).to_have_text("03 Jun 2026")
        expect(told).to_contain_text("net +₹1,002.00")
        expect(told.get_by_role("table")).to_contain_text("INFY")
        told.get_by_role("button", name="Close the day").click()
        expect(told).to_be_hidden()

        page.locator(FIGURES).nth(1).scroll_into_view_if_needed()
        calendar = page.locator(FIGURES).nth(1).locator(".nsewdrag").bounding_box()
        page.mouse.click(calendar["x"] + 12, calendar["y"] + 12)  # the Monday of the first week
        expect(told.get_by_role("heading")).to_have_text("01 Jun 2026")
        expect(told).to_contain_text("Nothing was traded")

        page.get_by_text("The days as a table").click()
        page.get_by_role("button", name="03 Jun 2026").click()
        expect(told.get_by_role("table")).to_contain_text("1,500.50")


def test_round_trips_are_told_by_what_they_have_in_common(stage):
    with stage([day(0)]) as page:
        sides = page.get_by_role("table", name="By side")
        expect(sides.locator("tbody tr").first).to_have_text("Long367%+₹900.00+₹300.00")
        expect(sides.locator("tbody tr").nth(1)).to_contain_text("–")
        expect(page.get_by_role("table", name="By hour of closing (IST)")).to_contain_text("09:00 to 09:59")
        expect(page.locator(".told tr").first).to_have_text("Round trips11 won, 1 lost, 1 even")


def test_without_the_library_words_and_tables_stand_in(stage):
    with stage([day(number) for number in range(12)], library=False) as page:
        expect(page.get_by_role("alert")).to_contain_text("The chart library could not be loaded.")
        expect(page.locator("details tbody tr")).to_have_count(12)
        expect(page.locator("table.shares")).to_have_count(2)
        expect(page.get_by_role("img")).to_have_count(0)


def test_a_single_day_is_drawn_and_an_empty_book_asks_for_no_library(stage):
    with stage([day(0)]) as page:
        expect(page.locator(f"{FIGURES} .bars .point path").first).to_be_visible()
    with stage([day(0, equity=0, trades=0)]) as page:
        expect(page.get_by_text("Nothing to analyse yet")).to_be_visible()
        assert page.evaluate("window.Plotly === undefined")


def test_what_rolls_what_was_open_and_how_far_trips_went_are_drawn_where_there_is_some(stage):
    ratios = {"rolling_sharpe": 1.25, "rolling_sortino": -0.5, "exposure": 500_000.0}
    with stage([day(number, **ratios) for number in range(12)]) as page:
        expect(page.locator(FIGURES)).to_have_count(6)
        expect(page.get_by_role("heading", name="Sharpe and Sortino of the last 20 days")).to_be_visible()
        told = page.get_by_role("img", name="What was open at each close")
        expect(told).to_have_attribute("aria-label", re.compile("₹5,00,000.00 now"))
        expect(page.locator(".week")).to_contain_text("This week")


def test_how_far_each_trip_went_is_asked_for_and_drawn_with_its_table(stage):
    def trip(symbol: str, side: str, adverse: float | None, favourable: float | None, net: float) -> dict[str, Any]:
        reach = {"adverse": adverse, "favourable": favourable}
        return {
            "symbol": symbol,
            "side": side,
            "quantity": 10,
            "closed_at": "2026-06-03T10:15:00+05:30",
            "net": net,
        } | reach

    trips = [trip("INFY", "LONG", -120.0, 300.0, 250.0), trip("TCS", "SHORT", -400.0, 0.0, -380.0)]
    trips.append(trip("SBIN", "LONG", None, None, 5.0))  # of which no bar is stored
    with stage([day(number) for number in range(3)], trips=trips) as page:
        told = page.get_by_role("img", name="How far 2 round trips went")
        expect(told.locator(".point")).to_have_count(2)
        won, lost = traces(page, 4)
        assert (won["x"], won["y"]) == ([120], [300])
        assert (lost["x"], lost["y"]) == ([400], [0])
        assert "<b>TCS</b>" in lost["customdata"][0]
        page.get_by_text("The round trips as a table").click()
        rows = page.get_by_role("table", name="Round trips", exact=True).locator("tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("−₹120.00")
