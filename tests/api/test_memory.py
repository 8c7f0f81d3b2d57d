"""What is remembered of long watchlists says the same as reading them anew would."""

import json

import pytest

from api.fields import query_fields
from api.parsing import BadInputError, read_object
from api.wishes import Wishes, symbol_list, symbol_words
from web.memory import Memory
from web.texts import storable

NAMES = ",".join(f"NSE:NAME{number}" for number in range(300))


def test_what_was_not_asked_for_the_longest_gives_way() -> None:
    memory: Memory[int, str] = Memory(2)
    memory.keep(1, "one")
    memory.keep(2, "two")
    assert memory.get(1) == "one"
    memory.keep(3, "three")
    assert (memory.get(1), memory.get(2), memory.get(3)) == ("one", None, "three")
    memory.clear()
    assert memory.get(1) is None


def test_a_long_query_is_read_as_a_short_one_twice_in_a_row() -> None:
    raw = f"account=asha%2Fmain&topics=&symbols={NAMES}%26M".encode()
    for _ in range(2):
        fields = query_fields(raw)
        assert fields.may("account", str) == "asha/main"
        assert fields.may("topics", str) == ""
        assert fields.may("symbols", symbol_words) == (*NAMES.split(",")[:-1], "NSE:NAME299&M")
        fields.close()


@pytest.mark.parametrize("rest", ["", "&&a=b", "&", "&a", "&a=%ff", "&a=%00", "&symbols=x", "&a=%ed%a0%80"])
@pytest.mark.parametrize("names", [NAMES, "NSE:INFY"])
def test_length_makes_no_query_more_lenient(names: str, rest: str) -> None:
    raw = f"symbols={names}{rest}".encode()
    for _ in range(2):
        if rest:
            with pytest.raises(BadInputError):
                query_fields(raw).close()
        else:
            assert query_fields(raw).has("symbols")


def test_a_long_message_says_the_same_twice() -> None:
    wishes, text = Wishes(), json.dumps({"symbols": NAMES.split(",")})
    assert wishes.said(text) == wishes.said(text) == (tuple(NAMES.split(",")), None)
    for _ in range(2):
        with pytest.raises(BadInputError):
            wishes.said(text.replace("NSE:NAME7", ""))


@pytest.mark.parametrize("value", ["NSE:INFY", ["NSE:INFY", 7], ["NSE:INFY", ""], ["A" * 81], ["NSE:\nINFY"], [None]])
def test_a_list_with_one_wrong_name_is_wrong(value: object) -> None:
    with pytest.raises(BadInputError):
        symbol_list(value)


def test_a_list_may_be_empty() -> None:
    assert symbol_list([]) == []


@pytest.mark.parametrize(
    ("text", "kept"), [("", True), ("अ ₹ 😀", True), ("a\x00", False), ("₹\x00", False), ("\ud800", False)]
)
def test_what_postgres_cannot_hold_is_known(text: str, kept: bool) -> None:
    assert storable(text) is kept


@pytest.mark.parametrize("text", ['{"a": "\\u0000"}', '{"a": ["\\ud800"]}', '{"\\u0000": 1}', '{"a": [[[[1]]]]}'])
def test_the_short_way_through_a_body_misses_nothing(text: str) -> None:
    with pytest.raises(BadInputError):
        read_object(text.encode())


def test_brackets_within_text_are_no_depth() -> None:
    assert read_object(b'{"note": "[[[[[{{{{{"}') == {"note": "[[[[[{{{{{"}
