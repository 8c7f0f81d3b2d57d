"""The browser's own modules, asked in a browser: words for money, the rules of the ticket, late events, bars."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from core import tags
from core.watch import MOST_COLUMNS, Base, Colour, Column, Study
from desk.watch_views import MOST_RECENT
from ui import assets

pytestmark = pytest.mark.browser
ORIGIN = "http://kagaz.test"


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A page whose server is the folder of the modules."""
    context = chromium.new_context(timezone_id="America/New_York", locale="de-DE")

    def serve(route):
        name = route.request.url.rpartition("/")[2]
        file = assets.FOLDER / name
        if name and file.is_file():
            route.fulfill(path=Path(file), content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    context.route(f"{ORIGIN}/**", serve)
    page = context.new_page()
    page.goto(f"{ORIGIN}/")
    yield page
    context.close()


def ask(page: Page, module: str, expression: str, *values: object) -> Any:
    """What the expression, with the module as ``m`` and the values as ``v``, comes to."""
    return page.evaluate(
        f"async (v) => {{ const m = await import('{ORIGIN}/{module}.js'); return {expression}; }}", list(values)
    )


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("m.rupees(99999)", "₹99,999.00"),
        ("m.rupees(100000)", "₹1,00,000.00"),
        ("m.rupees(10000000)", "₹1,00,00,000.00"),
        ("m.rupees(1234567.5)", "₹12,34,567.50"),
        ("m.rupees(-1234.5)", "−₹1,234.50"),
        ("m.rupees(-0.001)", "₹0.00"),
        ("m.rupees(null)", "–"),
        ("m.signed(12.5)", "+12.50"),
        ("m.signed(-12.5)", "−12.50"),
        ("m.signed(0)", "0.00"),
        ("m.percent(-0.42)", "−0.42%"),
        ("m.compact(1234567)", "12.35 L"),
        ("m.compact(32000000)", "3.20 Cr"),
        ("m.average(1541.0025)", "1,541.0025"),
        ("m.average(1541.1)", "1,541.10"),
        ("m.quantity(-75)", "−75"),
        ("m.arrow(-1) + m.arrow(0) + m.arrow(2)", "▼▲"),
    ],
)
def test_money_in_words(page, expression, shown):
    assert ask(page, "money", expression) == shown


@pytest.mark.parametrize(
    ("text", "paise"),
    [
        ("1500.05", 150005),
        ("₹ 1,500", 150000),
        ("12,34,567.5", 123456750),
        ("1500.055", None),
        ("-5", None),
        ("1e3", None),
        ("१५००", None),
        ("", None),
    ],
)
def test_what_a_person_typed(page, text, paise):
    assert ask(page, "money", "m.typed(v[0])", text) == paise


def test_times_are_indian_wherever_the_viewer_is(page):
    assert ask(page, "time", "m.clock('2026-11-23T00:30:05.000+05:30')") == "00:30:05"
    assert ask(page, "time", "m.chartTime('2026-11-23T09:15:00.000+05:30') % 86400") == 9 * 3600 + 15 * 60


TERMS = {"lot": 1, "tick": 0.05, "freeze_quantity": 10_000}
FUTURE = {"lot": 65, "tick": 0.1, "freeze_quantity": 1_800}
QUOTE = {"last_price": 1500, "lower_band": 1350, "upper_band": 1650}
FORM = {"symbol": "NSE:INFY", "side": "BUY", "type": "LIMIT", "quantity": "10", "price": "1500.00", "trigger": ""}


@pytest.mark.parametrize(
    ("change", "terms", "told"),
    [
        ({}, TERMS, None),
        ({"quantity": "0"}, TERMS, "whole number"),
        ({"quantity": "1.5"}, TERMS, "whole number"),
        ({"quantity": "99999999999"}, TERMS, "Ask for less"),
        ({"quantity": "10001"}, TERMS, "10,000 at most"),
        ({"price": "1500.03"}, TERMS, "Try 1,500.00 or 1,500.05"),
        ({"price": ""}, TERMS, "Price is missing"),
        ({"price": "1700"}, TERMS, "between ₹1,350.00 and ₹1,650.00"),
        ({"type": "MARKET", "price": ""}, TERMS, None),
        ({"type": "SL", "trigger": "1510", "price": "1505"}, TERMS, "at or above its trigger"),
        ({"type": "SL-M", "trigger": "1490"}, TERMS, "above the market"),
        ({"type": "SL-M", "trigger": "1510", "side": "SELL"}, TERMS, "below the market"),
        ({"quantity": "2", "inLots": True}, FUTURE, None),
        ({"quantity": "28", "inLots": True}, FUTURE, "1,800 at most"),
        ({"quantity": "64"}, FUTURE, "multiple of the lot, 65"),
        ({"quantity": "28", "inLots": True, "autoslice": True}, FUTURE, None),
        ({"quantity": "28", "inLots": True, "legs": "4"}, FUTURE, None),
    ],
)
def test_the_ticket_s_rules(page, change, terms, told):
    found = ask(page, "ticket_rules", "m.faults(v[0], v[1], v[2])", FORM | change, terms, QUOTE)
    if told is None:
        assert found == []
    else:
        assert told in found[0]["detail"]


@pytest.mark.parametrize(
    ("change", "terms", "sent"),
    [
        ({}, TERMS, {}),
        ({"validity": "TTL", "ttl": "15"}, TERMS, {"validity_ttl": 15}),
        ({"ttl": "15", "disclosed": "5"}, TERMS, {"disclosed_quantity": 5}),
        ({"legs": "4", "disclosed": ""}, TERMS, {"iceberg_legs": 4}),
        ({"validity": "IOC", "legs": "4"}, TERMS, {}),
        ({"type": "MARKET", "protection": "2.5", "legs": "4"}, TERMS, {"market_protection": 2.5}),
        ({"disclosed": "65"}, FUTURE | {"kind": "FUT"}, {}),
        ({"quantity": "28", "inLots": True, "autoslice": True}, FUTURE, {"autoslice": True}),
        ({"quantity": "27", "inLots": True, "autoslice": True}, FUTURE, {}),
    ],
)
def test_the_finer_terms_are_sent_where_they_have_a_use(page, change, terms, sent):
    assert ask(page, "ticket_more", "m.terms_of(v[0], v[1])", FORM | {"validity": "DAY"} | change, terms) == sent


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"validity": "TTL", "ttl": ""}, "1 to 375 minutes"),
        ({"validity": "TTL", "ttl": "376"}, "1 to 375 minutes"),
        ({"disclosed": "0"}, "1 to 10"),
        ({"disclosed": "11"}, "1 to 10"),
        ({"legs": "1"}, "2 to 10 legs"),
        ({"legs": "4", "quantity": "3"}, "2 to 3 legs"),
        ({"type": "MARKET", "protection": "0"}, "Above 0"),
        ({"type": "MARKET", "protection": "100.5"}, "Above 0"),
    ],
)
def test_what_is_wrong_with_the_finer_terms(page, change, told):
    form = FORM | {"validity": "DAY"} | change
    assert told in ask(page, "ticket_more", "m.faults_of(v[0], v[1])", form, TERMS)[0]["detail"]


def test_an_order_above_the_freeze_quantity_makes_whole_orders(page):
    form = FORM | {"quantity": "55", "inLots": True}
    assert ask(page, "ticket_rules", "m.sliced(v[0], v[1])", form, FUTURE) == [1755, 1755, 65]


@pytest.mark.parametrize(
    ("paise", "each", "lot", "units"),
    [(200_000, 1_500, 1, 133), (200_000, 1_500, 75, 75), (100_000, 1_500, 75, 0), (0, 1_500, 1, 0), (200_000, 0, 1, 0)],
)
def test_a_quantity_that_loses_no_more_than_an_amount(page, paise, each, lot, units):
    assert ask(page, "ticket_size", "m.sized(...v)", paise, each, lot) == units


def test_types_and_validities_are_those_that_are_taken(page):
    assert ask(page, "ticket_rules", "m.types(v[0])", {"kind": "CE", "on_stock": True}) == ["LIMIT", "SL"]
    assert ask(page, "ticket_rules", "m.types(v[0])", {"kind": "CE", "on_stock": False}) == ["LIMIT", "MARKET", "SL"]
    assert ask(page, "ticket_rules", "m.validities(v[0])", "SL") == ["DAY", "TTL"]
    assert ask(page, "ticket_rules", "m.validities(v[0])", "MARKET") == ["DAY", "IOC"]


def test_lots_are_sent_as_units_and_prices_as_plain_decimals(page):
    form = FORM | {"symbol": "NFO:NIFTY26NOVFUT", "quantity": "2", "inLots": True, "price": "25,000", "product": "NRML"}
    sent = ask(page, "ticket_rules", "m.wish(v[0], v[1], 'asha/main')", form, FUTURE)
    assert (sent["exchange"], sent["symbol"], sent["quantity"]) == ("NFO", "NIFTY26NOVFUT", 130)
    assert sent["price"] == "25000.00"
    assert "trigger_price" not in sent


def test_an_event_that_comes_late_or_twice_changes_nothing(page):
    row = {"order_id": "7", "account": "asha/main", "status": "COMPLETE", "version": 12}
    assert ask(page, "store", "[m.takeOrder(v[0]), m.takeOrder(v[0]), m.takeOrder({...v[0], version: 11})]", row) == [
        True,
        False,
        False,
    ]


def test_unrealised_moves_with_the_tick_to_the_paisa(page):
    row = {"exchange": "NSE", "symbol": "INFY", "quantity": -20, "last_price": 1551.6, "unrealised": 2.0}
    tick = {"cols": ["symbol", "last_price", "volume"], "rows": [["NSE:INFY", 1551.65, 10]]}
    assert ask(page, "store", "(m.takeTicks(v[0], 1), m.unrealisedOf(v[1]))", tick, row) == 100


def test_a_close_that_is_put_right_moves_the_change_of_the_day(page):
    quotes = {"frame": 1, "items": {"NSE:INFY": {"last_price": 1500.0, "prev_close": 1480.0, "age_ms": 10}}}
    tick = {"cols": ["symbol", "last_price"], "rows": [["NSE:INFY", 1501.0]]}
    row = {"exchange": "NSE", "symbol": "INFY", "prev_close": 1480.0}
    script = """[
      (m.takeQuotes(v[0], 1000), m.quoteOf("NSE:INFY").change),
      (m.takeTicks(v[1], 2000), m.quoteOf("NSE:INFY").change),
      (m.takeTicks({...v[1], closes: {"NSE:INFY": 1490.0}}, 3000), m.quoteOf("NSE:INFY").change),
      m.closeOf(v[2]),
    ]"""
    assert ask(page, "store", script, quotes, tick, row) == [20, 21, 11, 1490]


def test_bars_go_on_with_ticks_and_are_corrected_by_the_exchange(page):
    script = """
      const bars = new m.CandleMaker(v[0], 60);
      const at = Date.parse("2026-11-23T09:16:10+05:30") / 1000;
      bars.tick({last_price: 102, volume: 50}, at);
      bars.tick({last_price: 99, volume: 80}, at + 5);
      bars.tick({last_price: 101, volume: 90}, at + 60);
      const late = bars.tick({last_price: 1, volume: 95}, at);
      bars.settle({start: "2026-11-23T09:17:00.000+05:30", open: 100, high: 103, low: 98, close: 100, volume: 40});
      return [bars.all().map((bar) => [bar.open, bar.high, bar.low, bar.close, bar.volume]), late];
    """
    first = {"start": "2026-11-23T09:15:00.000+05:30", "open": 100, "high": 101, "low": 99, "close": 100, "volume": 7}
    bars, late = ask(page, "candles", f"(() => {{ {script} }})()", [first])
    assert bars == [[100, 101, 99, 100, 7], [102, 102, 99, 99, 30], [100, 103, 98, 100, 40]]
    assert late is None


SENT = """(async () => {
  const bus = await import('http://kagaz.test/bus.js');
  const store = await import('http://kagaz.test/store.js');
  const row = { order_id: v[0], version: 5, status: v[1] };
  let done = false;
  const told = m.moved(row).then(() => (done = true));
  await Promise.resolve();
  await Promise.resolve();
  const atOnce = done;
  store.takeOrder({ ...row, version: 6, status: 'COMPLETE' });
  if (v[2]) bus.emit('order', row);
  await Promise.resolve();
  await Promise.resolve();
  const bySaying = done;
  await told;
  return [atOnce, bySaying];
})()"""


@pytest.mark.parametrize(
    ("order", "status", "told", "when"),
    [
        ("901", "OPEN", True, [False, True]),
        ("902", "OPEN", False, [False, False]),  # a moment later all the same
        ("903", "TRIGGER_PENDING", False, [True, True]),
    ],
)
def test_an_accepted_order_waits_a_moment_for_its_fill(page, order, status, told, when):
    assert ask(page, "ticket_sent", f"await {SENT}", order, status, told) == when


def test_what_follows_a_paint_runs_once_with_or_without_frames(page):
    times = """await (async () => {
      let runs = 0;
      const frames = window.requestAnimationFrame;
      if (v[0]) window.requestAnimationFrame = () => 0;  // as in a tab that nobody sees
      m.afterPaint(() => (runs += 1));
      window.requestAnimationFrame = frames;
      await new Promise((end) => setTimeout(end, 400));
      return runs;
    })()"""
    assert [ask(page, "paint", times, hidden) for hidden in (False, True)] == [1, 1]


def test_what_changes_before_a_frame_is_painted_in_it_at_once_and_takes_no_other_painting_s_place(page):
    script = """await (async () => {
      const painted = [];
      const hear = m.gathered("rows", (keys) => painted.push([...keys]));
      m.nextFrame("rows all", () => painted.push("all"));
      hear(new Set(["A"]));
      hear(new Set(["B", "A"]));
      await new Promise((end) => m.nextFrame("end", end));
      hear(new Set(["C"]));
      await new Promise((end) => m.nextFrame("end", end));
      return painted;
    })()"""
    assert ask(page, "paint", script) == ["all", ["A", "B"], ["C"]]


def candles(*closes: float, volume: int = 100, start: int = 0) -> list[dict[str, float]]:
    """Bars of a minute whose high and low are their close."""
    return [
        {"time": start + 60 * at, "open": close, "high": close, "low": close, "close": close, "volume": volume}
        for at, close in enumerate(closes)
    ]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("m.sma(v[0], 3)", [20, 30, 40]),
        ("m.ema(v[0], 3)", [20, 30, 40]),  # of a straight line both lag by the same
        ("m.sma(v[0], 6)", []),
        ("m.band(v[0], 5, 2)", [30 + 2 * 200**0.5]),
        ("m.band(v[0], 5, -2)", [30 - 2 * 200**0.5]),
        ("m.rsi(v[0], 3)", [100, 100]),
        ("m.macd(v[0], 2, 3)", [5, 5, 5]),  # the slow one lags a straight line by half a step more
        ("m.signal(v[0], 2, 3, 2)", [5, 5]),
    ],
)
def test_lines_over_the_candles(page, expression, values):
    told = ask(page, "chart_studies", f"{expression}.map((point) => point.value)", candles(10, 20, 30, 40, 50))
    assert told == pytest.approx(values)


def test_relative_strength_is_the_share_of_rises_in_the_average_move(page):
    told = ask(page, "chart_studies", "m.rsi(v[0], 2).map((point) => point.value)", candles(10, 12, 11, 11, 14, 14))
    # Rises and falls averaged over two bars: 1 and 0.5, then each halved with half of what is new.
    assert told == pytest.approx([100 * 1 / 1.5, 100 * 0.5 / 0.75, 100 * 1.75 / 1.875, 100 * 1.75 / 1.875])
    assert ask(page, "chart_studies", "m.rsi(v[0], 2)[0].value", candles(10, 10, 10)) == 50


@pytest.mark.parametrize(
    ("span", "at", "begins"),
    [(60, "09:16:59", "09:16"), (1800, "09:44:59", "09:15"), (1800, "09:45:00", "09:45"), (3600, "10:14:59", "09:15"),
     (3600, "09:14:59", "08:15"), (86_400, "15:29:00", "00:00")],
)  # fmt: skip
def test_bars_of_hours_begin_at_the_opening(page, span, at, begins):
    hours, minutes, seconds = map(int, at.split(":"))
    asked = 20_000 * 86_400 + hours * 3600 + minutes * 60 + seconds
    found = ask(page, "candles", "new m.CandleMaker([], v[0]).slot(v[1])", span, asked) % 86_400
    assert f"{found // 3600:02d}:{found % 3600 // 60:02d}" == begins


LIST = {"watchlist_id": "1", "symbols": ["A", "B", "C", "D"], "sections": {"B": "Banks", "C": "Banks", "D": "IT"}}


@pytest.mark.parametrize(
    ("expression", "symbols", "sections"),
    [
        ("m.stepped(v[0], 'B', 1)", "ACBD", {}),
        ("m.stepped(v[0], 'C', 1)", "ABCD", {"C": "IT"}),  # over the heading, and no further
        ("m.stepped(v[0], 'B', -1)", "ABCD", {"B": None}),
        ("m.placed(v[0], 'D', 'B', 'B')", "ADBC", {"D": "Banks"}),
        ("m.placed(v[0], 'A', 'D', 'C')", "BCAD", {"A": "Banks"}),  # dropped on the lower half of C
        ("m.placed(v[0], 'A', 'D', 'D')", "BCAD", {"A": "IT"}),
        ("m.placed(v[0], 'B', null, 'D')", "ACDB", {"B": "IT"}),
        ("m.joined(v[0], 'D', 'Banks')", "ABCD", {"D": "Banks"}),
        ("m.joined(v[0], 'A', 'Banks')", "BCAD", {"A": "Banks"}),
    ],
)
def test_a_row_that_moves_joins_the_section_that_it_comes_to(page, expression, symbols, sections):
    assert ask(page, "watch_sections", expression, LIST) == {"symbols": list(symbols), "sections": sections}


def test_sections_follow_the_order_of_the_rows(page):
    assert ask(page, "lists", "m.runs(v[0])", LIST) == [
        {"name": None, "symbols": ["A"]}, {"name": "Banks", "symbols": ["B", "C"]}, {"name": "IT", "symbols": ["D"]},
    ]  # fmt: skip
    assert ask(page, "watch_sections", "[m.names(v[0]), m.below(v[0], 'C')]", LIST) == [["Banks", "IT"], ["C"]]


def test_what_is_added_joins_the_section_of_the_last_row_wherever_it_once_stood(page):
    add = "(m.append(v[0], v[1]).catch(() => null), [v[0].symbols, m.sectionOf(v[0], v[1])])"
    assert ask(page, "lists", add, LIST, "E") == [["A", "B", "C", "D", "E"], "IT"]
    assert ask(page, "lists", add, LIST, "B") == [["A", "B", "C", "D"], "Banks"]
    loose = {**LIST, "symbols": ["A"]}  # B was taken off before
    assert ask(page, "lists", add, loose, "B") == [["A", "B"], None]


def test_an_alert_sounds_until_it_is_switched_off(page):
    assert len(ask(page, "sound", "m.chime()")) == 2
    assert len(ask(page, "sound", "m.chime(true)")) == 4
    assert ask(page, "sound", "m.turnSounds()") == "Alerts are silent now."
    assert ask(page, "sound", "m.chime()") == []
    assert ask(page, "sound", "[m.turnSounds(), m.chime().length]") == ["Alerts sound now.", 2]


def test_of_alerts_that_come_together_each_is_told_once(page):
    tell = "['1', '2', '1', '2', '3'].map((name) => m.told(localStorage, 'told', name))"
    assert ask(page, "once", tell) == [False, False, True, True, False]


def test_an_average_price_by_volume_begins_anew_each_day_and_is_nothing_without_volume(page):
    days = [*candles(10, 20), *candles(40, start=86_400)]
    days[1]["volume"] = 300
    assert ask(page, "chart_studies", "m.vwap(v[0]).map((point) => point.value)", days) == pytest.approx([10, 17.5, 40])
    assert ask(page, "chart_studies", "m.vwap(v[0])", candles(10, volume=0)) == []


def test_the_days_average_is_of_the_bars_that_make_up_its_volume(page):
    assert ask(page, "day_figures", "m.vwapOf(v[0], 200)", candles(10, 30)) == pytest.approx(20)
    assert ask(page, "day_figures", "m.vwapOf(v[0], 150)", candles(90, 10, 40)) == pytest.approx(30)  # half a bar of 10
    assert ask(page, "day_figures", "m.vwapOf(v[0], 500)", candles(10, 30)) == pytest.approx(20)  # bars are missing
    assert ask(page, "day_figures", "m.vwapOf(v[0], 0)", candles(10, volume=0)) is None


@pytest.mark.parametrize(("days", "of"), [(1, "1-day"), (30, "30-day"), (245, "52-week")])
def test_a_range_says_of_how_many_days_it_is(page, days, of):
    told = ask(page, "day_figures", "m.rangeOf(v[0])", candles(*range(5, 5 + days)))
    assert told == {"low": 5, "high": 4 + days, "of": of}


def test_a_year_s_range_that_was_asked_of_the_market_that_was_left_is_not_shown(page):
    script = """await (async () => {
      const { emit } = await import(v[0] + "/bus.js");
      const [before, calls] = [window.fetch, []];
      window.fetch = () => new Promise((answer) => calls.push(answer));
      const items = (low) => new Response(JSON.stringify({ items: { A: { low, high: 9, days: 30 } } }));
      const answered = async (low, meanwhile) => {
        let drawn = 0;
        const asked = m.wantYears(["A"], () => (drawn += 1));
        while (!calls.length) await new Promise((next) => setTimeout(next));
        meanwhile();
        calls.pop()(items(low));
        await asked;
        return [drawn, m.yearOf("A", {})?.low ?? null];
      };
      const told = [await answered(1, () => emit("market", "replay")), await answered(2, () => {})];
      window.fetch = before;
      return told;
    })()"""
    assert ask(page, "year_ranges", script, ORIGIN) == [[0, None], [1, 2]]


def test_a_margin_call_says_what_to_do_and_later_what_is_done(page):
    call = {"since": "2026-11-26T10:44:47+05:30", "shortfall": 3668.78, "closing_since": None, "closes_at_percent": 80}
    title, words = ask(page, "margin_call", "m.callWords(v[0])", call)
    assert title == "Margin call since 10:44:47 IST"
    assert "short of ₹3,668.78" in words
    assert "At a loss of 80%" in words
    _, words = ask(page, "margin_call", "m.callWords(v[0])", {**call, "closing_since": call["since"]})
    assert "positions closed" in words
    assert "delivery" not in words
    _, words = ask(page, "margin_call", "m.callWords(v[0])", {**call, "delivery_margin": 33_750})
    assert "₹33,750.00 is blocked for the delivery of stock options in the money" in words


@pytest.mark.parametrize(
    ("seconds", "words"), [(45, "45 s"), (720, "12 min"), (11_100, "3 h 5 min"), (90_000, "1 day 1 h"), (None, "–")]
)
def test_how_long_something_was_held(page, seconds, words):
    assert ask(page, "time", "m.span(v[0])", seconds) == words


@pytest.mark.parametrize(
    ("feed", "quote", "rests"),
    [("LIVE", "LIVE", False), ("STALE", "LIVE", False), ("CLOSED", "LIVE", True), ("LIVE", "CLOSED", True)],
)
def test_a_price_of_a_closed_exchange_is_not_old(page, feed, quote, rests):
    set_feed = "(m.state.feed = { state: v[0] }, m.rests({ state: v[1] }))"
    assert ask(page, "store", set_feed, feed, quote) is rests


def test_what_was_not_answered_is_asked_again_under_the_same_key(page):
    script = """(() => { const keys = m.sameKey(); const [a, b] = [keys.of([1]), keys.of([1])]; keys.answered();
      return [a === b, a === keys.of([1]), keys.of([1]) === keys.of([2])]; })()"""
    assert ask(page, "base", script) == [True, False, False]


def test_the_market_watch_and_the_ticket_offer_what_the_server_takes(page):
    assert ask(page, "watch_view", "[Object.keys(m.COLUMNS), m.MOST, m.RECENT]") == [
        [str(each) for each in Column], MOST_COLUMNS, MOST_RECENT,
    ]  # fmt: skip
    assert ask(page, "watch_chooser", "[m.COLOURS, m.BASES.map(([name]) => name)]") == [
        [str(each) for each in Colour], [str(each) for each in Base],
    ]  # fmt: skip
    assert ask(page, "chart_studies", "m.STUDIES.map(([name]) => name)") == [str(each) for each in Study]
    assert ask(page, "ticket_tag", "m.LONGEST") == tags.LONGEST
