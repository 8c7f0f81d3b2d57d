"""The files of a recorded day: parts of frames, each record with its length and checksum, so that a torn end shows.

A part begins with ``MAGIC``. A record is a head (bytes of the payload, CRC-32 of all that follows, kind, number and
time of the frame) and its payload, deflated. ``I`` lists the instruments that the frames after it name, as JSON; ``F``
is a frame: its levels, its count of rows, then the rows' bytes column by column, which deflate further than rows
do. The heads alone tell where a frame is, so that going on in the middle of a day reads no frame twice.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import numpy as np

from core.frames import Frame, Rows, row_type

MAGIC = b"kagaz frames 1\n"
SUFFIX = ".frames"
_HEAD = struct.Struct("<II")
_WHAT = struct.Struct("<cqq")
_SHAPE = struct.Struct("<HI")
INSTRUMENTS, FRAME = b"I", b"F"
# Far more than a frame of every instrument there is: a length beyond it is garbage.
LARGEST = 1 << 28


@dataclass(frozen=True, slots=True)
class Identity:
    """An instrument as another installation can know it again, and its terms of price on the recorded date.

    ``id`` is the number that the frames use, ``underlying`` a key like ``key`` (``NSE:INFY``). Paise; 0 is none.
    """

    id: int
    key: str
    kind: str
    isin: str = ""
    underlying: str = ""
    expiry: str = ""
    strike: int = 0
    lot: int = 1
    tick: int = 5
    prev_close: int = 0
    lower: int = 0
    upper: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record of a part; ``number`` and ``exchange_time`` (ms since the epoch) are a frame's."""

    kind: bytes
    number: int
    exchange_time: int
    payload: bytes


@dataclass(slots=True)
class Wounds:
    """What could not be read: ends that were torn off, and frames whose number had been there before."""

    torn: int = 0
    repeated: int = 0


def folder(root: Path, market: str, day: str) -> Path:
    """Where a market's date is kept; whatever a market's name has in it stays one name of a folder a part."""
    parts = [quote(part, safe="").replace(".", "%2E") for part in market.split("/")]
    return root.joinpath(*parts, day)


def instruments_record(identities: Sequence[Identity]) -> bytes:
    """The record that tells what the frames after it name."""
    text = json.dumps([asdict(one) for one in identities], separators=(",", ":"))
    return _record(INSTRUMENTS, 0, 0, text.encode())


def frame_record(frame: Frame) -> bytes:
    """The record of a frame."""
    rows = np.ascontiguousarray(frame.rows)
    columns = rows.view(np.uint8).reshape(len(rows), -1).T.tobytes() if len(rows) else b""
    return _record(FRAME, frame.number, frame.exchange_time, _SHAPE.pack(frame.levels, len(rows)) + columns)


def _record(kind: bytes, number: int, exchange_time: int, content: bytes) -> bytes:
    body = _WHAT.pack(kind, number, exchange_time) + zlib.compress(content, 1)
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def rows_of(record: Record) -> Rows:
    """The rows of a frame's record. Raises ValueError when they are not whole."""
    content = _inflate(record.payload)
    levels, count = _SHAPE.unpack_from(content)
    kind = row_type(levels)
    columns = np.frombuffer(content, np.uint8, offset=_SHAPE.size)
    if columns.size != count * kind.itemsize:
        raise ValueError("not whole rows")
    return np.ascontiguousarray(columns.reshape(kind.itemsize, count).T).view(kind).reshape(count)


def identities_of(record: Record) -> list[Identity]:
    """What an instruments' record lists. Raises ValueError where it is something else."""
    try:
        return [Identity(**one) for one in json.loads(_inflate(record.payload))]
    except TypeError as error:
        raise ValueError("not a list of instruments") from error


def _inflate(payload: bytes) -> bytes:
    engine = zlib.decompressobj()
    try:
        content = engine.decompress(payload, LARGEST)
    except zlib.error as error:
        raise ValueError("not deflated") from error
    if not engine.eof:
        raise ValueError("larger than a frame can be")
    return content


def parts(day: Path) -> list[Path]:
    """The parts of a day, in the order in which they were written."""
    return sorted(day.glob(f"*{SUFFIX}"))


def records(path: Path, wounds: Wounds, after: int = 0) -> Iterator[Record]:
    """The whole records of a part. Frames up to the number ``after`` are passed over unread.

    A record that is cut short or damaged ends the part and is counted, because nothing tells where the next begins.
    """
    with path.open("rb") as file:
        left = os.fstat(file.fileno()).st_size - len(MAGIC)
        if file.read(len(MAGIC)) != MAGIC:
            wounds.torn += 1
            return
        while left:
            record, size = _next(file, left, after)
            left -= size
            if record is None:
                wounds.torn += 1
                return
            if record.kind == INSTRUMENTS or record.number > after:
                yield record


def _next(file: BinaryIO, left: int, after: int) -> tuple[Record | None, int]:
    """The next record and its size; without payload where its frame is to be passed over. None where it is torn."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None, 0
    length, checksum = _HEAD.unpack(head)
    if not _WHAT.size <= length <= min(LARGEST, left - _HEAD.size):
        return None, 0
    what = file.read(_WHAT.size)
    kind, number, exchange_time = _WHAT.unpack(what)
    size = _HEAD.size + length
    if kind == FRAME and number <= after:
        file.seek(length - _WHAT.size, os.SEEK_CUR)
        return Record(kind, number, exchange_time, b""), size
    payload = file.read(length - _WHAT.size)
    if zlib.crc32(payload, zlib.crc32(what)) != checksum or kind not in (INSTRUMENTS, FRAME):
        return None, 0
    return Record(kind, number, exchange_time, payload), size


def write_whole(path: Path, told: dict[str, Any]) -> None:
    """Writes a small file of JSON so that whoever reads it sees the old one or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(told, indent=1), "utf-8")
    fresh.replace(path)
