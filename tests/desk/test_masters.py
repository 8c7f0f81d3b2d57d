"""The masters in a real database: seeded once however often, loaded whole, and noticed when they change."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from core.calendar import CalendarDay, DayKind
from core.charges import ChargeSegment, heads
from core.contracts import share_tick
from core.instruments import DERIVATIVES, Kind, Segment
from core.orders import Side
from core.sessions import Board
from db import masters as store
from db.engine import Database
from db.masters import Listing
from desk import masters

TODAY = date(2026, 11, 22)


@pytest.fixture
def seeded(clean_database: Database) -> Database:
    masters.seed(clean_database, TODAY)
    return clean_database


@pytest.fixture
def on_today(seeded: Database) -> masters.Master:
    return as_of(seeded, TODAY)


def as_of(database: Database, on: date) -> masters.Master:
    """The masters of a date, whatever day the test runs on: a running market says which."""
    with database.connection() as connection:
        connection.execute("delete from markets where id = 'test'")
        connection.execute(
            "insert into markets (id, feed, session, running, trading_date)"
            " values ('test', 'simulator', 'always', true, %s)",
            (on,),
        )
    masters.forget(database)
    return masters.get(database)


def counts(database: Database) -> list[int]:
    tables = ("instruments", "instrument_terms", "calendar_days", "charge_rates")
    with database.connection() as connection:
        rows = [connection.execute(f"select count(*) from {table}").fetchone() for table in tables]
        version = connection.execute("select version from master_version").fetchone()
    return [row[0] for row in (*rows, version) if row is not None]


def test_the_seed_is_a_market_one_can_trade(on_today: masters.Master) -> None:
    kinds = Counter(one.kind for one in on_today.listed())
    assert kinds[Kind.INDEX] == 8
    assert kinds[Kind.EQ] + kinds[Kind.ETF] >= 80
    assert len({one.underlying_id for one in on_today.listed() if one.kind is Kind.FUT}) >= 12
    shares = {one.underlying_id for one in on_today.listed() if one.kind is Kind.CE}
    assert len([number for number in shares if on_today.by_id[number or 0].kind is Kind.EQ]) >= 10
    for one in on_today.listed():
        assert on_today.by_key[one.key] is one
        if one.kind in DERIVATIVES:
            assert one.freeze_quantity >= one.lot
            assert one.segment is Segment.DERIVATIVES
        else:
            row = on_today.seed(one.id)
            assert row is not None
            assert one.kind is Kind.INDEX or (one.tick == share_tick(row.price) and row.price % one.tick == 0)


def test_the_nifty_contracts_of_this_week(on_today: masters.Master) -> None:
    nifty = on_today.by_key["NSE:NIFTY 50"]
    chain = on_today.chain(nifty.id)
    assert [f"{one.expiry}" for one in chain if one.kind is Kind.FUT] == [
        "2026-11-23",
        "2026-12-29",
        "2027-01-25",
    ]
    expiries = sorted({one.expiry for one in chain if one.kind is Kind.CE if one.expiry})
    assert [day.isoformat() for day in expiries] == [
        "2026-11-23",
        "2026-12-01",
        "2026-12-08",
        "2026-12-15",
        "2026-12-22",
        "2026-12-29",
    ]
    call = on_today.by_key["NFO:NIFTY26NOV25000CE"]
    assert (call.lot, call.tick, call.freeze_quantity, call.strike) == (65, 5, 1800, 2_500_000)
    assert on_today.by_key["NSE:INFY"].tick == 10
    assert on_today.by_key["BFO:SENSEX26NOVFUT"].expiry == date(2026, 11, 26)


def test_seeding_again_changes_nothing(seeded: Database) -> None:
    before = counts(seeded)
    masters.seed(seeded, TODAY)
    assert counts(seeded) == before
    forget_the_seed(seeded)
    masters.seed(seeded, TODAY)
    assert counts(seeded) == before


def forget_the_seed(database: Database) -> None:
    """As if a release with other files starts."""
    with database.connection() as connection:
        connection.execute("update master_version set seeded = ''")


def test_a_release_with_other_files_adds_what_is_missing(seeded: Database) -> None:
    before = counts(seeded)
    with seeded.connection() as connection:
        connection.execute("delete from charge_rates where plan = (select min(plan) from charge_rates)")
    masters.seed(seeded, TODAY)
    missing = counts(seeded)
    masters.seed(seeded, TODAY)
    assert counts(seeded) == missing, "what was seeded is not asked about twice"
    forget_the_seed(seeded)
    masters.seed(seeded, TODAY)
    assert counts(seeded) == [*before[:-1], before[-1] + 1]


def test_another_date_lists_its_contracts(seeded: Database) -> None:
    before = counts(seeded)
    masters.seed(seeded, date(2026, 12, 28))
    assert counts(seeded) > before


def test_two_may_seed_at_once(clean_database: Database) -> None:
    start = threading.Barrier(4)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            start.wait()
            masters.seed(clean_database, TODAY)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    together = counts(clean_database)
    masters.seed(clean_database, TODAY)
    assert counts(clean_database) == together


def test_a_moved_price_adds_strikes_and_takes_none_away(seeded: Database, on_today: masters.Master) -> None:
    nifty = on_today.by_key["NSE:NIFTY 50"]
    assert "NFO:NIFTY26DEC27000CE" not in on_today.by_key
    added = masters.contracts_for(seeded, TODAY, {nifty.id: 26_000_00})
    assert added == 6 * 20 * 2
    after = as_of(seeded, TODAY)
    assert "NFO:NIFTY26DEC27000CE" in after.by_key
    assert after.by_id.items() >= on_today.by_id.items()
    assert masters.contracts_for(seeded, TODAY, {nifty.id: 26_000_00}) == 0


def test_expired_contracts_stay_known_but_are_listed_no_more(seeded: Database) -> None:
    masters.contracts_for(seeded, date(2026, 11, 24))
    after = as_of(seeded, date(2026, 11, 24))
    gone = after.by_key["NFO:NIFTY26NOVFUT"]
    assert gone not in list(after.listed())
    assert gone not in after.chain(gone.underlying_id or 0)
    assert gone not in after.search("NIFTY26NOVFUT")
    assert "NFO:NIFTY27FEBFUT" in after.by_key
    with seeded.connection() as connection:
        row = connection.execute("select listed_to from instruments where id = %s", (gone.id,)).fetchone()
    assert row == (date(2026, 11, 23),)


def test_terms_follow_their_date(seeded: Database) -> None:
    with seeded.connection() as connection:
        connection.execute(
            "insert into instrument_terms select id, '2026-12-01', 1, 50, 5000 from instruments where symbol = 'INFY'"
        )
    assert as_of(seeded, date(2026, 11, 30)).by_key["NSE:INFY"].tick == 10
    changed = as_of(seeded, date(2026, 12, 1)).by_key["NSE:INFY"]
    assert (changed.tick, changed.freeze_quantity) == (50, 5000)
    assert as_of(seeded, date(1990, 1, 1)).by_key["NSE:INFY"].tick == 10


def test_a_change_is_noticed_and_what_has_not_changed_is_the_same_object(seeded: Database) -> None:
    first = as_of(seeded, TODAY)
    masters.forget(seeded)
    assert masters.get(seeded) is first
    sudden = CalendarDay(date(2026, 11, 25), DayKind.HOLIDAY, "announced last night")
    with seeded.connection() as connection:
        store.put_calendar_day(connection, "NSE", sudden)
        store.raise_version(connection)
    masters.forget(seeded)
    second = masters.get(seeded)
    assert first.calendar.is_trading_date(sudden.day)
    assert not second.calendar.is_trading_date(sudden.day)
    assert second.calendar.under("always").is_trading_date(sudden.day)


def test_a_database_that_is_busy_gets_the_last_known_masters(seeded: Database) -> None:
    with Database(seeded.url, pool_size=1, patience=0.05) as narrow:
        known = masters.get(narrow)
        masters.forget(narrow)
        with narrow.connection():
            assert masters.get(narrow) is known


def test_rates_are_those_of_the_date(on_today: masters.Master) -> None:
    now, before = on_today.rates(TODAY), on_today.rates(date(2026, 3, 31))
    assert heads(now, ChargeSegment.DELIVERY, Side.BUY, 7_500_000).total == 8_906
    assert heads(now, ChargeSegment.OPTIONS, Side.SELL, 900_000).stt == 1_400
    assert heads(before, ChargeSegment.OPTIONS, Side.SELL, 900_000).stt == 900
    assert on_today.rates(TODAY) is now


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("infy", "NSE:INFY"),
        ("rel", "NSE:RELIANCE"),
        ("hdfc bank", "NSE:HDFCBANK"),
        ("nifty", "NSE:NIFTY 50"),
        ("banknifty", "NSE:NIFTY BANK"),
        ("sensex", "BSE:SENSEX"),
        ("zomato", "NSE:ETERNAL"),
        ("relianec", "NSE:RELIANCE"),
        ("nifty 25000 ce", "NFO:NIFTY26NOV25000CE"),
        ("nifty 25000 pe 8 dec", "NFO:NIFTY26D0825000PE"),
        ("bank nifty dec fut", "NFO:BANKNIFTY26DECFUT"),
        ("reliance fut", "NFO:RELIANCE26NOVFUT"),
        ("NIFTY26D0125000CE", "NFO:NIFTY26D0125000CE"),
    ],
)
def test_search_over_the_seed(on_today: masters.Master, typed: str, key: str) -> None:
    found = on_today.search(typed, limit=5)
    assert found
    assert found[0].key == key


def test_search_keeps_to_a_segment(on_today: masters.Master) -> None:
    assert {one.segment for one in on_today.search("reliance", segment="DERIVATIVES")} == {Segment.DERIVATIVES}
    assert {one.segment for one in on_today.search("nifty", segment=Segment.CASH)} == {Segment.CASH}
    assert on_today.search("nifty", segment="MOON") == []


def test_many_instruments_are_listed_by_one_copy(seeded: Database) -> None:
    listing = masters._listing(masters.seed_rows()["NSE:INFY"])
    with seeded.connection() as connection:
        many = [replace(listing, symbol=f"T{number}", isin=None) for number in range(20_000)]
        assert store.insert(connection, many) == 20_000
        assert store.insert(connection, many[:10]) == 0
        store.raise_version(connection)
    assert as_of(seeded, TODAY).by_key["NSE:T19999"].lot == 1


def test_readers_never_wait_for_nor_fail_by_a_change(seeded: Database) -> None:
    as_of(seeded, TODAY)
    stop = threading.Event()
    seen: set[int] = set()
    failed: list[BaseException] = []

    def read() -> None:
        try:
            while not stop.is_set():
                master = masters.get(seeded)
                seen.add(len(master.by_id))
                assert master.by_key["NSE:INFY"] is master.by_id[master.by_key["NSE:INFY"].id]
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    infosys = masters._listing(masters.seed_rows()["NSE:INFY"])
    sizes = {len(masters.get(seeded).by_id)}
    for number in range(5):
        with seeded.connection() as connection:
            store.insert(connection, [replace(infosys, symbol=f"NEW{number}", isin=None)])
            store.raise_version(connection)
        masters.forget(seeded)
        while f"NSE:NEW{number}" not in masters.get(seeded).by_key:
            masters.forget(seeded)
        sizes.add(len(masters.get(seeded).by_id))
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(sizes) == 6
    assert seen <= sizes


def test_a_share_keeps_the_hours_of_its_twin_on_the_other_exchange(seeded: Database, on_today: masters.Master) -> None:
    known = on_today.by_key["NSE:RELIANCE"]
    twins = [
        Listing("BSE", symbol, "", Kind.EQ, 1, 10, 100_000, date(2000, 1, 1), isin=isin)
        for symbol, isin in (("RELIANCE", known.isin), ("LONELY", "INE000000001"))
    ]
    with seeded.connection() as connection:
        store.insert(connection, twins)
        store.raise_version(connection)
    masters.forget(seeded)
    master = masters.get(seeded)
    assert master.board(master.by_key["BSE:RELIANCE"].id) is Board.AUCTION_SHARE
    assert master.board(master.by_key["BSE:LONELY"].id) is Board.SHARE
