"""TrueData's commonest messages, hundreds at a time, straight out of their bytes: no text is made of any field.

A vendor's program writes every trade alike: without its digits one reads as the other. What is left of a message when
its digits are taken out is its shape, and the shape says of which kind it is and where its fields stand. So messages of
one shape are laid end to end, their quotation marks are found, and the digits before each are added up, a column of
hundreds at a time. What the digits could hide (a field too long, too few decimals, a digit where none belongs) is
checked for each message; one that fails is left to ``truedata_columns`` and ``truedata_wire``, which read everything.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from feeds.live import truedata_wire as wire
from feeds.live.truedata_columns import LAYOUTS, LONGEST, LONGEST_COUNT, Ints, Layout, Lot

Bools = npt.NDArray[np.bool_]
DIGITS = b"0123456789"
# Shapes that are remembered, and the letters of one: a vendor has a dozen of a hundred letters each, and whoever sends
# ever new and longer ones fills no memory.
MOST, LONGEST_SHAPE = 256, 2_000
# A list of texts without their digits, of plain letters alone; the one digit that names a kind is gone as well.
_LIKE = re.compile(rb'\{ ?"(?P<kind>trade|bidask|bidaskL)" ?: ?\[ ?"[ !#-\[\]-~]*"(?: ?, ?"[ !#-\[\]-~]*")* ?\] ?\}')
_KINDS = {b"trade": "trade", b"bidask": "bidask", b"bidaskL": "bidaskL2"}
_TIME, _POINT, _QUOTE, _ZERO = b"--T::", b".", ord('"'), ord("0")
_TIME_LENGTH, _ID_LENGTH = 19, 15


class Shape:
    """How messages are written that differ by their digits alone."""

    __slots__ = ("before", "behind", "fields", "gaps", "kind", "layout", "name", "points", "used")

    def __init__(self, kind: str, layout: Layout, parts: Sequence[bytes]) -> None:
        """``parts`` are what stands between the quotation marks, without digits."""
        self.kind, self.layout = kind, layout
        self.name, self.fields = kind.encode(), len(parts) // 2 - 1
        self.before, self.behind = len(parts[0]), len(parts[-1])
        self.gaps = np.array([[len(part)] for part in parts[2:-1:2]], np.int64)
        self.used = np.array([0, *layout.prices, *layout.units, *layout.shown])
        self.points = np.array([[int(parts[3 + 2 * n] == _POINT)] for n in self.used], np.int64)


_known: dict[bytes, Shape] = {}


def of(messages: Sequence[bytes]) -> list[Shape | None]:
    """How each message is written, where it may be read by its shape."""
    bones = [one.translate(None, DIGITS) for one in messages]
    for new in set(bones) - _known.keys():
        # What has no shape, such as an answer with its names, is looked at each time: it takes nobody's place.
        made = _made(new) if len(new) <= LONGEST_SHAPE else None
        if made is not None and len(_known) < MOST:
            _known[new] = made
    return [_known.get(one) for one in bones]


def _made(bones: bytes) -> Shape | None:
    like = _LIKE.fullmatch(bones)
    if like is None:
        return None
    kind, parts = _KINDS[like["kind"]], bones.split(b'"')
    layout, fields = LAYOUTS[kind], parts[3:-1:2]
    if len(fields) < layout.least or fields[0] or fields[1] != _TIME:
        return None
    if any(fields[n] not in (b"", _POINT) for n in layout.prices):
        return None
    return None if any(fields[n] for n in (*layout.units, *layout.shown)) else Shape(kind, layout, parts)


def lots(which: range, messages: Sequence[bytes], likes: Sequence[Shape | None]) -> tuple[list[Lot], list[int]]:
    """What those of the messages say that have a shape, and the numbers of those that must be read otherwise all the
    same. ``ids`` are whole numbers."""
    made, left = [], []
    ours = likes[which.start : which.stop]
    for like in dict.fromkeys(ours):
        if like is not None:
            numbers = [number for number, one in zip(which, ours, strict=True) if one is like]
            lot, bad = _lot(like, numbers, [messages[number] for number in numbers])
            made.append(lot)
            left += bad
    return made, left


def _lot(like: Shape, numbers: Sequence[int], messages: Sequence[bytes]) -> tuple[Lot, list[int]]:
    data = b"".join(messages)
    letters = np.frombuffer(data, np.uint8)
    # A row a quotation mark, a column a message: the numbers below run along the messages.
    marks = np.ascontiguousarray(np.flatnonzero(letters == _QUOTE).reshape(len(messages), -1).T)
    begins, ends = marks[2::2] + 1, marks[3::2]
    good = _is_framed(like, letters, marks, np.fromiter(map(len, messages), np.int64, len(messages)))
    times, timely = _times(letters, begins[1], ends[1])
    at, end = begins[like.used], ends[like.used]
    lengths = end - at
    good &= timely & _fits(like, letters, at, end, lengths)
    values = _values(letters, end, lengths, like.points)
    prices = 1 + len(like.layout.prices)
    values[1:prices] *= 100 - 99 * like.points[1:prices]
    shown = prices + len(like.layout.units)
    for some in (values[1:prices], values[shown:]):
        good &= (some <= wire.HIGHEST).all(axis=0)
    which = np.array(numbers, np.int64)
    if good.all():
        return Lot(like.kind, which, values[0], times, values[1:prices], values[prices:]), []
    whole, kept = values[:, good], which[good]
    return Lot(like.kind, kept, whole[0], times[good], whole[1:prices], whole[prices:]), which[~good].tolist()


def _is_framed(like: Shape, letters: npt.NDArray[np.uint8], marks: Ints, lengths: Ints) -> Bools:
    """Whether no digit stands outside of the fields, and the kind is the one that the shape speaks of."""
    over = np.cumsum(lengths)
    good = (marks[0] - over + lengths == like.before) & (over - marks[-1] - 1 == like.behind)
    good &= marks[1] - marks[0] - 1 == len(like.name)
    good &= letters[marks[1] - 1] == like.name[-1]  # the digit, where a kind ends in one
    return good & (marks[2::2] - marks[1:-1:2] - 1 == like.gaps).all(axis=0)


def _fits(like: Shape, letters: npt.NDArray[np.uint8], at: Ints, end: Ints, lengths: Ints) -> Bools:
    """Whether each number has as many digits as it may, and two behind its point."""
    prices = slice(1, 1 + len(like.layout.prices))
    good = (lengths[0] > 0) & (lengths[0] <= _ID_LENGTH) & (letters[at[0]] != _ZERO)
    most = np.where(like.points, LONGEST, LONGEST - 2)
    good &= ((lengths >= 4 * like.points) & (lengths <= most))[prices].all(axis=0)
    good &= (lengths[prices.stop :] <= LONGEST_COUNT).all(axis=0)
    pointed = np.flatnonzero(like.points)
    return good & (letters[end[pointed] - 3] == ord(".")).all(axis=0)


def _values(letters: npt.NDArray[np.uint8], end: Ints, lengths: Ints, points: Ints) -> Ints:
    """The digits that end before ``end`` as numbers, over a point where one stands before the last two."""
    digits = np.minimum(lengths - points, 18)
    # The longest fields first: a price is shorter than a time in ms, and is done with sooner.
    order = np.argsort(-digits.max(axis=1))
    end, digits, points = end[order], digits[order], points[order]
    longest = digits.max(axis=1)
    sums, weight = np.zeros(end.shape, np.int64), 1
    for place in range(int(longest[0])):
        rows = slice(int(np.count_nonzero(longest > place)))
        at = end[rows] - (1 + place) - (points[rows] if place > 1 else 0)
        found = letters[at] - np.uint8(_ZERO)
        found *= digits[rows] > place
        sums[rows] += np.multiply(found, weight, dtype=np.int64)
        weight *= 10
    out = np.empty_like(sums)
    out[order] = sums
    return out


def _times(letters: npt.NDArray[np.uint8], begins: Ints, ends: Ints) -> tuple[Ints, Bools]:
    """Times of the Indian clock in ms since the epoch, and which of them are such."""
    good = ends - begins == _TIME_LENGTH
    places = np.minimum(begins[:, None] + np.arange(_TIME_LENGTH), len(letters) - 1)
    text = letters[places].view(f"S{_TIME_LENGTH}").ravel()
    # Nearly all that comes together is of one second.
    kinds, which = (text[:1], None) if (text == text[0]).all() else np.unique(text, return_inverse=True)
    times = np.array([_instant(one) for one in kinds.tolist()], np.int64)
    times = np.full(len(text), times[0]) if which is None else times[which]
    return times, good & (times != 0)


def _instant(text: bytes) -> int:
    """As the wire reads it; 0 for what is no time."""
    try:
        return wire.instant(text.decode("latin-1"))
    except ValueError:
        return 0
