"""What a body and a query may say. Nothing ambiguous passes, and digits stay what they were."""

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import readers
from api.fields import Fields, query_fields
from api.parsing import BadInputError, Number, read_object
from core.reasons import Reason
from web.bodies import LARGEST


@pytest.mark.parametrize(
    ("text", "paise"),
    [
        ("100.1", 10010),
        ("100.10", 10010),
        ("0.29", 29),  # as a float times 100 this is 28.999…
        ("1.15", 115),
        ("4503599627370.25", None),
        ("1500", 150000),
        ("0", 0),
        ("20000000.00", 2_000_000_000),
        ("20000000.01", None),
        ("1500.055", None),
        ("1500.050", None),
        ("-1", None),
        ("+1", None),
        ("1e3", None),
        ("1E3", None),
        ("1.5e2", None),
        ("1_000", None),
        ("1,500", None),
        ("१५००", None),
        ("１５００", None),
        (" 1500", None),
        ("1500 ", None),
        ("1500.", None),
        (".5", None),
        ("", None),
        ("0x10", None),
        ("NaN", None),
        ("Infinity", None),
        ("9" * 400, None),
        ("₹1500", None),
        ("1500\n", None),
    ],
)
def test_a_price_as_text(text, paise):
    if paise is None:
        with pytest.raises(BadInputError):
            readers.price(text)
    else:
        assert readers.price(text) == paise
        assert readers.price(Number(text)) == paise


@given(st.integers(0, 2_000_000_000))
def test_every_price_survives_json(paise):
    text = f"{paise // 100}.{paise % 100:02d}"
    for sent in (text, json.dumps(text)):
        assert readers.price(read_object(f'{{"price": {sent}}}'.encode())["price"]) == paise


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"null",
        b"1",
        b'"text"',
        b"[]",
        b"true",
        b"{",
        b'{"a":1,}',
        b'{"a":1} x',
        b'{"a":1}{"b":2}',
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":0x10}',
        b"{'a':1}",
        b'{"a":"\\ud800"}',
        b'{"a":"\\u0000"}',
        b'{"\\u0000":1}',
        b'{"\\ud800":1}',
        b'{"a":"line\nbreak"}',
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b'{"a":' + b"[" * 30000 + b"]" * 30000 + b"}",
        b'{"a":"' + b"x" * LARGEST + b'"}',
    ],
)
def test_a_body_that_is_refused(body):
    with pytest.raises(BadInputError) as wrong:
        read_object(body)
    assert wrong.value.refusals[0].reason == Reason.BAD_INPUT
    assert len(wrong.value.refusals[0].sentence) < 120


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body):
    with contextlib.suppress(BadInputError):
        assert isinstance(read_object(body), dict)


_ANY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.lists(inner) |
    st.dictionaries(st.text(), inner), max_leaves=20,
)  # fmt: skip


@given(_ANY)
def test_no_value_breaks_a_reader(value):
    names = ("price", "amount", "quantity", "disclosed", "whole", "count", "text", "title", "tag", "symbol")
    for name in (*names, "key", "keys", "key_list", "account", "cursor", "day", "instant"):
        with contextlib.suppress(BadInputError):
            getattr(readers, name)(value)


def test_an_object_keeps_digits_and_words():
    found = read_object(b'{"a":100.10,"b":"x","c":true,"d":null,"e":[1e5,-0]}')
    assert found == {
        "a": Number("100.10"),
        "b": "x",
        "c": True,
        "d": None,
        "e": [Number("1e5"), Number("-0")],
    }


def test_a_text_that_is_never_closed_costs_no_more_than_another():
    """Tried again from each quote in it, the largest body would hold the process for a minute."""
    began = time.process_time()
    for text in ('\\"', '"', '\\\\"', "[{"):
        with pytest.raises(BadInputError):
            read_object(b"[[[[[" + (text * 40_000).encode()[: LARGEST - 10])
    assert time.process_time() - began < 2.0


def test_braces_inside_text_are_no_depth():
    assert read_object(b'{"a":"[[[[[[{{{{{{\\"[["}') == {"a": '[[[[[[{{{{{{"[['}


def test_all_wrong_fields_are_told_at_once():
    fields = Fields({"price": "x", "quantity": True, "colour": "red"})
    fields.need("side", readers.text)
    fields.may("price", readers.price)
    fields.need("quantity", readers.quantity)
    with pytest.raises(BadInputError) as wrong:
        fields.close()
    told = {(each.field, each.reason) for each in wrong.value.refusals}
    assert told == {
        ("side", Reason.MISSING_FIELD),
        ("price", Reason.BAD_INPUT),
        ("quantity", Reason.BAD_INPUT),
        ("colour", Reason.UNKNOWN_FIELD),
    }


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"a=1&a=2", "a"),
        (b"a", None),
        (b"a=%00", None),
        (b"a=%ff", None),
        (b"a=%ed%a0%80", None),
        (b"a=1&&", None),
        (b"a=\xff", None),
        (b"a=" + b"x" * 20000, None),
    ],
)
def test_a_query_that_is_refused(raw, field):
    with pytest.raises(BadInputError) as wrong:
        query_fields(raw)
    assert wrong.value.refusals[0].field == field


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-1-1", "20261123", "2026-11-23T00:00", "२०२६-११-२३", "", "2026-W01-1"]
)
def test_a_date_that_is_none(text):
    with pytest.raises(BadInputError):
        readers.day(text)


@pytest.mark.parametrize("text", ["2026-11-23", "2026-11-23T09:15:00", "now", "0001-01-01T00:00:00+14:00", ""])
def test_a_time_that_is_none(text):
    with pytest.raises(BadInputError):
        readers.instant(text)
