"""What is taken and what is not: one row a case, as a trader would try it; the number is the rule that says no.

INFY trades at ₹1,500 on a tick of 5 paise between ₹1,350 and ₹1,650. The NIFTY future stands at ₹25,000 on a tick of
10 paise in lots of 65, at most 1,800 in one order; its 25,000 call at ₹120, a call on RELIANCE at ₹40, both without
a band. The date is 23 November 2026 unless a row says otherwise.
"""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.asked import Asked
from core.facts import Facts, MarketFacts, Quote
from core.instruments import Instrument, Kind
from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from core.risk import form
from core.rulebook import in_force
from tests.core.test_charges import NOW as RATES

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
INFY = Instrument(1, "NSE", "INFY", "Infosys", Kind.EQ, 1, 5, 500_000)
NIFTY = Instrument(2, "NSE", "NIFTY 50", "Nifty", Kind.INDEX, 1, 5, 1)
FUTURE = Instrument(3, "NFO", "NIFTY26DECFUT", "Nifty", Kind.FUT, 65, 10, 1_800, 2, expiry=date(2026, 12, 29))
CALL = Instrument(4, "NFO", "NIFTY26DEC25000CE", "Nifty", Kind.CE, 65, 5, 1_800, 2, expiry=date(2026, 12, 29))
RELIANCE = Instrument(5, "NSE", "RELIANCE", "Reliance", Kind.EQ, 1, 10, 500_000)
STOCK_CALL = Instrument(
    6, "NFO", "RELIANCE26DEC1500CE", "Reliance", Kind.CE, 500, 5, 20_000, 5, expiry=date(2026, 12, 29)
)
ENDED = Instrument(7, "NFO", "NIFTY26OCTFUT", "Nifty", Kind.FUT, 65, 10, 1_800, 2, expiry=date(2026, 10, 27))
SILENT = Instrument(8, "NSE", "SILENT", "Silent", Kind.EQ, 1, 5, 500_000)
OLD = Instrument(9, "NSE", "OLD", "Old", Kind.EQ, 1, 5, 500_000)
ALL = {each.id: each for each in (INFY, NIFTY, FUTURE, CALL, RELIANCE, STOCK_CALL, ENDED, SILENT, OLD)}
PRICES = {1: 150_000, 3: 2_500_000, 4: 12_000, 5: 148_000, 6: 4_000, 7: 2_500_000}
BANDS = {1: (135_000, 165_000), 3: (2_250_000, 2_750_000)}

SHARE = {"instrument": INFY, "product": "CNC", "quantity": 100, "price": 1500_00}
NF = {"instrument": FUTURE, "product": "NRML", "quantity": 65, "price": 25_000_00}
CE = {"instrument": CALL, "product": "NRML", "quantity": 65, "price": 120_00}
SO = {"instrument": STOCK_CALL, "product": "NRML", "quantity": 500, "price": 40_00}
MARKET = {"order_type": "MARKET", "price": 0}
IOC, TTL = {"validity": "IOC"}, {"validity": "TTL", "validity_ttl": 15}
STOP = {"order_type": "SL", "price": 1520_00, "trigger_price": 1510_00}
STOP_SELL = {"order_type": "SL", "side": "SELL", "price": 1480_00, "trigger_price": 1490_00}
STOP_MARKET = {"order_type": "SL-M", "price": 0, "trigger_price": 1510_00}
PROGRAM = {"by_program": True, "protection": 0}
BEFORE_PROTECTION = {"on": date(2026, 3, 31)}

TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("a share for delivery", SHARE),
    ("a share for the day", SHARE | {"product": "MIS"}),
    ("a share at the market", SHARE | MARKET),
    ("a share at once or not at all", SHARE | IOC),
    ("a share at the market at once", SHARE | MARKET | IOC),
    ("a share for fifteen minutes", SHARE | TTL),
    ("a share for one minute, the least", SHARE | TTL | {"validity_ttl": 1}),
    ("a share for 375 minutes, the most", SHARE | TTL | {"validity_ttl": 375}),
    ("a stop buy above the market", SHARE | STOP),
    ("a stop sell below the market", SHARE | STOP_SELL),
    ("a stop whose limit is its trigger", SHARE | STOP | {"price": 1510_00}),
    ("a stop for fifteen minutes", SHARE | STOP | TTL),
    ("a stop at market on a share", SHARE | STOP_MARKET),
    ("a tenth disclosed", SHARE | {"disclosed_quantity": 10}),
    ("all disclosed", SHARE | {"disclosed_quantity": 100}),
    ("an iceberg of two legs", SHARE | {"legs": 2}),
    ("an iceberg of ten legs", SHARE | {"legs": 10}),
    ("an iceberg for fifteen minutes", SHARE | TTL | {"legs": 4}),
    ("an iceberg of a lot a leg", NF | {"legs": 3, "quantity": 195}),
    ("an iceberg above the freeze quantity", NF | {"legs": 4, "quantity": 5_265}),
    ("the lower limit itself", SHARE | {"price": 1350_00}),
    ("the upper limit itself", SHARE | {"price": 1650_00}),
    ("1,00,000 shares, the most", SHARE | {"quantity": 100_000}),
    ("27 lots of NIFTY, 1,755 below the freeze quantity of 1,800", NF | {"quantity": 1_755}),
    ("28 lots in slices", NF | {"quantity": 1_820, "autoslice": True}),
    ("ten slices, the most", NF | {"quantity": 17_550, "autoslice": True}),
    ("autoslice of what fits in one order", NF | {"autoslice": True}),
    ("a future for the day", NF | {"product": "MIS"}),
    ("a future at the market", NF | MARKET),
    ("an index option at the market", CE | MARKET),
    ("a stop on an index option", CE | {"order_type": "SL", "trigger_price": 125_00, "price": 130_00}),
    ("a stock option with a limit", SO),
    ("an option at 168, 40 per cent above 120", CE | {"price": 168_00}),
    ("an option sold at 72, 40 per cent below 120", CE | {"side": "SELL", "price": 72_00}),
    ("a stock option at 60, ₹20 above 40", SO | {"price": 60_00}),
    ("a future at 25,500, 2 per cent above", NF | {"price": 25_500_00}),
    ("an option bought far below, which costs nobody", CE | {"price": 10_00}),
    ("an option sold far above", CE | {"side": "SELL", "price": 500_00}),
    (
        "a stop far beyond: it is looked at when it triggers",
        CE | {"order_type": "SL", "trigger_price": 130_00, "price": 300_00},
    ),
    ("an option at 168.05 before there was a protection", CE | {"price": 168_05, "on": date(2025, 11, 28)}),
    ("an option at any price while its last one is old", CE | {"price": 500_00, "age": 60_000}),
    ("a protection of half a per cent", SHARE | MARKET | {"protection": 50}),
    ("a protection of 100 per cent", SHARE | MARKET | {"protection": 10_000}),
    ("a protection of a stop at market", SHARE | STOP_MARKET | {"protection": 200}),
    ("a person's market order without protection", SHARE | MARKET | {"protection": 0}),
    ("a program's market order with automatic protection", SHARE | MARKET | {"by_program": True}),
    ("a program's bare market order before 1 April 2026", SHARE | MARKET | PROGRAM | BEFORE_PROTECTION),
    ("a limit while the price is old", SHARE | {"instrument": OLD, "price": 100_00}),
    ("a limit where there is no price", SHARE | {"instrument": SILENT, "price": 100_00}),
]
REFUSED: list[tuple[int, str, dict[str, Any]]] = [
    (201, "an index", SHARE | {"instrument": NIFTY, "quantity": 1}),
    (202, "a contract after its last day", NF | {"instrument": ENDED}),
    (203, "in a market that is switched off", SHARE | {"running": False}),
    (204, "in a market that is closed", SHARE | {"phase": "CLOSED"}),
    (205, "while the day is closed", SHARE | {"phase": "ROLL"}),
    (206, "at the market where there is no price", SHARE | MARKET | {"instrument": SILENT}),
    (207, "at the market by an old price", SHARE | MARKET | {"instrument": OLD}),
    (207, "a stop by an old price", SHARE | STOP | {"instrument": OLD}),
    (300, "no quantity", SHARE | {"quantity": 0}),
    (300, "less than none", SHARE | {"quantity": -5}),
    (301, "part of a lot", NF | {"quantity": 64}),
    (301, "the freeze quantity of NIFTY, which is no whole lot", NF | {"quantity": 1_800}),
    (301, "a lot and a bit in slices", NF | {"quantity": 1_821, "autoslice": True}),
    (302, "28 lots of NIFTY, 1,820 above the freeze quantity", NF | {"quantity": 1_820}),
    (302, "an option above the freeze quantity", CE | {"quantity": 1_820}),
    (303, "100.07 on a tick of 5 paise", SHARE | {"price": 1400_07}),
    (303, "2,500.05 on a tick of 10 paise", NF | {"price": 25_000_05}),
    (304, "a limit above the upper circuit", SHARE | {"price": 1650_05}),
    (304, "a limit below the lower circuit", SHARE | {"price": 1349_95}),
    (304, "a future beyond its range", NF | {"price": 27_500_10}),
    (305, "a limit without a price", SHARE | {"price": 0}),
    (305, "a stop without a price", SHARE | STOP | {"price": 0}),
    (306, "at the market with a price", SHARE | {"order_type": "MARKET"}),
    (306, "a stop at market with a price", SHARE | STOP_MARKET | {"price": 1520_00}),
    (307, "a stop without a trigger", SHARE | {"order_type": "SL"}),
    (307, "a stop at market without a trigger", SHARE | {"order_type": "SL-M", "price": 0}),
    (308, "a limit with a trigger", SHARE | {"trigger_price": 1510_00}),
    (308, "at the market with a trigger", SHARE | MARKET | {"trigger_price": 1510_00}),
    (309, "a stop buy below the market", SHARE | STOP | {"trigger_price": 1490_00}),
    (309, "a stop buy at the last price", SHARE | STOP | {"trigger_price": 1500_00}),
    (309, "a stop sell above the market", SHARE | STOP_SELL | {"trigger_price": 1510_00}),
    (309, "a stop sell at market above the market", SHARE | STOP_MARKET | {"side": "SELL"}),
    (310, "a stop buy with its limit below the trigger", SHARE | STOP | {"price": 1505_00}),
    (310, "a stop sell with its limit above the trigger", SHARE | STOP_SELL | {"price": 1495_00}),
    (312, "a trigger between two ticks", SHARE | STOP | {"trigger_price": 1510_02}),
    (313, "a trigger above the upper circuit", SHARE | STOP_MARKET | {"trigger_price": 1660_00}),
    (313, "a trigger below the lower circuit", SHARE | STOP_MARKET | {"side": "SELL", "trigger_price": 1300_00}),
    (314, "1,00,001 shares", SHARE | {"quantity": 100_001}),
    (315, "less than a tenth disclosed", SHARE | {"disclosed_quantity": 9}),
    (315, "a tenth of 101, rounded down", SHARE | {"quantity": 101, "disclosed_quantity": 10}),
    (316, "more disclosed than asked for", SHARE | {"disclosed_quantity": 101}),
    (317, "an iceberg of one leg", SHARE | {"legs": 1}),
    (317, "an iceberg of eleven legs", SHARE | {"legs": 11}),
    (318, "legs of less than a share", SHARE | {"quantity": 3, "legs": 4}),
    (318, "legs of less than a lot", NF | {"quantity": 130, "legs": 3}),
    (319, "legs above the freeze quantity", NF | {"quantity": 5_265, "legs": 2}),
    (320, "a protection above 100 per cent", SHARE | MARKET | {"protection": 10_001}),
    (320, "a protection below none", SHARE | MARKET | {"protection": -2}),
    (321, "an option at 168.05, more than 40 per cent above 120", CE | {"price": 168_05}),
    (321, "an option sold at 71.95, more than 40 per cent below", CE | {"side": "SELL", "price": 71_95}),
    (321, "a stock option at 60.05, more than ₹20 above 40", SO | {"price": 60_05}),
    (321, "a future at 25,500.10, more than 2 per cent above", NF | {"price": 25_500_10}),
    (321, "a future sold at 24,499.90", NF | {"side": "SELL", "price": 24_499_90}),
    (400, "a contract for delivery", NF | {"product": "CNC"}),
    (400, "an option for delivery", CE | {"product": "CNC"}),
    (400, "a share carried forward", SHARE | {"product": "NRML"}),
    (401, "a stop at once or not at all", SHARE | STOP | IOC),
    (401, "a stop at market at once or not at all", SHARE | STOP_MARKET | IOC),
    (402, "a stop at market on an index option", CE | {"order_type": "SL-M", "price": 0, "trigger_price": 125_00}),
    (402, "a stop at market on a stock option", SO | {"order_type": "SL-M", "price": 0, "trigger_price": 45_00}),
    (405, "a stock option at the market", SO | MARKET),
    (405, "a stock option at the market, sold", SO | MARKET | {"side": "SELL"}),
    (406, "a program's market order without protection", SHARE | MARKET | PROGRAM),
    (406, "a program's stop at market without protection", SHARE | STOP_MARKET | PROGRAM),
    (407, "a limit with a protection", SHARE | {"protection": 100}),
    (407, "a stop with a protection", SHARE | STOP | {"protection": 100}),
    (408, "at the market for fifteen minutes", SHARE | MARKET | TTL),
    (409, "for some minutes, not said how many", SHARE | TTL | {"validity_ttl": 0}),
    (410, "for the day and for fifteen minutes", SHARE | {"validity_ttl": 15}),
    (410, "at once and for fifteen minutes", SHARE | IOC | {"validity_ttl": 15}),
    (411, "for 376 minutes", SHARE | TTL | {"validity_ttl": 376}),
    (411, "for less than no minutes", SHARE | TTL | {"validity_ttl": -1}),
    (412, "part of a future disclosed", NF | {"quantity": 650, "disclosed_quantity": 65}),
    (412, "part of an option disclosed", CE | {"quantity": 650, "disclosed_quantity": 65}),
    (413, "part disclosed at once or not at all", SHARE | IOC | {"disclosed_quantity": 50}),
    (414, "an iceberg at the market", SHARE | MARKET | {"legs": 4}),
    (414, "an iceberg behind a trigger", SHARE | STOP | {"legs": 4}),
    (415, "an iceberg at once or not at all", SHARE | IOC | {"legs": 4}),
    (416, "an iceberg with a disclosed quantity", SHARE | {"legs": 4, "disclosed_quantity": 50}),
    (417, "an iceberg in slices", SHARE | {"legs": 4, "autoslice": True}),
    (602, "eleven slices", NF | {"quantity": 17_615, "autoslice": True}),
]  # fmt: skip


def asked(given: dict[str, Any]) -> Asked:
    terms = dict(given)
    instrument: Instrument = terms.pop("instrument")
    day, phase, running = terms.pop("on", DAY), terms.pop("phase", "OPEN"), terms.pop("running", True)
    age = terms.pop("age", 200)
    words = {"order_type": OrderType, "product": Product, "validity": Validity}
    for name, word in words.items():
        if name in terms:
            terms[name] = word(terms[name])
    wish = PlaceOrder(
        instrument.id, Side(terms.pop("side", "BUY")), terms.pop("order_type", OrderType.LIMIT), terms.pop("product"),
        terms.pop("quantity"), **terms,
    )  # fmt: skip
    quotes = {number: Quote(price, age) for number, price in PRICES.items()} | {9: Quote(10_000, 60_000)}
    facts = Facts(
        NOON, MarketFacts("sim", phase, running, day, NOON), ALL, RATES, in_force(day), quotes=quotes, bands=BANDS
    )
    return Asked(wish, instrument, facts)


@pytest.mark.parametrize(("why", "given"), TAKEN, ids=[why for why, _ in TAKEN])
def test_taken(why: str, given: dict[str, Any]) -> None:
    assert [str(each) for each in form(asked(given))] == []


@pytest.mark.parametrize(("code", "why", "given"), REFUSED, ids=[why for _, why, _ in REFUSED])
def test_refused(code: int, why: str, given: dict[str, Any]) -> None:
    told = form(asked(given))
    assert [int(each.reason) for each in told] == [code]
    assert told[0].sentence.endswith(".")
    assert 15 <= len(told[0].sentence) <= 200


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (NF | {"quantity": 1_820}, "Send autoslice to place it as 2 orders."),
        (NF | {"quantity": 1_820}, "At most 1,755 of NIFTY26DECFUT in one order (freeze quantity 1,800)."),
        (SHARE | {"price": 1400_07}, "must be a multiple of ₹0.05, not ₹1,400.07. Try ₹1,400.05 or ₹1,400.10."),
        (SHARE | {"price": 1650_05}, "Price ₹1,650.05 is above today's upper circuit limit of ₹1,650.00."),
        (SHARE | {"price": 1349_95}, "Price ₹1,349.95 is below today's lower circuit limit of ₹1,350.00."),
        (SHARE | STOP | {"trigger_price": 1490_00}, "must be above the last price of ₹1,500.00."),
        (SHARE | {"quantity": 1_00_001}, "At most 1,00,000 shares in one order, not 1,00,001."),
        (SHARE | {"disclosed_quantity": 101}, "The disclosed quantity of 101 is greater than the quantity of 100."),
    ],
)
def test_a_refusal_tells_the_numbers(given: dict[str, Any], sentence: str) -> None:
    assert sentence in form(asked(given))[0].sentence


def test_every_rule_of_the_form_has_a_row() -> None:
    codes = {code for code, _, _ in REFUSED}
    assert codes >= set(range(300, 311)) | set(range(312, 322)) | {400, 401, 402} | set(range(405, 418)) | {602}
    assert len(TAKEN) + len(REFUSED) >= 110
