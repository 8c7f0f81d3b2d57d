"""A live market whose process was down over the exchange's close settles at that close, as its vendors tell it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time

import numpy as np
import pytest

import settings
from core.calendar import IST
from core.corporate import Action
from core.vendors import Vendor
from db import corporate as rows
from desk import access, admin, alerts, identity, live, vendors
from desk import market as markets
from feeds.candles import CANDLE_TYPE, Candles
from feeds.live.past import Past, TrueDataPast, UpstoxPast
from feeds.live.truedata_history import TrueDataHistory
from jobs.bus import Bus
from jobs.closing import ClosingLoop
from jobs.exchange_closes import JOB
from jobs.histories import Histories
from jobs.market import MarketLoop
from tests.desk.test_vendors import UPSTOX
from tests.feeds.standins.truedata_rest import HEAD, TrueDataRest
from tests.feeds.standins.upstox import TOKEN
from tests.feeds.standins.upstox_rest import UpstoxRest
from tests.jobs.test_gaps import Asked, History
from tests.jobs.test_live_auctions import Floor
from tests.jobs.test_live_market import BOOK, KEY, MONDAY, Stage, stage
from tests.people import signed_in

__all__ = ["stage"]
WEDNESDAY, THURSDAY = date(2026, 11, 25), date(2026, 11, 26)  # the Tuesday is a holiday
CLOSE = 1_512_35


class Told(History):
    """The vendors' days, and today's minutes of the closing auction."""

    def __init__(self) -> None:
        super().__init__()
        self.close = CLOSE
        self.has_days = True
        self.spans: list[tuple[str, date]] = []

    def __call__(self, credential: vendors.Credential) -> "AskedOfDays":
        return AskedOfDays(self, credential)


class AskedOfDays(Asked):
    _history: Told

    def days(self, key: str, instrument: int, first: date, last: date) -> Candles:
        self._ask(f"days {key}")
        assert first == last
        rows = [(last, time(0), self._history.close)] if self._history.has_days else []
        return self._candles(instrument, rows)

    def minutes(self, key: str, instrument: int, first: date, last: date) -> Candles:
        self._ask(f"minutes {key}")
        return self._of_day(instrument, last)

    def today(self, key: str, instrument: int, begin: datetime, end: datetime) -> Candles:
        self._ask(f"today {key}")
        return self._of_day(instrument, begin.astimezone(IST).date())

    def _of_day(self, instrument: int, day: date) -> Candles:
        rows = [(day, time(15, 14), 1_505_00), (day, time(15, 31), CLOSE), (day, time(15, 51), CLOSE + 500)]
        return self._candles(instrument, rows)

    def _candles(self, instrument: int, rows: list[tuple[date, time, int]]) -> Candles:
        made = [
            (instrument, int(datetime.combine(day, at, IST).timestamp() * 1000), price, price, price, price, 100, 0)
            for day, at, price in rows
        ]
        return np.array(made, CANDLE_TYPE)


class Night:
    """asha holds ten shares; the process is down from some moment on, and another starts later."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.told = stage, Told()
        self.floor = Floor(stage)
        self.histories = Histories(stage.database, self.told)

    def buy(self) -> None:
        self.floor.be("10:00:00")
        self.floor.say(1_500, 5_000)
        self.floor.buy(10)
        self.stage.say(1_500, volume=5_100)
        self.stage.step(0.25)
        self.floor._fill()
        assert self.floor.trades(), "it is held"

    def down_from(self, text: str) -> None:
        self.floor.be(text)
        self.floor.say(1_501, 5_200)
        self.floor.be(text)
        self.stage.loop.close()

    @contextmanager
    def up_at(self, day: date, text: str) -> Iterator[ClosingLoop]:
        self.be(day, text)
        self.stage.loop = MarketLoop(
            self.stage.database, "live/asha", settings.Settings(), Bus(), lambda: True, self.stage.wall
        )
        self.stage.step(0)
        yield ClosingLoop(self.stage.database, self.stage.loop, self.histories)
        self.stage.loop.close()

    def be(self, day: date, text: str) -> None:
        self.stage.wall.ms = int(datetime.combine(day, time.fromisoformat(text), IST).timestamp() * 1000)

    def step(self, closing: ClosingLoop, seconds: float = 1) -> None:
        """The next second, after which a vendor that refused may be asked again."""
        if closing._closes._asking is not None:
            closing._closes._asking.not_before = 0
        self.stage.step(seconds)
        closing.step()

    @property
    def on(self) -> date:
        return markets.state(self.stage.database, "live/asha").trading_date

    def settled(self, day: date = MONDAY) -> int:
        """The price of a date in its books."""
        with self.stage.database.connection() as connection:
            row = connection.execute(
                "select settlement from market_days where market = 'live/asha' and trading_date = %s"
                " and instrument_id = %s",
                (day, self.stage.infy),
            ).fetchone()
        assert row
        return int(row[0])

    def run(self) -> tuple[str, str | None]:
        """How the date's run stands in the list of jobs."""
        (run,) = [each for each in admin.job_runs(self.stage.database, JOB) if each["trading_date"] == str(MONDAY)]
        return run["state"], run["error"]

    def alerts(self) -> list[tuple[str, str]]:
        account = access.by_key(self.stage.database, BOOK)
        since = datetime(2020, 1, 1, tzinfo=IST)
        items = alerts.listed(self.stage.database, account, since)["items"]
        return [(each["event"], each["detail"]) for each in items if each["kind"] == "SETTLEMENT"]


@pytest.fixture
def night(stage: Stage) -> Night:
    found = Night(stage)
    found.buy()
    return found


def test_a_date_whose_close_nobody_saw_settles_at_the_vendors_daily_close(night: Night) -> None:
    night.down_from("14:00:00")
    with night.up_at(WEDNESDAY, "09:20:00") as closing:
        night.stage.say(1_600, volume=6_000)  # the next date's price, which must not be taken for the close
        night.step(closing)
        assert (night.on, night.settled()) == (WEDNESDAY, CLOSE)
        assert night.told.asked == [(Vendor.UPSTOX, f"days {KEY[Vendor.UPSTOX]}")]
        assert (night.run(), night.alerts()) == (("DONE", None), [])
        night.stage.step()
        night.stage.say(1_600, volume=6_000)
        night.stage.step()
        assert night.stage.shown()[0] == 160_000, "and the next date goes on"
    with night.stage.database.connection() as connection:
        kept = connection.execute(
            "select unrealised from daily_equity where account_id = %s and trading_date = %s",
            (night.floor.account, MONDAY),
        ).fetchone()
    assert kept == (10 * (CLOSE - 150_010),)


def test_a_laptop_that_slept_in_between_is_a_process_that_was_down(night: Night) -> None:
    closing = ClosingLoop(night.stage.database, night.stage.loop, night.histories)
    night.be(WEDNESDAY, "08:00:00")
    night.step(closing)
    assert (night.on, night.settled()) == (WEDNESDAY, CLOSE)


def test_on_the_same_evening_the_minutes_tell_the_auctions_price(night: Night) -> None:
    night.down_from("14:00:00")
    with night.up_at(MONDAY, "18:00:00") as closing:
        night.step(closing)
    assert (night.on, night.settled()) == (WEDNESDAY, CLOSE)
    assert night.told.asked == [(Vendor.UPSTOX, f"today {KEY[Vendor.UPSTOX]}")]


def test_a_line_that_was_lost_over_the_close_is_asked_for_at_the_roll(night: Night) -> None:
    """The closes were struck from what was seen by then: the exchange's come in their place."""
    for text in ("15:41:00", "15:59:00"):
        night.floor.be(text)
    with night.stage.database.connection() as connection:
        connection.execute(
            "update market_days set settlement = 150200 where market = 'live/asha' and instrument_id = %s",
            (night.stage.infy,),
        )
    closing = ClosingLoop(night.stage.database, night.stage.loop, night.histories)
    night.be(MONDAY, "16:00:01")
    night.step(closing)
    assert (night.on, night.settled()) == (WEDNESDAY, CLOSE)


def test_minutes_tell_what_is_no_daily_candle_yet(night: Night) -> None:
    night.told.has_days = False
    night.down_from("14:00:00")
    with night.up_at(WEDNESDAY, "00:10:00") as closing:
        night.step(closing)
    assert night.settled() == CLOSE
    assert [what.split()[0] for _, what in night.told.asked] == ["days", "minutes"]


def test_a_close_that_was_seen_whole_is_asked_of_nobody(night: Night) -> None:
    night.be(MONDAY, "14:58:30")
    night.stage.step(0)
    closing = ClosingLoop(night.stage.database, night.stage.loop, night.histories)
    for _ in range(73):  # to 15:59:20
        night.stage.step(50)
    night.stage.step(41)
    closing.step()
    assert (night.on, night.told.asked, night.alerts()) == (WEDNESDAY, [], [])
    assert admin.job_runs(night.stage.database, JOB) == []


def test_what_nobody_holds_is_asked_of_nobody(stage: Stage) -> None:
    night = Night(stage)
    night.down_from("14:00:00")
    with night.up_at(WEDNESDAY, "08:00:00") as closing:
        night.step(closing)
    assert (night.on, night.told.asked, night.alerts()) == (WEDNESDAY, [], [])
    assert admin.job_runs(stage.database, JOB) == []


def test_a_date_waits_for_a_vendor_that_refuses_and_says_so(night: Night) -> None:
    night.down_from("14:00:00")
    night.told.refuses = {Vendor.UPSTOX: 503}
    with night.up_at(WEDNESDAY, "08:40:00") as closing:
        for _ in range(2):
            night.step(closing, 590)
        assert night.on == MONDAY
        state, why = night.run()
        assert state == "FAILED"
        assert why is not None
        assert "until 25 Nov 09:00 at the latest" in why, why
        assert night.alerts() == [("WAITS", why)]
        with night.stage.database.connection() as connection:
            connection.execute("update job_runs set error = 'as it was' where job = %s", (JOB,))
        night.step(closing)
        assert night.run() == ("FAILED", "as it was"), "and is not written again each second"
        night.told.refuses = {}
        night.step(closing)
    assert (night.on, night.settled()) == (WEDNESDAY, CLOSE)
    assert (night.run(), night.alerts()) == (("DONE", None), [])


def test_a_date_waits_no_longer_than_the_next_one_begins(night: Night) -> None:
    night.down_from("14:00:00")
    night.told.refuses = {Vendor.UPSTOX: 503}
    with night.up_at(WEDNESDAY, "08:45:00") as closing:
        night.step(closing, 420)
        night.step(closing, 479)
        assert night.on == MONDAY
        night.step(closing, 1)
        night.step(closing, 60)
        assert night.on == WEDNESDAY
    assert night.settled() == 150_100, "the last price seen"
    state, why = night.run()
    assert state == "FAILED"
    assert why is not None
    assert "it is the last price seen of INFY" in why, why
    assert night.alerts() == [("LAST_SEEN", why)]


def test_while_the_next_date_trades_its_prices_wait_a_minute_and_fill_nothing(night: Night) -> None:
    night.down_from("14:00:00")
    night.told.refuses = {Vendor.UPSTOX: 503}
    with night.up_at(WEDNESDAY, "10:00:00") as closing:
        for _ in range(3):
            night.stage.say(1_600, volume=6_000)
            night.step(closing, 15)
        assert (night.on, night.stage.shown()[0]) == (MONDAY, 150_100)
        night.stage.say(1_600, volume=6_000)
        night.step(closing, 45)
        assert (night.on, night.settled()) == (WEDNESDAY, 150_100)
        night.stage.step()
        night.stage.say(1_601, volume=6_001)
        night.stage.step()
        assert night.stage.shown()[0] == 160_100


def test_who_connects_in_the_morning_is_waited_for(night: Night) -> None:
    """A token ends in the night: without one nothing is shown either, so that no price is lost by waiting."""
    night.down_from("14:00:00")
    vendors.put(night.stage.database, signed_in(night.stage.database, "asha")[1], Vendor.UPSTOX, UPSTOX)
    with night.up_at(WEDNESDAY, "09:20:00") as closing:
        night.step(closing)
        night.step(closing, 500)
        assert night.on == MONDAY
        assert "Connect Upstox again" in str(night.run()[1])
        night.step(closing, 120)
        assert (night.on, night.settled()) == (WEDNESDAY, 150_100)
    assert [event for event, _ in night.alerts()] == ["LAST_SEEN"]


@pytest.mark.parametrize("why", ["refused alone", "cannot be"])
def test_what_the_vendor_will_never_tell_is_not_waited_for(night: Night, why: str) -> None:
    night.down_from("14:00:00")
    night.told.refused = {night.stage.infy: 400} if why == "refused alone" else {}
    night.told.close = CLOSE if why == "refused alone" else 10 * CLOSE
    if why == "refused alone":
        night.told.refuses = {Vendor.UPSTOX: 400}
    with night.up_at(WEDNESDAY, "08:00:00") as closing:
        night.step(closing)
    assert (night.on, night.settled()) == (WEDNESDAY, 150_100)
    assert [event for event, _ in night.alerts()] == ["LAST_SEEN"]


def test_several_dates_that_were_slept_through_are_each_asked_for(night: Night) -> None:
    night.down_from("14:00:00")
    with night.up_at(THURSDAY, "19:00:00") as closing:
        for _ in range(6):
            night.step(closing)
    assert night.on == date(2026, 11, 27)
    assert [night.settled(day) for day in (MONDAY, WEDNESDAY, THURSDAY)] == [CLOSE] * 3
    assert [what.split()[0] for _, what in night.told.asked] == ["days", "days", "today"]


def test_what_was_struck_is_not_asked_for_again_where_the_roll_died(night: Night) -> None:
    night.down_from("14:00:00")
    with night.up_at(WEDNESDAY, "08:00:00") as closing:
        assert closing._closes.look(MONDAY) == {night.stage.infy: CLOSE}
        assert night.stage.loop.settle(MONDAY, WEDNESDAY, {night.stage.infy: CLOSE})
        closing._closes.conclude(MONDAY)
    asked = len(night.told.asked)
    night.told.close = CLOSE + 100
    with night.up_at(WEDNESDAY, "08:01:00") as closing:
        night.step(closing)
    assert (night.on, night.settled(), len(night.told.asked)) == (WEDNESDAY, CLOSE, asked)


def test_a_close_in_units_of_after_a_split_is_not_taken(night: Night) -> None:
    night.down_from("14:00:00")
    with night.stage.database.connection() as connection:
        rows.enter(connection, Action(0, night.stage.infy, WEDNESDAY, "SPLIT", 5, 1), "root")
    with night.up_at(WEDNESDAY, "08:00:00") as closing:
        night.step(closing)
    assert (night.settled(), night.told.asked) == (150_100, [])
    assert "adjusts its past for the split" in str(night.run()[1])


def test_over_the_vendors_own_wire(night: Night) -> None:
    """Upstox does not know the date; TrueData, which stands behind it, does."""
    live.ensure(
        night.stage.database, identity.find(night.stage.database, "asha").id, "asha", Vendor.UPSTOX, Vendor.TRUEDATA
    )
    night.down_from("14:00:00")
    with UpstoxRest() as upstox, TrueDataRest() as truedata:
        upstox.answers["/v3/historical-candle/"] = (400, b'{"status": "error", "errors": []}')
        truedata.csv = HEAD + "2026-11-23T00:00:00,1500,1520,1490,1512.35,3,\n"

        def past(credential: vendors.Credential) -> Past:
            if credential.vendor is Vendor.UPSTOX:
                return UpstoxPast(TOKEN, upstox.host)
            return TrueDataPast(TrueDataHistory("a", "b-secret", truedata.address, truedata.address))

        night.histories = Histories(night.stage.database, past)
        with night.up_at(WEDNESDAY, "08:00:00") as closing:
            night.step(closing)
        assert (night.on, night.settled()) == (WEDNESDAY, CLOSE)
        assert [each[1] for each in upstox.asked] == [
            f"/v3/historical-candle/{KEY[Vendor.UPSTOX]}/days/1/2026-11-23/2026-11-23"
        ]
        (asked,) = truedata.questions
        assert (asked["symbol"], asked["interval"]) == (KEY[Vendor.TRUEDATA], "eod")
        assert (night.run(), night.alerts()) == (("DONE", None), [])
