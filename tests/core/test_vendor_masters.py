"""Vendors' files of instruments, row by row: what each says, what is left out, and why a row is none."""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.instruments import Kind
from core.vendor_files import LONGEST_RECORD, FileTooLargeError, Told
from core.vendor_masters import UnknownFileError, read
from core.vendor_rows import LeftOut, Problem, Read, VendorRow, Why, named
from core.vendors import Vendor
from tests.vendor_files import TRUEDATA_CSV, UPSTOX_CSV, contract, index, share, upstox

TUESDAY, MONTH = date(2026, 12, 1), date(2026, 12, 29)


def pieces(file: bytes, size: int = 997) -> Iterator[bytes]:
    return (file[at : at + size] for at in range(0, len(file), size))


def rows_of(file: bytes, told: Told | None = None) -> list[Read]:
    return list(read(pieces(file), told or Told())[1])


def one(given: dict[str, Any]) -> Read:
    (row,) = rows_of(upstox(given))
    return row


def only(row: Read) -> VendorRow:
    assert isinstance(row, VendorRow), row
    return row


@pytest.mark.parametrize(
    ("given", "exchange", "symbol", "kind", "terms"),
    [
        (share("RELIANCE", "INE002A01018"), "NSE", "RELIANCE", Kind.EQ, (1, 10, 100_000)),
        (share("SMALLCO", "INE111A01011", series="BE"), "NSE", "SMALLCO-BE", Kind.EQ, (1, 10, 100_000)),
        (share("SMALLCO", "INE111A01011", series="A", exchange="BSE"), "BSE", "SMALLCO", Kind.EQ, (1, 10, 100_000)),
        (share("NIFTYBEES", "INF204KB14I2", tick_size=1.0), "NSE", "NIFTYBEES", Kind.ETF, (1, 1, 100_000)),
        (share("BOSCHLTD", "INE323A01026", tick_size=500.0), "NSE", "BOSCHLTD", Kind.EQ, (1, 500, 100_000)),
        (share("PARTLY", "IN9111A01012"), "NSE", "PARTLY", Kind.EQ, (1, 10, 100_000)),
        (share("INVIT", "INE219X23014"), "NSE", "INVIT", Kind.EQ, (1, 10, 100_000)),
        (index("Nifty 50", "NIFTY"), "NSE", "NIFTY 50", Kind.INDEX, (None, None, None)),
        (index("SENSEX", "SENSEX", "BSE"), "BSE", "SENSEX", Kind.INDEX, (None, None, None)),
        (share("NOFREEZE", "INE111A01011", freeze_quantity=None), "NSE", "NOFREEZE", Kind.EQ, (1, 10, None)),
        (share("ODD", "INE111A01011", lot_size=50, freeze_quantity=49), "NSE", "ODD", Kind.EQ, (50, 10, None)),
    ],
)  # fmt: skip
def test_cash_of_upstox(
    given: dict[str, Any], exchange: str, symbol: str, kind: Kind, terms: tuple[int | None, ...]
) -> None:
    row = only(one(given))
    assert (row.exchange, row.symbol, row.kind) == (exchange, symbol, kind)
    assert (row.lot, row.tick, row.freeze) == terms
    assert row.key == given["instrument_key"]


@pytest.mark.parametrize(
    ("given", "symbol", "strike", "expiry"),
    [
        (contract("NIFTY", TUESDAY, 24000, weekly=True), "NIFTY26D0124000CE", 2_400_000, TUESDAY),
        (contract("NIFTY", MONTH, 27000), "NIFTY26DEC27000CE", 2_700_000, MONTH),
        (contract("ITC", MONTH, 252.5, "PE"), "ITC26DEC252.5PE", 25_250, MONTH),
        (contract("NIFTY", MONTH), "NIFTY26DECFUT", None, MONTH),
        (contract("NIFTY", MONTH, strike_price=None), "NIFTY26DECFUT", None, MONTH),
        (contract("NIFTY", date(2023, 7, 13), 17900, "PE", weekly=True), "NIFTY2371317900PE", 1_790_000,
         date(2023, 7, 13)),
    ],
)  # fmt: skip
def test_contracts_of_upstox_get_this_house_s_symbols(
    given: dict[str, Any], symbol: str, strike: int | None, expiry: date
) -> None:
    row = only(one(given))
    assert named(row, not row.weekly).symbol == symbol
    assert (row.strike, row.expiry, row.exchange) == (strike, expiry, "NFO")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (share("A", "INE111A01011", tick_size=0.05), Why.TICK),  # rupees where paise belong
        (share("A", "INE111A01011", tick_size=25.0), Why.TICK),
        (share("A", "INE111A01011", tick_size="ten"), Why.TICK),
        (share("A", "INE111A01011", lot_size=1.5), Why.LOT),
        (share("A", "INE111A01011", lot_size=True), Why.LOT),
        (share("A", "INE111A01011", lot_size=10**12), Why.LOT),
        (share("", "INE111A01011"), Why.SYMBOL),
        (share("FÖÖ", "INE111A01011"), Why.SYMBOL),
        (share("A", "INE111A01011", instrument_key=None), Why.KEY),
        (share("A", "INE111A01011", instrument_key="INE111A01011"), Why.KEY),
        (contract("NIFTY", MONTH, 24000, strike_price=None), Why.STRIKE),
        (contract("NIFTY", MONTH, 24000, strike_price=24000.123), Why.STRIKE),
        (contract("NIFTY", MONTH, 24000, strike_price=-5), Why.STRIKE),
        (contract("NIFTY", MONTH, 24000) | {"expiry": None}, Why.EXPIRY),
        (contract("NIFTY", MONTH, 24000) | {"expiry": "2026-12-29"}, Why.EXPIRY),
        (contract("NIFTY", MONTH, 24000) | {"expiry": 10**20}, Why.EXPIRY),
        (contract("NIFTY", MONTH, 24000, instrument_type="XE"), Why.KIND),
        (contract("NIFTY", MONTH, 24000, instrument_type="EQ"), Why.KIND),
        (contract("NIFTY", MONTH, 24000, instrument_type=["CE"]), Why.KIND),
    ],
)
def test_rows_that_are_none_say_why(given: dict[str, Any], why: Why) -> None:
    row = one(given)
    assert isinstance(row, Problem)
    assert (row.line, row.why) == (1, why)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"segment": "MCX_FO", "instrument_key": "MCX_FO|584953", "tick_size": 5.0, "lot_size": 10}, "MCX_FO"),
        ({"segment": "NCD_FO", "instrument_key": "NCD_FO|1", "tick_size": 0.25}, "NCD_FO"),
        ({"segment": "GLOBAL_INDEX", "instrument_key": "GLOBAL_INDEX|DOW"}, "GLOBAL_INDEX"),
        (share("71GS2034", "IN0020240019", series="GS"), "bonds, bills and rights"),
        (share("NCD", "INE111A07014", series="N1"), "bonds, bills and rights"),
        (share("RIGHTS", "INE111A20017"), "bonds, bills and rights"),
    ],
)
def test_other_markets_are_left_out(given: dict[str, Any], what: str) -> None:
    assert one(given) == LeftOut(1, what)


def test_an_instant_is_a_date_in_india() -> None:
    row = only(one(contract("NIFTY", MONTH, 24000) | {"expiry": 1793125799000}))
    assert row.expiry == date(2026, 10, 27)


UPSTOX_ROWS = """"BSE_INDEX|SENSEX","1",,"SENSEX","72050.38","",,"",,"INDEX",,"BSE_INDEX"
"BSE_EQ|INE008B01013","524288","AIMCOPEST","AIMCO LTD","119.15",,"0","0.05","1","EQUITY",,"BSE_EQ"
"BSE_FO|1","1","SENSEX24MARFUT","","","2024-03-28","0","0.05","10","FUTIDX","FF","BSE_FO"
"BSE_FO|2","2","SENSEX24322FUT","","","2024-03-22","0","0.05","10","FUTIDX","FF","BSE_FO"
"BSE_FO|3","3","BANKEX24APR52000PE","","","2024-04-29","52000","0.05","15","OPTIDX","PE","BSE_FO"
"BSE_FO|4","4","SENSEX5024FEB23500PE","","","2024-02-29","23500","0.05","25","OPTIDX","PE","BSE_FO"
"BSE_FO|5","5","SENSEX24405FUT","","","2024-04-12","0","0.05","10","FUTIDX","FF","BSE_FO"
"BSE_EQ|NA","6","0IHFL26","0IHFL26","","","0","0.01","1","EQUITY",,"BSE_EQ"
"BCD_FO|7","7","USDINR24DECFUT","USDINR","","2024-12-27","0","0.25","1","FUTCUR","FF","BCD_FO"
"BSE_EQ|INE008B01013","8","X","X","1","","","5.0","1","EQUITY",,"BSE_EQ"
short
"""


def test_the_csv_of_upstox_gives_rupees_and_the_exchange_s_symbols() -> None:
    file = UPSTOX_CSV + UPSTOX_ROWS
    sensex, share_, future, week, option, small, wrong, bond, dollar, paise, short = rows_of(file.encode())
    assert only(sensex).symbol == "SENSEX"
    assert (only(share_).tick, only(share_).isin, only(share_).line) == (5, "INE008B01013", 3)
    assert named(only(future), monthly=True).symbol == "SENSEX24MARFUT"
    assert (only(week).root, only(week).weekly) == ("SENSEX", True)
    assert named(only(week), monthly=False).symbol == "SENSEX24322FUT"
    assert (only(option).root, only(option).strike, only(option).weekly) == ("BANKEX", 5_200_000, False)
    assert only(small).root == "SENSEX50"
    assert isinstance(wrong, Problem)
    assert wrong.why is Why.ROOT
    assert bond == LeftOut(9, "bonds, bills and rights")
    assert dollar == LeftOut(10, "BCD_FO")
    assert only(paise).tick == 500, "five rupees, as it says"
    assert short == Problem(12, Why.UNREADABLE, "IndexError")


TRUEDATA_ROWS = (
    "303000973,NIFTY26120118200CE,CE,,NSE,65,18200,01-12-2026,NIFTY26D118200,NIFTY26120118200CE,X\n"
    "950000072,CRUDEOIL-I,XX,,MCX,100,0,21-09-2026,CRUDEOIL_I,CRUDEOIL_I,X\n"
    "100001262,RELIANCE,EQ,INE002A01018,NSE,1,,,RELIANCE,RELIANCE,X\n"
    "200000001,NIFTY 50,IN,200000001,NSE,,,,,,\n"
    "9,NIFTY-I,XX,,NSE,65,0,29-12-2026,,,\n"
    "10,NIFTY26DECFUT,XX,,NSE,65,0,29-12-2026,,,\n"
    "11,NIFTY26120118200CE,CE,,NSE,65,18200,31-02-2026,,,\n"
    "12,SENSEX26122485000PE,PE,,BSE,20,85000,24-12-2026,,,\n"
)


def test_truedata_s_csv_is_read_by_its_first_columns() -> None:
    call, oil, share_, nifty, going, future, never, sensex = rows_of((TRUEDATA_CSV + TRUEDATA_ROWS).encode())
    assert (only(call).root, only(call).strike, only(call).expiry) == ("NIFTY", 1_820_000, TUESDAY)
    assert (only(call).exchange, only(call).lot, only(call).tick, only(call).weekly) == ("NFO", 65, None, None)
    assert oil == LeftOut(3, "MCX")
    assert (only(share_).isin, only(share_).key) == ("INE002A01018", "RELIANCE")
    assert (only(nifty).kind, only(nifty).isin, only(nifty).lot) == (Kind.INDEX, None, None)
    assert going == LeftOut(6, "continuous futures")
    assert (only(future).root, only(future).kind) == ("NIFTY", Kind.FUT)
    assert isinstance(never, Problem)
    assert never.why is Why.EXPIRY
    assert (only(sensex).exchange, only(sensex).root) == ("BFO", "SENSEX")


def test_truedata_s_json_says_the_same() -> None:
    records = [line.split(",") for line in TRUEDATA_ROWS.splitlines()]
    file = json.dumps({"Records": records}).encode()
    told = Told()
    vendor, rows = read(pieces(file), told)
    assert vendor is Vendor.TRUEDATA
    by_json = [row if isinstance(row, Problem) else type(row) for row in rows]
    by_csv = [
        row if isinstance(row, Problem) else type(row) for row in rows_of((TRUEDATA_CSV + TRUEDATA_ROWS).encode())
    ]
    assert [str(each).replace("line=8", "line=7") for each in by_csv] == [str(each) for each in by_json]
    assert not told.cut


MANY = upstox(*(share(f"S{n}", f"INE{n:04d}01010") for n in range(400)))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_file_cut_in_the_middle_gives_what_it_has_and_says_so(packed: bool, part: float) -> None:
    file = gzip.compress(MANY) if packed else MANY
    told = Told()
    kinds = Counter(type(row) for row in rows_of(file[: int(len(file) * part)], told))
    assert 0 < kinds[VendorRow] < 400
    assert kinds[Problem] <= 1
    assert told.cut
    told = Told()
    assert len(rows_of(file, told)) == 400
    assert not told.cut


def test_a_csv_without_its_last_line_end_is_cut() -> None:
    told = Told()
    rows_of((TRUEDATA_CSV + TRUEDATA_ROWS)[:-1].encode(), told)
    assert told.cut


def test_damaged_compression_ends_the_file() -> None:
    file = bytearray(gzip.compress(MANY))
    file[len(file) // 2] ^= 0xFF
    told = Told()
    rows_of(bytes(file), told)
    assert told.cut


def test_two_members_of_a_gzip_file_are_one_file() -> None:
    half = len(MANY) // 2
    assert len(rows_of(gzip.compress(MANY[:half]) + gzip.compress(MANY[half:]))) == 400


def test_a_bomb_is_refused_before_it_takes_memory() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([packer.compress(b"[" + b" " * (1 << 20)) for _ in range(64)]) + packer.flush()
    assert len(bomb) < 1 << 18
    with pytest.raises(FileTooLargeError, match="longer than 4 MB"):
        list(read(pieces(bomb), Told(), most=4 << 20)[1])


def test_a_record_without_an_end_is_one_problem() -> None:
    endless = b'[{"segment": "' + b"x" * (3 * LONGEST_RECORD) + b'"}, ' + MANY[1:]
    rows = rows_of(endless)
    assert Counter(type(row) for row in rows) == {Problem: 1, VendorRow: 400}


@pytest.mark.parametrize("file", [b"", b"<html>login</html>", b"a,b,c\n1,2,3\n", b"{}", b"\x1f\x8b"])
def test_what_is_no_list_of_instruments_is_refused(file: bytes) -> None:
    with pytest.raises(UnknownFileError, match="no list of instruments"):
        read(pieces(file), Told())


GARBAGE = st.text(max_size=60) | st.binary(max_size=60).map(lambda some: some.decode("latin-1"))
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.lists(st.integers())
FIELDS = sorted(contract("NIFTY", MONTH, 24000) | share("A", "INE111A01011"))


@given(st.lists(GARBAGE, max_size=8))
def test_garbage_between_lines_hides_no_line(garbage: list[str]) -> None:
    lines = TRUEDATA_ROWS.splitlines()
    junk = ["".join(each.splitlines()).replace("\n", " ") for each in garbage]
    file = TRUEDATA_CSV + "".join(f"{line}\n" for pair in zip(lines, junk, strict=False) for line in pair)
    rows = rows_of(file.encode())
    found = [row.key for row in rows if isinstance(row, VendorRow)]
    wanted = [row.key for row in rows_of((TRUEDATA_CSV + "\n".join([*lines[: len(junk)], ""])).encode())
              if isinstance(row, VendorRow)]  # fmt: skip
    assert [key for key in found if key in wanted] == wanted


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6), st.sampled_from(["share", "contract"]))
def test_any_values_give_a_row_or_a_reason(changed: dict[str, Any], which: str) -> None:
    base = share("A", "INE111A01011") if which == "share" else contract("NIFTY", MONTH, 24000)
    file = upstox(base | changed, share("LAST", "INE222B01022"))
    row, last = rows_of(file)
    assert isinstance(row, VendorRow | LeftOut | Problem)
    assert only(last).symbol == "LAST"
    if isinstance(row, VendorRow):
        assert row.tick is None or row.tick in {1, 5, 10, 20, 50, 100, 500}
        assert row.lot is None or row.lot > 0
        assert (row.strike is not None) == (row.kind in (Kind.CE, Kind.PE))


@given(st.binary(max_size=400), st.integers(0, 2000))
def test_any_bytes_in_the_middle_end_in_rows_and_reasons(junk: bytes, at: int) -> None:
    file = MANY[:at] + junk + MANY[at : at + 3000]
    try:
        rows = rows_of(file)
    except UnknownFileError:
        return
    assert all(isinstance(row, VendorRow | LeftOut | Problem) for row in rows)
