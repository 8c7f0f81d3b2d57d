"""A roll that dies on its way, into a split too: nobody is called, stopped or charged for it, and its run tells all."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from core import scan
from core.instruments import Instrument, Kind
from core.risk_limits import LimitName
from db import closing as rows
from db.engine import Database
from desk import account_watch, closing, corporate, jobs, margin_calls, margins, masters, risk_watch
from desk import market as markets
from tests.desk.test_closing import carried_over, end_of, one, roll
from tests.desk.test_corporate import again, tomorrow
from tests.desk.test_risk import limit
from tests.floor import INFY, SBIN, Floor

SPOT, PREMIUM = 150_000, 3_000


class Gone(BaseException):
    """The process is gone."""


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    floor = Floor(database)
    floor.price(INFY, SPOT)
    floor.price(SBIN, 80_000)
    yield floor
    floor.sound()


def dying(patch: pytest.MonkeyPatch, module: Any, name: str, at: int, after: bool) -> None:
    """The process dies at a call of a function, before it or after it."""
    real, calls = getattr(module, name), iter(range(1, 1_000))

    def dies(*given: Any, **named: Any) -> Any:
        number = next(calls)
        if number == at and not after:
            raise Gone
        found = real(*given, **named)
        if number == at:
            raise Gone
        return found

    patch.setattr(module, name, dies)


def rolled(floor: Floor, step: closing.Due, now: datetime) -> None:
    """As the clock has it done: the run of the date is kept."""
    jobs.once(
        floor.database, "sim", closing.ROLL_JOB, step.trading_date,
        lambda: closing.roll(floor.database, "sim", step, now),
    )  # fmt: skip


def roll_after_death(
    floor: Floor,
    patch: pytest.MonkeyPatch,
    where: tuple[Any, str, int, bool],
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """Open the next date as the market's loop does, die on the way, see what happens meanwhile, and go on."""
    now = end_of(floor)
    step = closing.due(floor.database, "sim", now)
    assert step
    markets.enter(floor.database, "sim", "ROLL", markets.BEFORE_ROLL)
    masters.contracts_for(floor.database, step.next_date)
    with patch.context() as dies, pytest.raises(Gone):
        dying(dies, *where)
        rolled(floor, step, now)
    if meanwhile is not None:
        meanwhile()
    if markets.state(floor.database, "sim").trading_date == step.trading_date:
        rolled(floor, step, now)
    else:
        jobs.end_passed(floor.database, "sim", closing.ROLL_JOB)
    floor.trading_date = step.next_date
    again(floor)


def told(floor: Floor) -> dict[str, Any]:
    (detail,) = one(floor, "select detail from job_runs where job = 'roll' and finished_at is not null")
    assert isinstance(detail, dict)
    return {name: detail[name] for name in ("accounts", "carried", "delivered")}


DEATHS = [
    pytest.param((closing, "_roll_one", 1, True), id="after the first account"),
    pytest.param((closing, "_roll_one", 2, False), id="before the second account"),
    pytest.param((closing, "_roll_one", 3, True), id="after the last account"),
    pytest.param((closing.squared_off, "conclude", 1, True), id="before the market goes on"),
    pytest.param((rows, "begin_market_day", 1, True), id="while the market goes on"),
    pytest.param((closing, "_open_next", 1, True), id="after the market went on"),
]


@pytest.mark.parametrize("where", DEATHS)
def test_the_run_of_a_date_tells_of_the_whole_date(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, where: tuple[Any, str, int, bool]
) -> None:
    rich, poor, short = (floor.account(name, cash) for name, cash in (("a", 10**8), ("b", 200_000), ("c", 10**8)))
    for account in (rich, poor):
        floor.buy(account, 10, SBIN, 80_000, "MIS")
    floor.sell(short, 10, SBIN, 80_000, "MIS")
    roll_after_death(floor, monkeypatch, where)
    assert told(floor) == {"accounts": 3, "carried": 2, "delivered": 1}
    assert [len(carried_over(floor, account)) for account in (rich, poor, short)] == [1, 1, 1]


# -- into a split ---------------------------------------------------------------------------------------------


def contracts(floor: Floor) -> tuple[Instrument, Instrument]:
    """A future on the share, and a call far out of the money that outlives its split."""
    chain = [
        each for each in floor.master.chain(floor.instrument(INFY).id) if each.expiry and each.expiry > tomorrow(floor)
    ]
    calls = [each for each in chain if each.kind is Kind.CE]
    return next(each for each in chain if each.kind is Kind.FUT), max(calls, key=lambda each: each.strike or 0)


def standing(floor: Floor) -> list[tuple[object, ...]]:
    """What the house has told each account of itself, and how much it was worth at best."""
    with floor.database.connection() as connection:
        return connection.execute(
            "select a.id, a.trading_state, a.peak_equity, c.called is not null, c.closing_since is not null"
            " from accounts a left join lateral (select since as called, closing_since from margin_calls"
            " where account_id = a.id) c on true order by a.id"
        ).fetchall()


@pytest.mark.parametrize("ratio", ["5:1", "1:2"])
@pytest.mark.parametrize("where", DEATHS)
def test_nobody_is_called_or_stopped_while_prices_and_positions_are_of_different_units(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, where: tuple[Any, str, int, bool], ratio: str
) -> None:
    """What the clock does first when the sidecar comes back: it looks at every account, and follows the snapshot."""
    database = floor.database
    infy = floor.instrument(INFY)
    markets.take_snapshot(database, "sim", floor.trading_date, "noon", [infy.id], [SPOT], [2_000], 625)
    future, call = contracts(floor)
    floor.price(future.key, SPOT)
    floor.price(call.key, PREMIUM)
    floor.master = masters.get(database)
    accounts = [floor.account(name, 60_000_000) for name in ("a", "b", "c")]
    limit(floor, LimitName.DAILY_LOSS_PERCENT, 1_000)
    limit(floor, LimitName.DRAWDOWN, 1_000)
    for account in accounts:
        floor.buy(account, 20, INFY, SPOT)
    for account, trade in zip(accounts, (floor.buy, floor.sell, floor.sell), strict=True):
        trade(account, future.lot, future.key, SPOT, "NRML")
    floor.sell(accounts[2], call.lot, call.key, PREMIUM, "NRML")

    def look() -> None:
        looked = account_watch.look(database, "sim")
        risk_watch.watch(database, "sim", looked)
        margin_calls.follow(database, "sim", looked)
        margins.follow_snapshot(database, "sim")

    look()
    before = standing(floor)
    corporate.enter(database, "root", "SPLIT", INFY, tomorrow(floor), ratio)
    roll_after_death(floor, monkeypatch, where, look)
    look()
    assert [row[1:2] + row[3:] for row in standing(floor)] == [("ACTIVE", False, False)] * 3
    best = [int(str(row[2])) for row in standing(floor)]
    assert best == pytest.approx([int(str(row[2])) for row in before], rel=0.01)


@pytest.mark.parametrize("where", [None, *DEATHS])
def test_a_date_ends_at_its_own_strikes_though_the_masters_have_those_of_the_next(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, where: tuple[Any, str, int, bool] | None
) -> None:
    """A call far out of the money, which new strikes at the old price would put deep into it: what it would block then
    delivers no shares to who has not sold theirs, and owes interest."""
    infy = floor.instrument(INFY)
    markets.take_snapshot(floor.database, "sim", floor.trading_date, "noon", [infy.id], [SPOT], [2_000], 625)
    _, call = contracts(floor)
    floor.price(call.key, PREMIUM)
    accounts = [floor.account(name, 40_000_000) for name in ("a", "b", "c")]
    for account in accounts:
        floor.sell(account, call.lot, call.key, PREMIUM, "NRML")
        floor.buy(account, 10, SBIN, 80_000, "MIS")
    margins_of = (
        "select array_agg(position_margin order by account_id) from margin_groups where segment = 'DERIVATIVES'"
    )
    asked = one(floor, margins_of)[0]
    corporate.enter(floor.database, "root", "SPLIT", INFY, tomorrow(floor), "5:1")
    scan.taken.cache_clear()
    if where is None:
        masters.contracts_for(floor.database, tomorrow(floor))
        roll(floor)
    else:
        roll_after_death(floor, monkeypatch, where)
        assert told(floor) == {"accounts": 3, "carried": 0, "delivered": 3}
    assert one(floor, "select array_agg(margin order by account_id) from daily_equity") == (asked,)
    assert [floor.position(account, SBIN)[0] for account in accounts] == [10] * 3
    assert one(floor, "select count(*) from charge_entries where kind = 'INTEREST'") == (0,)
    assert one(floor, margins_of)[0] == pytest.approx(asked, rel=0.001)
