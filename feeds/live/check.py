"""What a vendor's line must do, tried with a person's own credential: the checks of the stand-in against the vendor."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from core.calendar import IST
from feeds.live import ticks
from feeds.live.line import LineState, SegmentState
from feeds.live.process import LineProcess
from feeds.live.refusal import VendorRefusal

PATIENCE = 25.0
NO_SUCH = "NSE_EQ|INE000000000"


class Result(NamedTuple):
    """One check: ``holds`` is None where it could not be tried, and ``told`` says what was seen."""

    name: str
    holds: bool | None
    told: str


@dataclass(frozen=True, slots=True)
class Try:
    """What to try. ``wrong`` are credentials that must be refused; ``full`` must have depth in trading hours."""

    vendor: str
    credentials: Mapping[str, str]
    wrong: Mapping[str, str]
    full: Sequence[str]
    last: Sequence[str]
    seconds: float = 30.0
    rest: Callable[[], Iterator[Result]] = field(default=lambda: iter(()))


def run(asked: Try) -> Iterator[Result]:
    """Each check as it is done. Nothing raises for what a vendor does."""
    yield from _distrusted(asked)
    yield from _wrong(asked)
    line = LineProcess(asked.vendor, asked.credentials)
    line.want([*asked.full, NO_SUCH], asked.last)
    try:
        line.start()
        yield from _listened(asked, line)
        if line.status().state is LineState.LIVE:
            yield from _again(line)
    finally:
        began = time.monotonic()
        line.stop()
    took = time.monotonic() - began
    yield Result("the line is let go within ten seconds", took < 10, f"{took:.1f} s")
    yield from asked.rest()


def _until(holds: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.1)
    return holds()


def _distrusted(asked: Try) -> Iterator[Result]:
    """With no authority to trust no certificate is good, the vendor's among them."""
    with tempfile.TemporaryDirectory() as folder:
        nobody = Path(folder, "nobody.pem")
        nobody.touch()
        trust = {"SSL_CERT_FILE": str(nobody), "SSL_CERT_DIR": folder}
        line = LineProcess(asked.vendor, asked.credentials, environment={**os.environ, **trust})
        line.want(asked.last)
        line.start()
        _until(lambda: line.status().state is LineState.LIVE or bool(line.status().last_error))
        status = line.status()
        line.stop()
    verified = status.state is not LineState.LIVE and "certificate" in status.last_error.lower()
    yield Result("a certificate nobody vouches for is refused", verified, status.last_error or status.sentence)


def _wrong(asked: Try) -> Iterator[Result]:
    line = LineProcess(asked.vendor, asked.wrong)
    line.want(asked.last)
    line.start()
    refused = _until(lambda: line.status().state is LineState.REFUSED)
    status = line.status()
    line.stop()
    yield Result("a wrong credential is refused and not tried again", refused, status.sentence)


def _listened(asked: Try, line: LineProcess) -> Iterator[Result]:
    known: dict[str, int] = {}
    pictures: set[str] = set()
    live: set[str] = set()

    def pull() -> None:
        got = line.drain()
        for key, row in zip(got.keys, got.rows, strict=True):
            known[key] = known.get(key, 0) | int(row["known"])
            (pictures if row["snapshot"] else live).add(key)

    connected = _until(lambda: line.status().state in (LineState.LIVE, LineState.REFUSED))
    status = line.status()
    yield Result("it connects", connected and status.state is LineState.LIVE, status.sentence)
    if status.state is not LineState.LIVE:
        return
    end = time.monotonic() + asked.seconds
    while time.monotonic() < end:
        pull()
        time.sleep(0.25)
    status, segments = line.status(), line.segments()
    yield Result("it stays connected", status.state is LineState.LIVE, f"{status.messages} messages, {status.sentence}")
    said = ", ".join(f"{name} {state}" for name, state in sorted(segments.items()))
    yield Result("the states of segments are said", bool(segments) or None, said or "none")
    every = {*asked.full, *asked.last}
    silent = sorted(every - known.keys())
    answered = f"{len(every) - len(silent)} of {len(every)}"
    yield Result("each key is answered", not silent, f"{answered}; silent: {silent[:5]}" if silent else answered)
    trading = any(state is SegmentState.OPEN for state in segments.values())
    for bit, name in ((ticks.LAST, "last prices"), (ticks.CLOSE, "previous closes"), (ticks.TRADED_AT, "trade times")):
        lacking = sorted(key for key in every & known.keys() if not known[key] & bit)
        yield Result(f"{name} are said", not lacking, f"missing for {lacking[:5]}" if lacking else "for each key")
    deep = [key for key in asked.full if known.get(key, 0) & ticks.BOOK]
    yield Result("depth is said", bool(deep) if trading else (bool(deep) or None), f"{len(deep)} of {len(asked.full)}")
    yield Result("live words follow", bool(live) if trading else None, f"{len(live)} keys, {len(pictures)} pictures")
    yield Result("an unknown key does no harm", NO_SUCH not in known, status.last_error or "nothing is said of it")
    yield Result("nothing that came was unreadable", status.garbage == 0, f"{status.garbage} of {status.ticks}")
    lag = f"half within {status.lag_p50} ms, 99 % within {status.lag_p99} ms"
    yield Result("it comes in time", status.lag_p99 <= 2_000 if trading else None, lag)


def _again(line: LineProcess) -> Iterator[Result]:
    """Its process is ended, as a fault would."""
    before = line.status().reconnects
    child = line._child
    if child is not None:
        child.kill()
    gone = _until(lambda: line.status().state is not LineState.LIVE)
    back = _until(lambda: line.status().state is LineState.LIVE, 2 * PATIENCE)
    yield Result(
        "it comes back after it was cut", gone and back, f"{before} reconnections before, {line.status().sentence}"
    )


def upstox(environment: Mapping[str, str], keys: Sequence[str], seconds: float) -> Try:
    """Raises ValueError where there is no token. ``UPSTOX_STREAM`` and ``UPSTOX_HOST`` name a stand-in."""
    token = environment.get("UPSTOX_ACCESS_TOKEN", "")
    if not token:
        raise ValueError("Set UPSTOX_ACCESS_TOKEN to a token of today; docs/feeds.md says how to get one.")
    stream = {"stream": environment["UPSTOX_STREAM"]} if environment.get("UPSTOX_STREAM") else {}
    full = keys or ("NSE_EQ|INE002A01018", "NSE_EQ|INE040A01034", "NSE_EQ|INE062A01020")
    return Try(
        "upstox", {"access_token": token, **stream}, {"access_token": "no-token-of-anybody", **stream}, full,
        ("NSE_INDEX|Nifty 50", "NSE_INDEX|Nifty Bank"), seconds,
        lambda: _upstox_rest(token, full[0], environment.get("UPSTOX_HOST", "")),
    )  # fmt: skip


def _upstox_rest(token: str, key: str, host: str) -> Iterator[Result]:
    from feeds.live import upstox_history, upstox_login
    from feeds.live.upstox_rest import HOST

    host = host or HOST
    day = datetime.now(UTC).astimezone(IST).date()
    week, month = day - timedelta(days=7), day - timedelta(days=30)

    def past(first: date, last: date, unit: str) -> int:
        return len(upstox_history.history(token, key, 1, first, last, unit, host))

    questions: tuple[tuple[str, Callable[[], int]], ...] = (
        ("the token is accepted by REST", lambda: int(upstox_login.is_accepted(token, host))),
        ("last prices are answered", lambda: len(upstox_history.last_prices(token, [key], host))),
        ("minutes of past days are answered", lambda: past(week, day - timedelta(days=1), "minutes")),
        ("days are answered", lambda: past(month, day, "days")),
        ("today's minutes are answered", lambda: len(upstox_history.today(token, key, 1, host)) or 1),
    )
    for name, question in questions:
        try:
            count = question()
        except VendorRefusal as error:
            yield Result(name, False, str(error))
        else:
            yield Result(name, count > 0, f"{count} rows")


def truedata(environment: Mapping[str, str], keys: Sequence[str], seconds: float) -> Try:
    """Raises ValueError where there is no credential. ``TRUEDATA_HOST``, ``_PORT``, ``_AUTH`` and ``_HISTORY`` name a
    stand-in. What must be refused is a user that nobody is: a wrong password for the owner might lock the account."""
    login, password = environment.get("TRUEDATA_LOGIN", ""), environment.get("TRUEDATA_PASSWORD", "")
    if not login or not password:
        raise ValueError("Set TRUEDATA_LOGIN and TRUEDATA_PASSWORD to those of your account.")
    named = {name: environment.get(f"TRUEDATA_{name.upper()}", "") for name in ("host", "port")}
    where = {name: value for name, value in named.items() if value}
    full = keys or ("RELIANCE", "HDFCBANK", "SBIN")
    return Try(
        "truedata", {"user": login, "password": password, **where},
        {"user": "nobody-of-this-name", "password": "no-password-of-anybody", **where}, full,
        ("NIFTY 50", "NIFTY BANK"), seconds,
        lambda: _truedata_rest(login, password, full[0], environment),
    )  # fmt: skip


def _truedata_rest(login: str, password: str, key: str, environment: Mapping[str, str]) -> Iterator[Result]:
    from feeds.live.truedata_history import AUTH, HOST, TrueDataHistory

    asked = TrueDataHistory(
        login, password, environment.get("TRUEDATA_AUTH", AUTH), environment.get("TRUEDATA_HISTORY", HOST)
    )
    now = datetime.now(UTC).astimezone(IST)
    week = now - timedelta(days=7)
    for name, question in (
        ("days are answered", lambda: asked.days(key, 1, week.date(), now.date())),
        ("minutes are answered", lambda: asked.minutes(key, 1, week, now)),
    ):
        try:
            rows = question()
        except VendorRefusal as error:
            yield Result(name, False, str(error))
            continue
        first = datetime.fromtimestamp(int(rows["start"][0]) / 1000, UTC).astimezone(IST) if len(rows) else None
        yield Result(name, len(rows) > 0, f"{len(rows)} rows, the first of {first:%d %b %H:%M}" if first else "none")


TRIES = {"truedata": truedata, "upstox": upstox}
