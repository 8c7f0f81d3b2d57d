"""Vendors' files in a real database: one identity per instrument, dated terms, nothing lost, everything reported."""

import gzip
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.instruments import Kind
from core.reasons import Refusal
from core.vendors import Vendor
from db import masters as store
from db.engine import Database
from db.masters import Loaded
from desk import masters, vendor_masters
from desk.rows import Row
from tests.vendor_files import ALPHA_ISIN, BETA_ISIN, INFY_ISIN, TRUEDATA_CSV, contract, index, share, upstox

TODAY = date(2026, 11, 23)
NEXT = TODAY + timedelta(days=1)
MONTH, QUARTER = date(2026, 12, 29), date(2027, 3, 30)
WEEK = date(2026, 12, 1)


def run_the_market(database: Database) -> None:
    """Switched on and on TODAY, so that the masters are of that date and not of the day on which a test runs."""
    with database.connection() as connection:
        connection.execute("update markets set running = true, trading_date = %s where id = 'sim'", (TODAY,))
    masters.forget(database)


@pytest.fixture(autouse=True)
def on_the_date(database: Database) -> None:
    run_the_market(database)


def pieces(file: bytes) -> Iterator[bytes]:
    return (file[at : at + 5000] for at in range(0, len(file), 5000))


def load(database: Database, *rows: dict[str, Any], on: date = TODAY, **more: Any) -> Row:
    return vendor_masters.load(database, "test.json", pieces(upstox(*rows)), "tester", on=on, **more)


def load_truedata(database: Database, *lines: str, on: date = TODAY) -> Row:
    file = (TRUEDATA_CSV + "".join(f"{line}\n" for line in lines)).encode()
    return vendor_masters.load(database, "test.csv", pieces(file), "tester", on=on)


def quiet(report: Row) -> dict[str, Any]:
    """What a report says has changed."""
    names = ("new", "expired", *vendor_masters.CHANGES, "bad", "held_back", "cut")
    return {name: report[name] for name in names if report[name]}


def terms(database: Database, number: int) -> list[tuple[Any, ...]]:
    with database.connection() as connection:
        return connection.execute(
            "select effective_from, lot from instrument_terms where instrument_id = %s order by 1",
            (number,),
        ).fetchall()


FIRST = (
    index(),
    share("INFY", INFY_ISIN, freeze_quantity=50_000),
    share("ALPHA", ALPHA_ISIN),
    contract("NIFTY", MONTH, 25000, token=1),
    contract("NIFTY", MONTH, token=2, tick_size=10.0),
    contract("NIFTY", WEEK, 25000, "PE", token=3, weekly=True),
    contract("NIFTY", QUARTER, 25000, token=4),
    contract("ALPHA", MONTH, 100, token=5, lot_size=500, underlying_key=f"NSE_EQ|{ALPHA_ISIN}"),
)


def test_a_vendor_s_contract_and_this_house_s_are_one_instrument(database: Database) -> None:
    before = dict(masters.get(database).by_key)
    report = load(database, *FIRST)
    assert quiet(report) == {"new": 3, "freeze_changed": 4}
    master = masters.get(database)
    for key in ("NFO:NIFTY26DEC25000CE", "NFO:NIFTY26DECFUT", "NFO:NIFTY26D0125000PE", "NSE:INFY", "NSE:NIFTY 50"):
        assert master.by_key[key].id == before[key].id
        assert master.by_key[key].house
    far = master.by_key["NFO:NIFTY27MAR25000CE"]
    assert (far.kind, far.expiry, far.strike, far.lot, far.tick) == (Kind.CE, QUARTER, 2_500_000, 65, 5)
    assert far.underlying_id == master.by_key["NSE:NIFTY 50"].id
    assert not far.house
    alpha = master.by_key["NFO:ALPHA26DEC100CE"]
    assert alpha.underlying_id == master.by_key["NSE:ALPHA"].id
    assert alpha.lot == 500
    assert master.by_key["NSE:INFY"].freeze_quantity == 50_000
    assert [one.key for one in master.search("alpha 100 ce")][:1] == ["NFO:ALPHA26DEC100CE"]


def test_the_same_file_again_changes_nothing(database: Database) -> None:
    load(database, *FIRST)
    master = masters.get(database)
    assert quiet(load(database, *FIRST)) == {}
    assert quiet(load(database, *FIRST, on=NEXT)) == {"expired": count_expiring(master, TODAY)}
    assert masters.get(database).by_key.keys() == master.by_key.keys()
    assert [each["actor"] for each in vendor_masters.loads(database)] == ["tester"] * 3


def count_expiring(master: masters.Master, on: date) -> int:
    return sum(one.expiry == on for one in master.listed(on))


def test_two_vendors_name_one_instrument(database: Database) -> None:
    load(database, *FIRST)
    report = load_truedata(
        database,
        f"1,INFY,EQ,{INFY_ISIN},NSE,1,,,,,",
        f"2,ALPHA,EQ,{ALPHA_ISIN},NSE,1,,,,,",
        "3,NIFTY 50,IN,200000001,NSE,,,,,,",
        "4,NIFTY26122925000CE,CE,,NSE,65,25000,29-12-2026,,,",
        "5,NIFTY26120125000PE,PE,,NSE,65,25000,01-12-2026,,,",
        "6,ALPHA261229100CE,CE,,NSE,500,100,29-12-2026,,,",
        "7,NIFTY26DECFUT,XX,,NSE,65,0,29-12-2026,,,",
    )
    assert quiet(report) == {}
    master = masters.get(database)
    by_upstox = vendor_masters.keys_of(database, "upstox", None, TODAY)
    by_truedata = vendor_masters.keys_of(database, "truedata", None, TODAY)
    pairs = {master.by_id[number].key: (by_upstox[number], name) for number, name in by_truedata.items()}
    assert pairs == {
        "NSE:INFY": (f"NSE_EQ|{INFY_ISIN}", "INFY"),
        "NSE:ALPHA": (f"NSE_EQ|{ALPHA_ISIN}", "ALPHA"),
        "NSE:NIFTY 50": ("NSE_INDEX|Nifty 50", "NIFTY 50"),
        "NFO:NIFTY26DEC25000CE": ("NSE_FO|1", "NIFTY26122925000CE"),
        "NFO:NIFTY26D0125000PE": ("NSE_FO|3", "NIFTY26120125000PE"),
        "NFO:ALPHA26DEC100CE": ("NSE_FO|5", "ALPHA261229100CE"),
        "NFO:NIFTY26DECFUT": ("NSE_FO|2", "NIFTY26DECFUT"),
    }
    assert vendor_masters.ids_of(database, "upstox", ["NSE_FO|5", "NSE_FO|99"], TODAY) == {
        "NSE_FO|5": master.by_key["NFO:ALPHA26DEC100CE"].id
    }


def test_truedata_first_gets_weeklies_and_terms_from_this_house(database: Database) -> None:
    load_truedata(
        database,
        "1,NIFTY26120131000CE,CE,,NSE,65,31000,01-12-2026,,,",
        "2,NIFTY26122931000CE,CE,,NSE,65,31000,29-12-2026,,,",
    )
    master = masters.get(database)
    week, month = master.by_key["NFO:NIFTY26D0131000CE"], master.by_key["NFO:NIFTY26DEC31000CE"]
    assert (week.tick, week.freeze_quantity, week.lot) == (5, 1800, 65)
    assert (month.expiry, month.name) == (MONTH, "NIFTY 29 Dec 2026 31000 CE")


def test_a_new_lot_holds_from_its_date(database: Database) -> None:
    load(database, *FIRST)
    number = masters.get(database).by_key["NFO:NIFTY26DEC25000CE"].id
    changed = [row | {"lot_size": 75} if row["instrument_key"] == "NSE_FO|1" else row for row in FIRST]
    report = load(database, *changed, on=NEXT)
    assert report["lot_changed"] == 1
    assert report["examples"]["lot_changed"] == [{"key": "NFO:NIFTY26DEC25000CE", "was": "65", "now": "75"}]
    assert terms(database, number)[-2:] == [(TODAY, 65), (NEXT, 75)]


def test_a_renamed_share_keeps_its_number_and_its_seed(database: Database) -> None:
    load(database, *FIRST)
    was = masters.get(database).by_key["NSE:INFY"]
    renamed = [row | {"trading_symbol": "INFOSYS"} if row.get("isin") == INFY_ISIN else row for row in FIRST]
    report = load(database, *renamed, on=NEXT)
    assert report["examples"]["renamed"] == [{"key": "NSE:INFOSYS", "was": "INFY", "now": "INFOSYS"}]
    master = masters.get(database)
    assert master.by_key["NSE:INFOSYS"].id == was.id
    assert "NSE:INFY" not in master.by_key
    assert master.seed(was.id) is not None
    with database.connection() as connection:
        connection.execute("update master_version set seeded = ''")
    masters.seed(database, TODAY)
    assert "NSE:INFY" not in masters.get(database).by_key, "a later release seeds no second one"
    assert masters.contracts_for(database, date(2027, 1, 4)) > 0
    assert "NFO:INFY27MARFUT" in masters.get(database).by_key


def test_two_shares_may_change_their_symbols_with_each_other(database: Database) -> None:
    one, other = share("ALPHA", ALPHA_ISIN), share("BETA", BETA_ISIN)
    load(database, one, other)
    before = masters.get(database)
    report = load(database, one | {"trading_symbol": "BETA"}, other | {"trading_symbol": "ALPHA"})
    assert quiet(report) == {"renamed": 2}
    after = masters.get(database)
    assert after.by_key["NSE:BETA"].id == before.by_key["NSE:ALPHA"].id
    assert after.by_key["NSE:ALPHA"].id == before.by_key["NSE:BETA"].id


def test_a_new_isin_under_the_old_symbol_is_the_same_share(database: Database) -> None:
    load(database, share("ALPHA", ALPHA_ISIN))
    was = masters.get(database).by_key["NSE:ALPHA"].id
    report = load(database, share("ALPHA", BETA_ISIN), on=NEXT)
    assert report["isin_changed"] == 1
    now = masters.get(database).by_key["NSE:ALPHA"]
    assert (now.id, now.isin) == (was, BETA_ISIN)
    assert vendor_masters.ids_of(database, "upstox", [f"NSE_EQ|{ALPHA_ISIN}"], TODAY) == {f"NSE_EQ|{ALPHA_ISIN}": was}
    assert vendor_masters.ids_of(database, "upstox", [f"NSE_EQ|{ALPHA_ISIN}"], NEXT) == {}
    assert vendor_masters.ids_of(database, "upstox", [f"NSE_EQ|{BETA_ISIN}"], NEXT) == {f"NSE_EQ|{BETA_ISIN}": was}


def test_a_number_used_again_after_expiry_means_another_contract_from_then_on(database: Database) -> None:
    load(database, index(), contract("NIFTY", WEEK, 31000, token=7, weekly=True))
    later = WEEK + timedelta(days=1)
    report = load(database, index(), contract("NIFTY", MONTH, 31000, token=7), on=later)
    assert report["key_reused"] == 1
    assert report["examples"]["key_reused"] == [
        {"key": "NSE_FO|7", "was": "NFO:NIFTY26D0131000CE", "now": "NFO:NIFTY26DEC31000CE"}
    ]
    master = masters.get(database)
    for on, key in ((WEEK, "NFO:NIFTY26D0131000CE"), (later, "NFO:NIFTY26DEC31000CE")):
        assert vendor_masters.ids_of(database, "upstox", ["NSE_FO|7"], on) == {"NSE_FO|7": master.by_key[key].id}


def test_what_leaves_the_file_is_listed_no_more_and_may_come_back(database: Database) -> None:
    load(database, *FIRST)
    shorter = [row for row in FIRST if row.get("isin") != ALPHA_ISIN and "NIFTY" in str(row)]
    report = load(database, *shorter, share("INFY", INFY_ISIN, freeze_quantity=50_000))
    assert report["examples"]["left"] == [
        {"key": "NFO:ALPHA26DEC100CE", "was": None, "now": None},
        {"key": "NSE:ALPHA", "was": None, "now": None},
    ]
    master = masters.get(database)
    alpha = master.by_key["NSE:ALPHA"]
    assert alpha not in list(master.listed(TODAY))
    assert master.by_key["NSE:SBIN"] in list(master.listed(TODAY)), "the seed's own stay, though no file names them"
    assert quiet(load(database, *FIRST)) == {"relisted": 2}
    assert masters.get(database).by_key["NSE:ALPHA"].id == alpha.id


def test_a_cut_file_brings_what_it_has_and_takes_nothing_away(database: Database) -> None:
    many = [share(f"S{n}", f"INE{n:04d}01010") for n in range(200)]
    load(database, *many)
    file = gzip.compress(upstox(*many[::-1]))
    report = vendor_masters.load(database, "cut.gz", pieces(file[: len(file) // 2]), "tester", on=TODAY)
    assert report["cut"]
    assert 0 < report["held_back"]["NSE"] < 200
    assert report["left"] == 0


def test_a_file_that_lacks_too_much_takes_nothing_away(database: Database) -> None:
    many = [share(f"S{n}", f"INE{n:04d}01010") for n in range(300)]
    load(database, *many)
    report = load(database, *many[:100])
    assert (report["left"], report["held_back"]) == (0, {"NSE": 200})
    report = load(database, *many[:260])
    assert (report["left"], report["held_back"]) == (40, {})


def test_rows_that_contradict_each_other_are_told(database: Database) -> None:
    report = load(
        database,
        share("ALPHA", ALPHA_ISIN),
        share("ALPHA", BETA_ISIN),
        share("OTHER", ALPHA_ISIN),
        contract("NOBODY", MONTH, 100, token=9),
        contract("NIFTY", MONTH, 25000, token=1, tick_size=0.05),
    )
    assert report["bad"] == {"twice": 2, "underlying": 1, "tick": 1}
    assert {each["line"] for each in report["examples"]["bad"]} == {2, 3, 4, 5}
    assert report["new"] == 1


def test_a_symbol_of_one_that_has_left_goes_to_whoever_bears_it_now(database: Database) -> None:
    load(database, share("ALPHA", ALPHA_ISIN), share("OTHER", "INE333C01013"))
    was = masters.get(database).by_key["NSE:ALPHA"].id
    load(database, share("OTHER", "INE333C01013"), on=NEXT)
    load(database, share("OTHER", "INE333C01013"), share("ALPHA", BETA_ISIN), on=NEXT + timedelta(days=1))
    master = masters.get(database)
    assert master.by_key["NSE:ALPHA"].isin == BETA_ISIN
    assert master.by_key["NSE:ALPHA"].id != was
    assert master.by_id[was].symbol == f"ALPHA.{was}"


def test_a_moved_expiry_is_the_same_contract(database: Database) -> None:
    load(database, index(), contract("NIFTY", MONTH, 31000, token=1))
    was = masters.get(database).by_key["NFO:NIFTY26DEC31000CE"].id
    moved = MONTH - timedelta(days=1)
    report = load(database, index(), contract("NIFTY", moved, 31000, token=1))
    assert quiet(report) == {"expiry_moved": 1}
    now = masters.get(database).by_key["NFO:NIFTY26DEC31000CE"]
    assert (now.id, now.expiry) == (was, moved)


def test_the_generator_takes_in_what_a_file_has_listed(database: Database) -> None:
    load(database, index(), contract("NIFTY", MONTH, 31000, token=1))
    assert not masters.get(database).by_key["NFO:NIFTY26DEC31000CE"].house
    nifty = masters.get(database).by_key["NSE:NIFTY 50"].id
    masters.contracts_for(database, TODAY, {nifty: 31_000_00})
    assert masters.get(database).by_key["NFO:NIFTY26DEC31000CE"].house


def test_only_what_changed_is_read_again(database: Database) -> None:
    load(database, *FIRST)
    before = masters.get(database)
    load(database, *FIRST, share("BETA", BETA_ISIN))
    after = masters.get(database)
    assert after is not before
    assert after.by_id[before.by_key["NSE:ALPHA"].id] is before.by_key["NSE:ALPHA"]
    fresh = masters.Master(after.on, _whole(database, after.on), after.calendars, [])
    assert fresh.by_id == after.by_id
    assert list(fresh.by_id) == list(after.by_id)
    assert fresh.by_key == after.by_key


def _whole(database: Database, on: date) -> Loaded:
    with database.connection() as connection:
        return store.load(connection, on)


def test_a_file_of_another_vendor_or_of_nothing_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="is a file of upstox, not of truedata"):
        load(database, *FIRST, vendor=Vendor.TRUEDATA)
    page = tmp_path / "page.html"
    page.write_text("<html>")
    with pytest.raises(Refusal, match="no list of instruments"):
        vendor_masters.load_file(database, page, "tester")
    with pytest.raises(Refusal, match="cannot be read"):
        vendor_masters.load_file(database, tmp_path / "none", "tester")
    assert vendor_masters.loads(database) == []
