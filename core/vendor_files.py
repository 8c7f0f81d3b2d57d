"""A vendor's file of instruments as records: gzip or plain, JSON or CSV, one record in memory at a time.

The whole file is never held: a list of every contract of the country is a hundred megabytes. A record that cannot
be read is given as Broken and the next one is looked for; where the file ends too early, that is told at the end.
"""

import codecs
import csv
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

MOST_BYTES = 512 << 20
"""The longest file, inflated: whatever is longer is no list of instruments."""
LONGEST_RECORD = 64 << 10
_STEP = 1 << 18
_GZIP = b"\x1f\x8b"
_JSON = json.JSONDecoder()


class FileTooLargeError(ValueError):
    """The file is longer than any list of instruments, so that none of it may be believed."""


@dataclass(frozen=True, slots=True)
class Record:
    """``line`` counts lines of a CSV and records of a JSON list, from 1."""

    line: int
    value: Any


@dataclass(frozen=True, slots=True)
class Broken:
    """What stands where a record should be; ``text`` is its beginning."""

    line: int
    text: str


@dataclass(slots=True)
class Told:
    """What is known once the last record was read: ``cut`` says how the file ended before its end, if it did."""

    cut: str = ""


def plain(chunks: Iterable[bytes], told: Told, most: int = MOST_BYTES) -> Iterator[bytes]:
    """The bytes of a file as they are, or inflated where they are gzip's. Raises FileTooLargeError beyond ``most``."""
    given = iter(chunks)
    first = b""
    while len(first) < len(_GZIP) and (more := next(given, None)) is not None:
        first += more
    whole = chain([first], given)
    total = 0
    for piece in _inflated(whole, told) if first.startswith(_GZIP) else whole:
        total += len(piece)
        if total > most:
            raise FileTooLargeError(f"The file is longer than {most >> 20} MB: no list of instruments is.")
        yield piece


def _inflated(chunks: Iterable[bytes], told: Told) -> Iterator[bytes]:
    """Every member of a gzip file, never more than a step of it at a time."""
    engine = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        left = chunk
        while left:
            if engine.eof:
                if not left.startswith(_GZIP):
                    return  # padding after the last member
                engine = zlib.decompressobj(wbits=31)
            try:
                piece = engine.decompress(left, _STEP)
            except zlib.error:
                told.cut = "its compression is damaged"
                return
            if piece:
                yield piece
            left = engine.unused_data if engine.eof else engine.unconsumed_tail
    # What zlib still keeps back may be much: it leaves by steps as well.
    while not engine.eof and (piece := engine.decompress(b"", _STEP)):
        yield piece
    if not engine.eof:
        told.cut = "its compression ends too early"


def text(pieces: Iterable[bytes]) -> Iterator[str]:
    """Bytes as text; what is not UTF-8 becomes a sign that no symbol holds."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    for piece in pieces:
        if some := decoder.decode(piece):
            yield some
    if rest := decoder.decode(b"", final=True):
        yield rest


def lines(pieces: Iterable[str]) -> Iterator[str]:
    """Lines with their ends, none longer than a record may be: the rest of such a line is a line of its own."""
    kept = ""
    for piece in pieces:
        *whole, kept = (kept + piece).split("\n")
        for line in whole:
            yield from _short(line + "\n")
        if len(kept) > LONGEST_RECORD:
            yield from _short(kept)
            kept = ""
    if kept:
        yield kept


def _short(line: str) -> Iterator[str]:
    return (line[at : at + LONGEST_RECORD] for at in range(0, len(line), LONGEST_RECORD))


def csv_records(pieces: Iterable[str], told: Told) -> Iterator[Record | Broken]:
    """Lists of fields, the header's first. A file whose last line has no end was cut in the middle of it."""
    line = "\n"
    for number, line in enumerate(lines(pieces), 1):
        # Line by line: a quote that is never closed would else swallow the rest of the file.
        try:
            row = next(csv.reader([line.replace("\0", "")], strict=True), [])
        except csv.Error:
            yield Broken(number, line[:80].strip())
            continue
        if row:
            yield Record(number, row)
    if not line.endswith("\n"):
        told.cut = told.cut or "its last line has no end"


def json_records(pieces: Iterable[str], told: Told, opener: str = "{") -> Iterator[Record | Broken]:
    """The members, from 1, of the first list of a file, which begin with ``opener``: a brace, or a list's bracket.

    What cannot be read is skipped up to the next opener. A list whose bracket is never closed was cut.
    """
    given = iter(pieces)
    kept, at, count, ended, begun, damaged = "", 0, 0, False, False, False
    while True:
        while not ended and len(kept) - at < LONGEST_RECORD:
            piece = next(given, None)
            ended = piece is None
            kept, at = kept[at:] + (piece or ""), 0
        if not begun:
            at, begun = kept.find("[") + 1, True
        start = kept.find(opener, at)
        stray = kept[at : len(kept) if start < 0 else start].strip(" \r\n\t,")
        closed = stray.startswith("]")
        if start < 0 and not ended and not closed:
            at = len(kept)
            continue
        if stray and not closed and not damaged:
            count += 1
            yield Broken(count, stray[:80])
        if start < 0:
            told.cut = told.cut or ("" if closed or stray.endswith(("]", "]}")) else "its list is never closed")
            return
        count += 1
        try:
            value, at = _JSON.raw_decode(kept, start)
        except (ValueError, RecursionError):
            yield Broken(count, kept[start : start + 80])
            at, damaged = start + 1, True
            continue
        damaged = False
        yield Record(count, value)
