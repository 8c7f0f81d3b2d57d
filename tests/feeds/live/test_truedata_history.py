"""TrueData's candles from a stand-in: read exactly, at the vendor's pace, with a login that is never repeated."""

from collections.abc import Iterator
from datetime import date, datetime

import pytest

from core.calendar import IST
from feeds.live.pace import REST
from feeds.live.refusal import VendorRefusal
from feeds.live.truedata_history import TrueDataHistory
from tests.feeds.standins.truedata_rest import HEAD, TrueDataRest

LOGIN, PASSWORD = "asha-td-42", "s3cret&päss"


class Clock:
    """Seconds that pass by waiting alone."""

    def __init__(self) -> None:
        self.now, self.waits = 100.0, list[float]()

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def rest() -> Iterator[TrueDataRest]:
    with TrueDataRest() as made:
        yield made


def history(rest: TrueDataRest, clock: Clock | None = None) -> TrueDataHistory:
    clock = clock or Clock()
    return TrueDataHistory(LOGIN, PASSWORD, rest.address, rest.address, lambda: clock.now, clock.wait)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=IST)


def test_minutes_are_read_to_the_paisa_and_what_makes_no_sense_is_counted(rest: TrueDataRest) -> None:
    rest.csv = HEAD + (
        "2026-11-20T09:16:00,100.10,101,99.95,100.05,500,0\n"
        "2026-11-20 09:15:00,100,100.5,99.5,100.10,1200,7\n"
        "2026-11-20T09:16:00,1,1,1,1,1,1\n"
        "2026-11-20T09:17:00,NaN,101,99,100,5,0\n"
        "2026-11-20T09:18:00,100,99,98,100,5,0\n"
        "garbage\n"
    )
    asked = history(rest)
    rows = asked.minutes("reliance", 7, at("2026-11-20T09:15:00"), at("2026-11-20T15:30:00"))
    assert rows["start"].tolist() == [
        at("2026-11-20T09:15:00").timestamp() * 1000,
        at("2026-11-20T09:16:00").timestamp() * 1000,
    ]
    assert rows[1].item()[2:] == (10_010, 10_100, 9_995, 10_005, 500, 0)
    assert rows["instrument"].tolist() == [7, 7]
    assert asked.left_out == 3
    assert rest.logins == [{"username": LOGIN, "password": PASSWORD, "grant_type": "password"}]
    assert rest.questions == [
        {
            "symbol": "RELIANCE", "from": "261120T09:15:00", "to": "261120T15:30:00", "interval": "1min",
            "response": "csv", "bearer": "Bearer tok-1",
        }
    ]  # fmt: skip


def test_a_long_time_is_asked_in_parts_within_the_pace(rest: TrueDataRest) -> None:
    clock = Clock()
    history(rest, clock).minutes("INFY", 1, at("2026-09-01T00:00:00"), at("2026-11-20T00:00:00"))
    assert [one["from"] for one in rest.questions] == ["260901T00:00:00", "260929T00:00:01", "261027T00:00:02"]
    assert clock.waits == [0, 0, 0, 0]
    asked = history(rest, clock)
    begun = clock.now
    for _ in range(14):
        asked.days("INFY", 1, date(2026, 11, 1), date(2026, 11, 1))
    # Half of what the vendor allows: with the login fifteen questions, five a second.
    assert clock.now - begun == pytest.approx(2.0)


def test_days_are_asked_as_such(rest: TrueDataRest) -> None:
    rest.csv = HEAD + "2026-11-19T00:00:00,1,2,1,2,3,\n"
    (row,) = history(rest).days("INFY", 3, date(2026, 11, 1), date(2026, 11, 20))
    assert (row["close"], row["oi"]) == (200, 0)
    assert rest.questions[0]["interval"] == "eod"


def test_a_token_is_kept_until_shortly_before_its_end(rest: TrueDataRest) -> None:
    clock = Clock()
    asked = history(rest, clock)
    for passed, logins in ((0, 1), (3_500, 1), (100, 2)):
        clock.now += passed
        asked.days("INFY", 1, date(2026, 11, 1), date(2026, 11, 1))
        assert len(rest.logins) == logins


def test_a_token_that_is_refused_is_renewed_once(rest: TrueDataRest) -> None:
    asked = history(rest)
    rest.statuses = [401]
    asked.days("INFY", 1, date(2026, 11, 1), date(2026, 11, 1))
    assert len(rest.logins) == 2
    rest.statuses = [401, 401]
    with pytest.raises(VendorRefusal, match="HTTP 401"):
        asked.days("INFY", 1, date(2026, 11, 1), date(2026, 11, 1))
    assert len(rest.logins) == 3


def test_a_refused_password_is_sent_once(rest: TrueDataRest) -> None:
    rest.token = (400, b'{"error":"invalid_grant"}')
    asked = history(rest)
    for _ in range(3):
        with pytest.raises(VendorRefusal, match="refused the login") as refused:
            asked.days("INFY", 1, date(2026, 11, 1), date(2026, 11, 1))
        assert PASSWORD not in repr(refused.value)
    assert len(rest.logins) == 1


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"access_token":5,"expires_in":9}', b'{"access_token":"a"}'])
def test_an_answer_without_a_token_is_a_refusal(rest: TrueDataRest, answer: bytes) -> None:
    rest.token = (200, answer)
    with pytest.raises(VendorRefusal):
        history(rest).days("INFY", 1, date(2026, 11, 1), date(2026, 11, 1))


def test_too_many_questions_make_a_pause(rest: TrueDataRest) -> None:
    clock = Clock()
    asked = history(rest, clock)
    rest.statuses = [429]
    with pytest.raises(VendorRefusal, match="429"):
        asked.days("INFY", 1, date(2026, 11, 1), date(2026, 11, 1))
    with pytest.raises(VendorRefusal, match="next question in 60 s"):
        asked.days("INFY", 1, date(2026, 11, 1), date(2026, 11, 1))
    assert len(rest.questions) == 1, "it was not asked"
    clock.now += REST
    asked.days("INFY", 1, date(2026, 11, 1), date(2026, 11, 1))


def test_no_redirect_takes_the_token_along_and_nobody_there_is_a_refusal(rest: TrueDataRest) -> None:
    rest.statuses = [302]
    with pytest.raises(VendorRefusal, match="302"):
        history(rest).days("INFY", 1, date(2026, 11, 1), date(2026, 11, 1))
    nobody = TrueDataHistory(LOGIN, PASSWORD, "http://127.0.0.1:1", "http://127.0.0.1:1")
    with pytest.raises(VendorRefusal) as refused:
        nobody.days("INFY", 1, date(2026, 11, 1), date(2026, 11, 1))
    assert refused.value.status == 0
    with pytest.raises(ValueError, match="https"):
        TrueDataHistory(LOGIN, PASSWORD, "http://auth.truedata.in").days(
            "INFY", 1, date(2026, 11, 1), date(2026, 11, 1)
        )
