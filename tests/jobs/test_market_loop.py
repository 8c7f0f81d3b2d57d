"""The market's loop against a real database: first frame, restart, roll, a second process, a paused tape."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

import settings
from core.calendar import IST
from db.engine import Database
from desk import corporate, market, masters
from jobs import past, sources
from jobs.bus import Bus
from jobs.closing import ClosingLoop
from jobs.housekeeping import Housekeeping
from jobs.market import MarketLoop

SETTINGS = settings.Settings(kagaz_seed=5)


class Clock:
    """A wall clock that moves a second at each look, so that every instrument prints in every frame."""

    def __init__(self, start: datetime | None = None) -> None:
        self.ms = int((start or datetime.now(UTC)).timestamp() * 1000)

    def __call__(self) -> int:
        self.ms += 1_000
        return self.ms


_made: list[MarketLoop] = []


@pytest.fixture(autouse=True)
def closed(database: Database) -> Iterator[None]:
    """Lets the loops of a test go before its database, which is asked for first, is dropped."""
    yield
    while _made:
        _made.pop().close()


def loop_of(database: Database, bus: Bus | None = None, leads: bool = True, clock: Clock | None = None) -> MarketLoop:
    loop = MarketLoop(database, "sim", SETTINGS, bus or Bus(), lambda: leads, clock or Clock())
    _made.append(loop)
    return loop


def step(loop: MarketLoop, count: int = 1) -> None:
    for _ in range(count):
        loop.step()


@pytest.fixture
def without_a_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """A housekeeper that need not write months of candles first."""
    monkeypatch.setattr(past, "fill", lambda *_: None)


def test_the_first_step_opens_the_date_and_prices_the_market(database: Database) -> None:
    bus = Bus()
    step(loop_of(database, bus))
    state = market.state(database, "sim")
    assert (state.phase, state.frame) == ("OPEN", 1)
    days = market.days(database, "sim", state.trading_date)
    master = masters.get(database)
    assert {one.id for one in master.listed(state.trading_date)} == set(days)
    infy, nifty = master.by_key["NSE:INFY"], master.by_key["NSE:NIFTY 50"]
    assert days[infy.id].prev_close == master.seed(infy.id).price  # type: ignore[union-attr]
    lower, upper = days[infy.id].lower_band, days[infy.id].upper_band
    assert lower is not None
    assert upper is not None
    assert lower >= days[infy.id].prev_close * 0.9
    assert upper <= days[infy.id].prev_close * 1.1
    assert days[nifty.id].lower_band is None
    frame = bus.take(0)
    assert frame is not None
    assert frame.number == 1
    assert {infy.id, nifty.id} <= set(frame.rows["instrument"].tolist())
    assert set(market.quotes(database, "sim")) == set(frame.rows["instrument"].tolist())


def test_a_process_that_does_not_lead_stores_nothing(database: Database) -> None:
    step(loop_of(database, leads=False), 3)
    assert market.state(database, "sim").frame == 0


def test_the_slower_of_two_processes_loses_its_feed(database: Database) -> None:
    one, two = loop_of(database), loop_of(database)
    step(one)
    step(two)
    with pytest.raises(market.LostMarketError):
        step(one)
    assert market.state(database, "sim").frame == 2
    step(one)  # built anew from what the other left
    assert market.state(database, "sim").frame == 3


def test_a_restart_goes_on_with_number_price_and_day(database: Database) -> None:
    one = loop_of(database)
    step(one, 2)
    one.close()
    before = market.quotes(database, "sim")
    step(loop_of(database))
    after = market.quotes(database, "sim")
    assert market.state(database, "sim").frame >= 2
    for number, quote in before.items():
        if not quote["bids"][0]:
            continue
        assert after[number]["volume"] >= quote["volume"]
        assert after[number]["open"] == quote["open"]


def test_candles_of_the_minute_and_the_day_are_kept(database: Database) -> None:
    loop = loop_of(database)
    step(loop)
    infy = masters.get(database).by_key["NSE:INFY"].id
    now = datetime.now(UTC)
    day = timedelta(days=1)
    (minute,) = market.candles(database, "sim", infy, "1m", now - day, now + day)
    assert minute.close == market.quotes(database, "sim", [infy])[infy]["last_price"]
    (today,) = market.candles(database, "sim", infy, "1d", now - 3 * day, now + 3 * day)
    assert today.open == minute.open


@pytest.mark.usefixtures("without_a_past")
def test_a_contract_that_a_watchlist_names_is_priced(database: Database) -> None:
    loop = loop_of(database)
    step(loop)
    priced = market.quotes(database, "sim")
    contract = next(one for one in masters.get(database).listed() if one.strike and one.id not in priced)
    with database.connection() as connection:
        connection.execute(
            "with eve as (insert into users (name, role) values ('eve', 'trader') returning id),"
            " list as (insert into watchlists (user_id, name, position) select id, 'a', 1 from eve returning id)"
            " insert into watchlist_items select id, %s, 1 from list",
            (contract.id,),
        )
    assert contract.id in market.wanted(database, "sim")
    Housekeeping(database, loop).step()
    step(loop)
    assert market.quotes(database, "sim", [contract.id])[contract.id]["bids"][0] > 0


def test_the_roll_strikes_prices_opens_the_next_date_and_goes_on_trading(database: Database) -> None:
    state = market.state(database, "sim")
    with database.connection() as connection:
        yesterday = state.trading_date - timedelta(days=1)
        connection.execute("update markets set trading_date = %s where id = 'sim'", (yesterday,))
    masters.forget(database)
    loop = loop_of(database)
    closing = ClosingLoop(database, loop)
    step(loop)
    assert market.state(database, "sim").trading_date == yesterday
    closing.step()
    after = market.state(database, "sim")
    assert (after.trading_date, after.phase) == (state.trading_date, "OPEN")
    closes, days = (
        market.latest_closes(database, "sim", state.trading_date),
        market.days(database, "sim", state.trading_date),
    )
    infy = masters.get(database).by_key["NSE:INFY"].id
    assert days[infy].prev_close == closes[infy] == market.quotes(database, "sim", [infy])[infy]["last_price"]
    step(loop, 2)
    closing.step()  # nothing is due any more
    assert market.state(database, "sim").frame > 1
    with database.connection() as connection:
        runs = connection.execute(
            "select job, trading_date, finished_at is not null, error from job_runs order by job"
        ).fetchall()
    assert runs == [("roll", yesterday, True, None), ("square-off", yesterday, True, None)]


def test_a_sidecar_that_slept_rolls_each_date_in_its_order_and_says_how_late(database: Database) -> None:
    """From Thursday to the next Wednesday: a weekend lies between, and a holiday on the Tuesday."""
    with database.connection() as connection:
        connection.execute("update markets set trading_date = '2026-11-19', session = 'nse' where id = 'sim'")
        connection.execute(
            "with asha as (insert into users (name, role) values ('asha', 'trader') returning id)"
            " insert into accounts (user_id, market, name, trading_date)"
            " select id, 'sim', 'main', '2026-11-19' from asha"
        )
    masters.forget(database)
    loop = loop_of(database, clock=Clock(datetime(2026, 11, 25, 4, 30, tzinfo=UTC)))
    closing = ClosingLoop(database, loop)
    closing.step()  # no feed plays the date yet: nothing is struck, nothing is rolled
    assert market.state(database, "sim").trading_date == date(2026, 11, 19)
    for _ in range(8):
        loop.look()
        step(loop)
        closing.step()
    assert market.state(database, "sim").trading_date == date(2026, 11, 25)
    with database.connection() as connection:
        rolled = connection.execute(
            "select trading_date, late, (late_ms / 3600000)::int, finished_at is not null, (detail ->> 'accounts')::int"
            " from job_runs where job = 'roll' order by started_at"
        ).fetchall()
        opened = connection.execute("select trading_date from accounts").fetchall()
        struck = connection.execute(
            "select trading_date from market_days where settlement is not null group by 1 order by 1"
        ).fetchall()
    assert rolled == [
        (date(2026, 11, 19), True, 138, True, 1),
        (date(2026, 11, 20), True, 114, True, 1),
        (date(2026, 11, 23), True, 42, True, 1),
    ]
    assert opened == [(date(2026, 11, 25),)]
    assert struck == [(date(2026, 11, 19),), (date(2026, 11, 20),), (date(2026, 11, 23),)]


def test_a_split_comes_to_the_prices_of_its_date(database: Database) -> None:
    state = market.state(database, "sim")
    with database.connection() as connection:
        yesterday = state.trading_date - timedelta(days=1)
        connection.execute("update markets set trading_date = %s where id = 'sim'", (yesterday,))
    masters.forget(database)
    loop = loop_of(database)
    infy = masters.get(database).by_key["NSE:INFY"]
    nifty = masters.get(database).by_key["NSE:NIFTY 50"].id
    step(loop)
    before = market.quotes(database, "sim")
    corporate.enter(database, "root", "SPLIT", infy.key, state.trading_date, "5:1", tick=5)
    ClosingLoop(database, loop).step()
    assert market.state(database, "sim").trading_date == state.trading_date
    loop.look()
    step(loop, 2)
    days, after = market.days(database, "sim", state.trading_date), market.quotes(database, "sim")
    close = before[infy.id]["last_price"]
    assert abs(days[infy.id].prev_close - close / 5) <= 5
    assert abs(after[infy.id]["last_price"] * 5 / close - 1) < 0.01
    assert after[infy.id]["prev_close"] == days[infy.id].prev_close
    assert days[infy.id].upper_band is not None
    assert days[infy.id].upper_band < close / 4
    assert abs(after[nifty]["last_price"] / before[nifty]["last_price"] - 1) < 0.01
    futures = [i for i in masters.get(database).listed() if i.underlying_id == infy.id and i.kind == "FUT"]
    assert futures
    assert {i.lot for i in futures} == {2_000}
    assert all(abs(after[i.id]["last_price"] * 5 / close - 1) < 0.05 for i in futures if i.id in after)


@pytest.mark.usefixtures("without_a_past")
def test_snapshots_hold_every_underlying_and_one_is_taken_an_hour(database: Database) -> None:
    loop = loop_of(database)
    keeper = Housekeeping(database, loop)
    loop.take_snapshot()  # before the first frame there is nothing to take
    assert market.state(database, "sim").risk_snapshot_id is None
    step(loop)
    keeper.step()
    first = market.state(database, "sim").risk_snapshot_id
    keeper.step()
    assert market.state(database, "sim").risk_snapshot_id == first
    with database.connection() as connection:
        priced = connection.execute("select count(*) from risk_prices where snapshot_id = %s", (first,)).fetchone()
    cash = [one for one in masters.get(database).listed() if one.expiry is None]
    assert priced == (len(cash),)


@pytest.mark.usefixtures("without_a_past")
def test_a_new_trading_date_has_its_opening_snapshot_at_once(database: Database) -> None:
    """Margins of last days begin with the day, not with the next full hour."""
    state = market.state(database, "sim")
    with database.connection() as connection:
        yesterday = state.trading_date - timedelta(days=1)
        connection.execute("update markets set trading_date = %s where id = 'sim'", (yesterday,))
    masters.forget(database)
    loop = loop_of(database)
    keeper = Housekeeping(database, loop)
    step(loop)
    keeper.step()
    ClosingLoop(database, loop).step()
    loop.look()
    step(loop, 2)
    keeper.step()
    with database.connection() as connection:
        taken = connection.execute(
            "select s.trading_date, s.slot, s.id = m.risk_snapshot_id, s.ahead[1] - s.trading_date,"
            " cardinality(s.ahead) from risk_snapshots s join markets m on m.id = s.market order by s.id"
        ).fetchall()
    assert taken == [(yesterday, "OPEN", False, 1, 4), (state.trading_date, "OPEN", True, 1, 4)]


@pytest.mark.usefixtures("without_a_past")
def test_a_snapshot_of_an_earlier_version_is_renewed_when_the_sidecar_starts(database: Database) -> None:
    """It names no dates ahead, so that nothing would be asked for the last days until the next full hour."""
    taken: list[int | None] = []
    for old in (False, False, True, False):
        with database.connection() as connection:
            if old:
                connection.execute("update risk_snapshots set ahead = '{}'")
        loop = loop_of(database)
        step(loop)
        loop.take_snapshot()
        taken.append(market.state(database, "sim").risk_snapshot_id)
        loop.close()
    _, first, renewed, later = taken
    assert renewed != first
    assert later == renewed, "once"
    with database.connection() as connection:
        row = connection.execute("select cardinality(ahead) from risk_snapshots where id = %s", (renewed,)).fetchone()
    assert row == (4,)


def test_the_past_is_filled_once(database: Database) -> None:
    universe, _ = sources.open_feed(database, SETTINGS, market.state(database, "sim"), {})
    past.fill(database, SETTINGS, market.state(database, "sim"), universe)
    infy = masters.get(database).by_key["NSE:INFY"].id
    today = datetime.combine(universe.trading_date, datetime.min.time(), IST)
    year = market.candles(database, "sim", infy, "1d", today - timedelta(days=400), today)
    assert 230 <= len(year) <= 260
    minutes = market.candles(database, "sim", infy, "1m", today - timedelta(days=15), today, limit=9_999)
    assert len(minutes) == 5 * 375
    other = SETTINGS.model_copy(update={"kagaz_seed": 2})
    past.fill(database, other, market.state(database, "sim"), universe)
    assert market.candles(database, "sim", infy, "1d", today - timedelta(days=400), today) == year


def test_a_paused_tape_leaves_quotes_going(database: Database) -> None:
    loop = loop_of(database)
    step(loop)
    loop.tape.paused = True
    step(loop, 2)
    assert [frame.number for frame in market.frames_after(database, "sim", 0, 9)] == [1]
    assert {quote["frame"] for quote in market.quotes(database, "sim").values()} == {3}
    loop.close()
    assert market.state(database, "sim").feed_state["tape"].startswith("paused")


@pytest.mark.parametrize(
    ("at", "phase", "frames"),
    [("2026-11-23T03:00:00+00:00", "CLOSED", 1), ("2026-11-23T05:00:00+00:00", "OPEN", 3)],
)
def test_a_market_with_hours_shows_its_prices_but_prints_only_within_them(
    database: Database, at: str, phase: str, frames: int
) -> None:
    with database.connection() as connection:
        connection.execute("update markets set session = 'nse', trading_date = '2026-11-23' where id = 'sim'")
    masters.forget(database)
    loop = loop_of(database, clock=Clock(datetime.fromisoformat(at)))
    step(loop, 3)
    state = market.state(database, "sim")
    assert (state.phase, state.frame) == (phase, frames)
