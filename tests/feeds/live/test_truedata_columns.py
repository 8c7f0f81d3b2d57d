"""What many messages say together is what each says by itself."""

import json
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.live import truedata_columns as columns
from feeds.live import truedata_shapes as shapes
from feeds.live import truedata_wire as wire
from tests.feeds.test_truedata_wire import ANY, BOOK, KINDS, TRADE

QUOTE = ["9", "2026-11-26T10:15:01", "1.05", "3", "1.10", "4"]
PLAIN: dict[str, list[str]] = {"trade": TRADE, "bidaskL2": BOOK, "bidask": QUOTE}
TEXT = st.text(max_size=10) | st.sampled_from(
    ["", "0", "1", "00012", "1.00", "1.0", "1.", ".5", "1..0", "0.05", "-1", "+1", " 1", "1\n2", "1_0", "٢", "²",
     "2.005", "21474836.47", "21474836.48", "99999999.99", "999999999999999", "9999999999999999", "12345678.90",
     "1e3", "NaN"]
)  # fmt: skip


def together(messages: list[bytes]) -> dict[int, wire.Message]:
    """What was found by number of the message; of those that are left over what the wire says."""
    likes = shapes.of(messages)
    quick, bad = shapes.lots(range(len(messages)), messages, likes)
    left = sorted([*bad, *(number for number, like in enumerate(likes) if like is None)])
    lots, others = columns.lots(list(zip(left, columns.decoded([messages[n] for n in left]), strict=True)))
    singles = [(n, wire.parse(messages[n])) for n in others]
    found: dict[int, wire.Message] = dict(singles)
    for lot in (*quick, *lots):
        assert not found.keys() & set(lot.at.tolist())
        found |= {int(n): one for n, one in zip(lot.at, values(lot), strict=True)}
    return found


def values(lot: columns.Lot) -> list[wire.Message]:
    """The messages of a lot again; of a trade without the quantity of the last one, which nobody asks for."""
    made: list[wire.Message] = []
    for one, at, prices, units in zip(
        map(str, lot.ids), lot.times.tolist(), lot.prices.T.tolist(), lot.units.T.tolist(), strict=True
    ):
        if lot.kind == "trade":
            last, opened, high, low, close, bid, ask = prices
            volume, oi, seq, bids, asks = units
            made.append(wire.Trade(one, at, last, 0, volume, opened, high, low, close, oi, seq, bid, bids, ask, asks))
        elif lot.kind == "bidask":
            made.append(wire.Quote(one, at, prices[0], units[0], prices[1], units[1]))
        else:
            levels = list(zip(prices, units[1:11], units[11:], strict=True))
            made.append(wire.Book(one, at, units[0], tuple(levels[:5]), tuple(levels[5:])))
    return made


def same(one: wire.Message, other: wire.Message) -> bool:
    if isinstance(one, wire.Trade) and isinstance(other, wire.Trade):
        return one._replace(quantity=0) == other._replace(quantity=0)
    return one == other


def written(said: Any, tight: bool = True) -> bytes:
    return json.dumps(said, separators=(",", ":") if tight else None, ensure_ascii=False).encode()


@given(
    st.lists(
        st.sampled_from(sorted(PLAIN)).flatmap(
            lambda kind: st.tuples(
                st.just(kind), st.dictionaries(st.integers(0, len(PLAIN[kind]) - 1), TEXT, max_size=2)
            )
        ),
        max_size=8,
    )
)  # fmt: skip
def test_each_message_means_the_same_beside_any_other(changes: list[tuple[str, dict[int, str]]]) -> None:
    messages = [
        written({kind: [changed.get(n, text) for n, text in enumerate(PLAIN[kind])]}) for kind, changed in changes
    ]
    found = together(messages)
    assert sorted(found) == list(range(len(messages)))
    for number, message in enumerate(messages):
        kind, changed = changes[number]
        fields = [changed.get(n, text) if kind != "trade" or n != 3 else text for n, text in enumerate(PLAIN[kind])]
        # The quantity of the trade, which is not used, may be anything; read alone it is judged nevertheless.
        assert same(found[number], wire.parse(message)) or same(found[number], wire.parse(written({kind: fields})))


@given(st.lists(st.tuples(st.sampled_from(KINDS), ANY) | st.binary(max_size=20), max_size=6))
def test_whatever_comes_is_found_once_and_nothing_raises(said: list[Any]) -> None:
    messages = [one if isinstance(one, bytes) else written({one[0]: one[1]}) for one in said]
    found = together(messages)
    assert sorted(found) == list(range(len(messages)))
    for number, one in found.items():
        if isinstance(one, wire.Odd):
            assert one == wire.parse(messages[number])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(PLAIN)),
            st.booleans(),
            st.lists(
                st.tuples(
                    st.floats(0, 1, exclude_max=True), st.sampled_from([*"0129", *'.:-T", []{}\\', "", "L2", "é"])
                ),
                max_size=2,
            ),
            st.sampled_from(["put in", "put over"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_a_shape_cannot_show_is_seen_all_the_same(
    drawn: list[tuple[str, bool, list[tuple[float, str]], str]],
) -> None:
    """Above all digits where none belong, which are not part of a shape."""
    messages = []
    for kind, tight, changes, how in drawn:
        text = written({kind: PLAIN[kind]}, tight).decode()
        for place, letter in changes:
            at = int(place * len(text))
            text = text[:at] + letter + text[at + (how == "put over") :]
        messages.append(text.encode())
    found = together(messages)
    assert sorted(found) == list(range(len(messages)))
    for number, message in enumerate(messages):
        alone = wire.parse(message)
        if alone in (wire.Odd("not_a_number"), wire.Odd("out_of_range")) and isinstance(found[number], wire.Trade):
            fields = orjson.loads(message)["trade"]
            alone = wire.parse(written({"trade": [*fields[:3], "1", *fields[4:]]}))  # the quantity is not used
        assert same(found[number], alone)


@pytest.mark.parametrize(
    ("kind", "field", "text"),
    [
        ("trade", 2, ".50"), ("trade", 2, "0.50"), ("trade", 2, f"1{20 * '0'}.00"), ("trade", 8, f"1{20 * '0'}"),
        ("trade", 5, f"1{20 * '0'}"), ("trade", 5, "9007199254740993"), ("trade", 1, "2026-13-26T10:15:01"),
        ("trade", 1, "2026-11-26T24:00:00"), ("trade", 1, "1970-01-01T05:30:00"), ("trade", 0, "0100001262"),
        ("trade", 0, "1234567890123456789"), ("bidask", 3, "2147483648"), ("bidaskL2", 35, f"1{20 * '0'}"),
    ],
)  # fmt: skip
def test_edges_of_what_digits_may_say(kind: str, field: int, text: str) -> None:
    fields = list(PLAIN[kind])
    fields[min(field, len(fields) - 1)] = text
    messages = [written({kind: PLAIN[kind]}), written({kind: fields}), written({kind: PLAIN[kind]})]
    found = together(messages)
    assert [same(found[n], wire.parse(one)) for n, one in enumerate(messages)] == [True] * 3


def test_a_kind_of_another_number_is_another_kind() -> None:
    messages = [written({kind: BOOK}) for kind in ("bidaskL2", "bidaskL3", "bidaskL22", "2bidaskL")]
    assert [type(one) for _, one in sorted(together(messages).items())] == [wire.Book, wire.Odd, wire.Odd, wire.Odd]


@pytest.mark.parametrize("kind", sorted(PLAIN))
def test_what_is_written_as_usual_is_read_without_json(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(columns.orjson, "loads")
    messages = [written({kind: PLAIN[kind]})] * 3
    quick, bad = shapes.lots(range(1, 3), messages, shapes.of(messages))
    assert not bad
    assert [lot.at.tolist() for lot in quick] == [[1, 2]]


def test_no_more_shapes_are_remembered_than_a_vendor_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_known", {})
    many = [written({"trade": [*TRADE, "x" * n]}) for n in range(2 * shapes.MOST)]
    likes = shapes.of(many)
    assert len(shapes._known) <= shapes.MOST
    assert any(likes)
    assert len(together(many)) == len(many)


def test_what_has_no_shape_or_a_long_one_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_known", {})
    answers = [written({"success": True, "symbollist": [["x" * n]]}) for n in range(2 * shapes.MOST)]
    long = written({"trade": [*TRADE, "x" * shapes.LONGEST_SHAPE]})
    assert not any(shapes.of([*answers, long]))
    assert not shapes._known
    assert shapes.of([written({"trade": TRADE})])[0] is not None


def test_halves_of_a_message_do_not_become_one() -> None:
    whole = written({"trade": TRADE})
    halves = [whole[:40], whole[40:], b'{"x":1},{"y":2}', whole]
    assert [type(one) for _, one in sorted(together(halves).items())] == [wire.Odd, wire.Odd, wire.Odd, wire.Trade]


def test_a_message_read_alone_keeps_its_place_among_those_read_together() -> None:
    later = [*TRADE[:14], "12346", *TRADE[15:]]
    (lot,), others = columns.lots([(0, {"trade": later})])
    assert not others
    (single,) = columns.gathered([(1, wire.parse(written({"trade": TRADE})))])
    joined = columns.joined(lot._replace(at=np.array([2])), single)
    assert (joined.at.tolist(), joined.units[2].tolist()) == ([1, 2], [12_345, 12_346])
    assert joined.prices.shape == (7, 2)
