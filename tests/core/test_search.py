"""Search as traders type: contracts in words, parts of names, slips, and text that means nothing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import wording
from core.instruments import Instrument, Kind, Segment
from core.search import Search

CASH = [
    ("NSE", "NIFTY 50", "Nifty 50", Kind.INDEX, 100.0, ("nifty",)),
    ("NSE", "NIFTY BANK", "Nifty Bank", Kind.INDEX, 90.0, ("banknifty",)),
    ("NSE", "RELIANCE", "Reliance Industries", Kind.EQ, 50.0, ("ril",)),
    ("NSE", "HDFCBANK", "HDFC Bank", Kind.EQ, 49.0, ()),
    ("NSE", "INFY", "Infosys", Kind.EQ, 30.0, ()),
    ("NSE", "M&M", "Mahindra & Mahindra", Kind.EQ, 20.0, ()),
    ("NSE", "MARUTI", "Maruti Suzuki India", Kind.EQ, 19.0, ()),
    ("NSE", "BAJAJ-AUTO", "Bajaj Auto", Kind.EQ, 18.0, ()),
    ("NSE", "HDFCLIFE", "HDFC Life Insurance Company", Kind.EQ, 10.0, ()),
    ("NSE", "RELAXO", "Relaxo Footwears", Kind.EQ, 0.0, ()),
    ("NSE", "TECHM", "Tech Mahindra", Kind.EQ, 9.0, ()),
    ("NSE", "3MINDIA", "3M India", Kind.EQ, 1.0, ()),
]
EXPIRIES = {"26NOV": date(2026, 11, 23), "26D01": date(2026, 12, 1), "26DEC": date(2026, 12, 29)}
CHAINS = {
    "NIFTY": (1, 24_900, 25_100, 50),
    "BANKNIFTY": (2, 56_000, 56_400, 100),
    "INFY": (5, 1500, 1580, 20),
}


def market() -> tuple[list[Instrument], dict[int, float], dict[int, tuple[str, ...]]]:
    listed = [
        Instrument(n, exchange, symbol, name, kind, 1, 5, 100_000)
        for n, (exchange, symbol, name, kind, _, _) in enumerate(CASH, 1)
    ]
    for root, (under, low, high, step) in CHAINS.items():
        for code, expiry in EXPIRIES.items():
            if code != "26D01":
                symbol = f"{root}{code}FUT"
                listed.append(
                    Instrument(len(listed) + 1, "NFO", symbol, symbol, Kind.FUT, 1, 5, 100, under, expiry=expiry)
                )
            for strike in range(low, high + 1, step):
                for kind in (Kind.CE, Kind.PE):
                    symbol = f"{root}{code}{strike}{kind}"
                    listed.append(
                        Instrument(
                            len(listed) + 1,
                            "NFO",
                            symbol,
                            symbol,
                            kind,
                            1,
                            5,
                            100,
                            under,
                            expiry=expiry,
                            strike=strike * 100,
                        )
                    )
    liquidity = {n: row[4] for n, row in enumerate(CASH, 1)}
    return listed, liquidity, {n: row[5] for n, row in enumerate(CASH, 1)}


LISTED, LIQUIDITY, ALIASES = market()
SEARCH = Search(LISTED, LIQUIDITY, ALIASES)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("INFY", "INFY"),
        ("infy", "INFY"),
        ("  Infosys ", "INFY"),
        ("rel", "RELIANCE"),
        ("RELAXO", "RELAXO"),
        ("ril", "RELIANCE"),
        ("hdfc", "HDFCBANK"),
        ("hdfc bank", "HDFCBANK"),
        ("hdfc life", "HDFCLIFE"),
        ("bank hdfc", "HDFCBANK"),
        ("m&m", "M&M"),
        ("m and m", "M&M"),
        ("mahindra", "M&M"),
        ("tech mah", "TECHM"),
        ("bajaj auto", "BAJAJ-AUTO"),
        ("bajaj-auto", "BAJAJ-AUTO"),
        ("mar", "MARUTI"),
        ("3m", "3MINDIA"),
        ("nifty", "NIFTY 50"),
        ("nifty 50", "NIFTY 50"),
        ("bank nifty", "NIFTY BANK"),
        ("nifty bank", "NIFTY BANK"),
        ("relaince", "RELIANCE"),
        ("infosis", "INFY"),
        ("hdfcbnak", "HDFCBANK"),
        ("ＩＮＦＹ", "INFY"),
        ("nifty 25000 ce", "NIFTY26NOV25000CE"),
        ("25000 ce nifty", "NIFTY26NOV25000CE"),
        ("nifty25000ce", "NIFTY26NOV25000CE"),
        ("NIFTY 25,000 PE", "NIFTY26NOV25000PE"),
        ("nifty 25000 call 1 dec", "NIFTY26D0125000CE"),
        ("nifty 29 dec 25000 put", "NIFTY26DEC25000PE"),
        ("nifty dec 26 fut", "NIFTY26DECFUT"),
        ("nifty dec 2026 future", "NIFTY26DECFUT"),
        ("bank nifty dec fut", "BANKNIFTY26DECFUT"),
        ("banknifty 56200 pe", "BANKNIFTY26NOV56200PE"),
        ("infosys 1520 ce december", "INFY26D011520CE"),
        ("nifty fut", "NIFTY26NOVFUT"),
        ("NIFTY26D01", "NIFTY26D0125000CE"),
        ("nifty26dec25050pe", "NIFTY26DEC25050PE"),
        ("nifty 2495", "NIFTY26NOV24950CE"),
    ],
)
def test_the_first_answer_is_what_was_meant(typed: str, first: str) -> None:
    found = SEARCH.find(typed, 5)
    assert found, typed
    assert found[0].symbol == first


def test_shares_before_the_contracts_on_them() -> None:
    assert [one.symbol for one in SEARCH.find("infy", 3)] == ["INFY", "INFY26NOVFUT", "INFY26DECFUT"]
    symbols = [one.symbol for one in SEARCH.find("nifty ce", 3)]
    assert symbols == ["NIFTY26NOV25000CE", "NIFTY26NOV24950CE", "NIFTY26NOV25050CE"]


def test_a_segment_and_a_limit_are_kept() -> None:
    cash = SEARCH.find("nifty", 50, Segment.CASH)
    assert [one.symbol for one in cash] == ["NIFTY 50", "NIFTY BANK"]
    assert all(one.segment is Segment.DERIVATIVES for one in SEARCH.find("infy", 50, Segment.DERIVATIVES))
    assert SEARCH.find("nifty", 0) == []


@pytest.mark.parametrize("typed", ["", "   ", "₹₹₹", "zzzzzzzz", "🙂", "\x00", "नमस्ते", "%_%", "x" * 10_000])
def test_nothing_is_found_where_nothing_is_meant(typed: str) -> None:
    assert SEARCH.find(typed) == []


def test_an_empty_market_finds_nothing() -> None:
    assert Search([]).find("nifty 25000 ce") == []


@pytest.mark.parametrize(
    ("typed", "name", "slips"),
    [("infy", "infy", 0), ("inf", "infy", 0), ("ifny", "infy", 1), ("infi", "infy", 1), ("inffy", "infy", 1)],
)
def test_slips(typed: str, name: str, slips: int) -> None:
    assert wording.distance(typed, name, 2) == slips


@given(st.text(max_size=80), st.integers(-1, 30), st.sampled_from([None, *Segment]))
def test_no_text_raises_or_answers_twice(typed: str, limit: int, segment: Segment | None) -> None:
    found = SEARCH.find(typed, limit, segment)
    assert len(found) <= max(limit, 0)
    assert len({one.id for one in found}) == len(found)


@given(st.sampled_from(LISTED), st.sampled_from([str.lower, str.upper, str.title]))
def test_every_instrument_is_found_first_by_its_symbol(one: Instrument, spelling: object) -> None:
    assert SEARCH.find(spelling(one.symbol), 1) == [one]  # type: ignore[operator]


@given(st.sampled_from([one for one in LISTED if one.kind is Kind.EQ and len(one.symbol) > 5]), st.data())
def test_one_slip_in_a_long_symbol_is_forgiven(one: Instrument, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(one.symbol) - 2))
    swapped = one.symbol[:at] + one.symbol[at + 1] + one.symbol[at] + one.symbol[at + 2 :]
    assert one in SEARCH.find(swapped, 5)
