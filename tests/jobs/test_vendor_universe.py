"""Which of a vendor's instruments a simulated market prices: none unasked, and a contract once it is wanted."""

from contextlib import closing

import pytest

from db.engine import Database
from desk import market, masters
from jobs import day, past, wanted
from jobs import market as market_loop
from jobs.bus import Bus
from tests.desk.test_vendor_masters import FIRST, load, run_the_market
from tests.jobs.test_market_loop import SETTINGS, Clock, step


def wish(database: Database, *ids: int) -> None:
    """As if a reader looked at these."""
    with database.connection() as connection:
        connection.execute(
            "insert into heartbeats (process, role, pid, detail) values ('reader', 'web', 1,"
            " jsonb_build_object('looked_at', jsonb_build_object('sim', %s::int[]))) on conflict (process) do update"
            " set detail = excluded.detail, beat_at = now()",
            (list(ids),),
        )


def test_a_vendor_s_contract_is_priced_once_somebody_wants_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "fill", lambda *_: None)
    monkeypatch.setattr(wanted, "WIDER", 0.0)
    monkeypatch.setattr(market_loop, "CHORES", 0.0)
    run_the_market(database)
    load(database, *FIRST, on=market.state(database, "sim").trading_date)
    master = masters.get(database)
    far, alpha = master.by_key["NFO:NIFTY27MAR25000CE"].id, master.by_key["NSE:ALPHA"].id
    with closing(market_loop.MarketLoop(database, "sim", SETTINGS, Bus(), lambda: True, Clock())) as loop:
        _follows(database, loop, far, alpha)


def _follows(database: Database, loop: market_loop.MarketLoop, far: int, alpha: int) -> None:
    master = masters.get(database)
    step(loop)
    priced = quoted(database)
    house = {one.id for one in master.listed() if one.house}
    assert set(market.days(database, "sim", market.state(database, "sim").trading_date)) == house
    assert not priced & {far, alpha}
    wish(database, far, alpha)
    loop.ask_what_is_wanted()
    step(loop, 3)
    assert far in quoted(database)
    assert alpha not in quoted(database), "nothing says what a share costs that the seed does not know"
    before = market.state(database, "sim").frame
    loop.ask_what_is_wanted()
    step(loop, 2)
    assert market.state(database, "sim").frame == before + 2, "what cannot be priced is not tried again and again"


def quoted(database: Database) -> set[int]:
    return set(market.quotes(database, "sim"))


def test_only_contracts_on_what_this_house_lists_can_be_asked_for(database: Database) -> None:
    run_the_market(database)
    load(database, *FIRST)
    master = masters.get(database)
    keys = ("NSE:INFY", "NSE:ALPHA", "NFO:NIFTY26DECFUT", "NFO:ALPHA26DEC100CE", "NFO:NIFTY27MAR25000CE")
    wanted = [*(master.by_key[key].id for key in keys), 10**8]
    assert day.beyond(master, wanted) == {master.by_key["NFO:NIFTY27MAR25000CE"].id}
