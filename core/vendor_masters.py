"""Whatever a vendor's file of instruments is, read by one call: which vendor, which form, and its rows."""

from collections.abc import Iterable, Iterator
from itertools import chain

from core import truedata_master, upstox_master, vendor_files
from core.vendor_files import MOST_BYTES, Told
from core.vendor_rows import Read
from core.vendors import Vendor

_BEGINNING = 4096


class UnknownFileError(ValueError):
    """The file is no list of instruments that this house can read."""


def read(chunks: Iterable[bytes], told: Told, most: int = MOST_BYTES) -> tuple[Vendor, Iterator[Read]]:
    """Whose file it is, and its rows one by one; ``told`` is complete after the last of them.

    Raises UnknownFileError where the beginning fits neither vendor; the rows raise ``FileTooLargeError``.
    """
    pieces = vendor_files.text(vendor_files.plain(chunks, told, most))
    head = ""
    while len(head) < _BEGINNING and (more := next(pieces, None)) is not None:
        head += more
    whole = chain([head], pieces)
    beginning = head[:_BEGINNING].lstrip()
    first = beginning.partition("\n")[0]
    if beginning.startswith("["):
        return Vendor.UPSTOX, upstox_master.from_json(vendor_files.json_records(whole, told))
    if beginning.startswith("{") and '"records"' in beginning.lower():
        return Vendor.TRUEDATA, truedata_master.from_json(vendor_files.json_records(whole, told, "["))
    if "instrument_key" in first:
        return Vendor.UPSTOX, upstox_master.from_csv(vendor_files.csv_records(whole, told))
    if "symbolid" in first.lower():
        return Vendor.TRUEDATA, truedata_master.from_csv(vendor_files.csv_records(whole, told))
    said = f"It begins with {first[:60]!r}." if first else "It is empty."
    raise UnknownFileError(f"This is no list of instruments of Upstox or TrueData, in JSON or CSV. {said}")
