"""What the vendor's text means, and that no text it could send does any harm."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.live import truedata_wire as wire

IST = timezone(timedelta(hours=5, minutes=30))
AT = int(datetime(2026, 11, 26, 10, 15, 1, tzinfo=IST).timestamp() * 1000)
TRADE = [
    "100001262", "2026-11-26T10:15:01", "2450.05", "10", "2449.9912", "1234567", "2440", "2460.50", "2430.00",
    "2445.10", "0", "", "3024690000.25", "", "12345", "2450.00", "100", "2450.05", "200",
]  # fmt: skip
ENTRY = ["RELIANCE", *TRADE[:13], *TRADE[15:]]
BOOK = ["9", "2026-11-26T10:15:01", "77", *("100.05", "10", "2") * 5, *("100.10", "20", "3") * 5, "500", "600"]


def read(**said: Any) -> wire.Message:
    return wire.parse(json.dumps(said))


def test_a_trade_is_exact_to_the_paisa_and_to_the_second() -> None:
    assert read(trade=TRADE) == wire.Trade(
        "100001262", AT, 245_005, 10, 1_234_567, 244_000, 246_050, 243_000, 244_510, 0, 12_345, 245_000, 100, 245_005,
        200,
    )  # fmt: skip


def test_a_login_says_what_the_account_may_have() -> None:
    said = read(
        success=True, message="TrueData Real Time Data Service", segments=["EQ", "FO"], maxsymbols=50,
        subscription="tick+1min", validity="2026-12-31T00:00:00",
    )  # fmt: skip
    assert said == wire.Login(50, ("EQ", "FO"), "tick+1min", "2026-12-31T00:00:00")


@pytest.mark.parametrize("most", [-1, "x", None, True, 1e300, [], "٥٠"])
def test_a_login_without_a_limit_is_no_login(most: Any) -> None:
    assert read(success=True, maxsymbols=most, segments=[]) == wire.Odd("out_of_range")


def test_a_refused_login_is_an_answer_with_its_words() -> None:
    assert read(success=False, message="Invalid User Credentials") == wire.Answer(False, "Invalid User Credentials")


def test_a_symbol_list_gives_names_their_numbers_and_survives_a_bad_entry() -> None:
    said = read(success=True, message="symbols added", symbolsadded=1, symbollist=[ENTRY, ENTRY[:5], "garbage", None])
    assert isinstance(said, wire.Symbols)
    (listed,) = said.listed
    assert (listed.name, listed.trade.symbol_id, listed.trade.last, listed.trade.ask) == (
        "RELIANCE", "100001262", 245_005, 245_005,
    )  # fmt: skip
    assert (listed.trade.seq, said.unread) == (0, 3)


def test_quotes_books_bars_greeks_and_the_closing_auction_are_told_apart() -> None:
    at = "2026-11-26T10:15:01"
    assert read(bidask=["9", at, "1.05", "3", "1.10", "4"]) == wire.Quote("9", AT, 105, 3, 110, 4)
    book = read(bidaskL2=BOOK)
    assert isinstance(book, wire.Book)
    assert (book.seq, book.bids[4], book.asks[0]) == (77, (10_005, 10, 2), (10_010, 20, 3))
    assert read(bar1min=["9", at, "1", "2", "0.5", "1.5", "7", "0"]) == wire.Minutes(
        "9", 1, AT, 100, 200, 50, 150, 7, 0
    )
    assert read(bar5min=["9", at, "1", "2", "0.5", "1.5", "7", "0"]) == wire.Minutes(
        "9", 5, AT, 100, 200, 50, 150, 7, 0
    )
    greeks = read(greeks=["9", at, "0.1834", "-0.5", "-12.25", "0.0001", "9.5", "0"])
    assert isinstance(greeks, wire.Greeks)
    assert greeks.values[:2] == (Decimal("0.1834"), Decimal("-0.5"))
    assert read(casrefprice=["9", "100.05"]) == wire.Reference("reference", ("9", "100.05"))
    assert read(casiclose=["9"]) == wire.Reference("close", ("9",))


def test_a_heartbeat_counts_even_without_a_readable_time() -> None:
    assert read(success=True, message="HeartBeat", timestamp="2026-11-26T10:15:01.250") == wire.Heartbeat(AT + 250)
    assert read(success=True, message="HeartBeat") == wire.Heartbeat(0)


def changed(field: int, value: Any) -> list[Any]:
    return [value if n == field else one for n, one in enumerate(TRADE)]


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        (TRADE[:18], "too_few_fields"),
        (changed(2, 2450.05), "not_text"),
        (changed(0, 100001262), "not_text"),
        (changed(0, ""), "out_of_range"),
        (changed(2, "NaN"), "not_a_number"),
        (changed(2, "1e3"), "not_a_number"),
        (changed(2, "Infinity"), "not_a_number"),
        (changed(2, "٢٤٥٠"), "not_a_number"),
        (changed(2, "２４５０"), "not_a_number"),
        (changed(2, "2,450.05"), "not_a_number"),
        (changed(2, " 2450.05"), "not_a_number"),
        (changed(2, "2450.05\n"), "not_a_number"),
        (changed(2, "1_000"), "not_a_number"),
        (changed(2, "2450.055"), "part_of_a_paisa"),
        (changed(2, "-2450.05"), "out_of_range"),
        (changed(2, "99999999999.00"), "out_of_range"),
        (changed(5, "10.5"), "not_a_number"),
        (changed(5, "-1"), "not_a_number"),
        (changed(5, "9999999999999999"), "out_of_range"),
        (changed(16, "2147483648"), "out_of_range"),
        (changed(1, "2026-11-26 10:15:01"), "not_a_time"),
        (changed(1, "2026-11-26T10:15:01Z"), "not_a_time"),
        (changed(1, "2026-11-26T10:15:01+05:30"), "not_a_time"),
        (changed(1, "2026-13-26T10:15:01"), "not_a_time"),
        (changed(1, "0001-01-01T00:00:00"), "not_a_time"),
        (changed(1, ""), "not_a_time"),
    ],
)
def test_what_is_wrong_with_a_trade_has_a_name(fields: list[Any], what: str) -> None:
    assert read(trade=fields) == wire.Odd(what)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ('{"trade":[NaN]}', "not_json"),
        (b"\xff\xfe", "not_json"),
        ("[" * 5_000, "not_json"),
        ("[]", "not_an_object"),
        ("7", "not_an_object"),
        ("{}", "unknown_message"),
        ('{"marketstatus":"open"}', "unknown_message"),
        ('{"trade":null}', "unknown_message"),
        ('{"trade":{}}', "wrong_shape"),
        ('{"success":"yes"}', "wrong_shape"),
    ],
)
def test_what_is_no_message_has_a_name(text: str | bytes, what: str) -> None:
    assert wire.parse(text) == wire.Odd(what)
    assert what in wire.ODDITIES


def test_fields_that_a_vendor_adds_to_the_end_are_left_alone() -> None:
    assert read(trade=[*TRADE, "new"]) == read(trade=TRADE)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=25) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=30,
)
KINDS = ("trade", "bidask", "bidaskL2", "bar1min", "bar5min", "greeks", "casrefprice", "casiclose", "symbollist")


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_bytes_raise(data: str | bytes) -> None:
    assert isinstance(wire.parse(data), tuple)


@given(st.sampled_from(KINDS), ANY, st.booleans() | st.none() | st.text(max_size=3), ANY)
def test_no_message_raises_and_each_oddity_is_known(kind: str, fields: Any, success: Any, most: Any) -> None:
    said = {kind: fields} | ({} if success is None else {"success": success, "maxsymbols": most, "segments": fields})
    found = wire.parse(json.dumps(said))
    if isinstance(found, wire.Odd):
        assert found.what in wire.ODDITIES


@given(st.lists(st.text(max_size=10) | st.sampled_from(TRADE), min_size=19, max_size=21))
def test_text_in_a_trades_place_gives_a_trade_within_bounds_or_a_name(fields: list[str]) -> None:
    found = read(trade=fields)
    if isinstance(found, wire.Trade):
        assert all(0 <= price <= wire.HIGHEST for price in (found.last, found.open, found.bid, found.ask))
        assert 0 <= found.volume <= wire.MOST
    else:
        assert isinstance(found, wire.Odd)
        assert found.what in wire.ODDITIES


@given(st.integers(0, wire.HIGHEST), st.integers(0, 4))
def test_a_price_comes_back_to_the_paisa(paise: int, zeros: int) -> None:
    text = f"{paise // 100}.{paise % 100:02d}" + "0" * zeros
    assert wire.paise(text) == paise


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_float_as_text_is_exact_or_refused(number: float) -> None:
    text = repr(number)
    found = read(trade=changed(2, text))
    if isinstance(found, wire.Trade):
        assert found.last == Decimal(text) * 100
    else:
        assert isinstance(found, wire.Odd)
        assert found.what in wire.ODDITIES


@given(st.datetimes(datetime(1990, 1, 2), datetime(2100, 1, 1)))  # noqa: DTZ001 - the vendor's have no zone
def test_a_time_is_the_indian_clocks(moment: datetime) -> None:
    read_at = wire.instant(moment.replace(microsecond=0).isoformat())
    assert datetime.fromtimestamp(read_at / 1000, UTC) == moment.replace(microsecond=0, tzinfo=IST)


@given(st.from_regex(r"-?[0-9٣]{0,12}\.?[0-9x]{0,4}", fullmatch=True))
def test_the_quick_way_and_the_exact_way_agree(text: str) -> None:
    found = read(trade=changed(2, text))
    exact = Decimal(text) * 100 if wire._NUMBER.fullmatch(text) else Decimal(0 if not text else -1)
    if exact == int(exact) and 0 <= exact <= wire.HIGHEST:
        assert isinstance(found, wire.Trade)
        assert found.last == exact
    else:
        assert isinstance(found, wire.Odd)
