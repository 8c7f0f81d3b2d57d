"""Past candles of TrueData, to fill charts after an outage: a token by password, then questions within the pace.

Certificates are verified, no redirect is followed, and each question ends in time. A refused password is remembered:
no second question is asked with it, because the vendor locks accounts.
"""

import csv
import http.client
import io
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import numpy as np
import orjson

import log
from core import vendor_limits
from core.calendar import IST
from core.hosts import may_be_told_secrets
from core.vendors import Vendor
from feeds.candles import CANDLE_TYPE, Candles, in_order
from feeds.live import truedata_wire as wire
from feeds.live.pace import REST, Pace
from feeds.live.refusal import VendorRefusal

AUTH, HOST = "https://auth.truedata.in", "https://history.truedata.in"
SECONDS, LONGEST = 15.0, 32 << 20
# Seconds before its end at which a token is renewed.
EARLY = 60.0
# Days of one question.
MINUTES_SPAN, DAYS_SPAN = 28, 3_650


class TrueDataHistory:
    """One account's way to past candles. May be shared by threads, whose questions then wait for one another.

    ``left_out`` counts rows that made no sense. ``mono`` (seconds) and ``wait`` are for tests.
    """

    def __init__(
        self,
        login: str,
        password: str,
        auth: str = AUTH,
        host: str = HOST,
        mono: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        log.hide(password)
        self._login, self._password = login, password
        self._auth, self._host, self._mono, self._wait = auth, host, mono, wait
        self._lock = threading.Lock()
        self._token, self._ends = "", 0.0
        self._refused: VendorRefusal | None = None
        self._pace = Pace(vendor_limits.of(Vendor.TRUEDATA, datetime.now(IST).date()).questions)
        self.left_out = 0

    def minutes(self, key: str, instrument: int, begin: datetime, end: datetime) -> Candles:
        """Candles of one minute that start from ``begin`` to ``end``, oldest first, under our number ``instrument``.

        Raises VendorRefusal. A candle is stamped with its start, as the vendor's are.
        """
        parts = [
            self._bars(key, instrument, "1min", since, until)
            for since, until in _spans(begin.astimezone(IST), end.astimezone(IST), timedelta(days=MINUTES_SPAN))
        ]
        return in_order(parts)

    def days(self, key: str, instrument: int, first: date, last: date) -> Candles:
        """Candles of one day from ``first`` to ``last``, both included, oldest first. Raises VendorRefusal."""
        begin = datetime.combine(first, datetime.min.time(), IST)
        end = datetime.combine(last, datetime.max.time(), IST)
        parts = [
            self._bars(key, instrument, "eod", since, until)
            for since, until in _spans(begin, end, timedelta(days=DAYS_SPAN))
        ]
        return in_order(parts)

    def _bars(self, key: str, instrument: int, interval: str, begin: datetime, end: datetime) -> Candles:
        query = {
            "symbol": key.upper(), "from": f"{begin:%y%m%dT%H:%M:%S}", "to": f"{end:%y%m%dT%H:%M:%S}",
            "interval": interval, "response": "csv",
        }  # fmt: skip
        rows = []
        with self._lock:
            text = self._asked(f"/getbars?{urlencode(query)}")
        for row in csv.DictReader(io.StringIO(text)):
            made = _row({(name or "").strip().lower(): value for name, value in row.items()}, instrument)
            if made is None:
                self.left_out += 1
            else:
                rows.append(made)
        return np.array(rows, CANDLE_TYPE)

    def _asked(self, path: str) -> str:
        """With a token that is good; one that is refused is renewed once."""
        for again in (True, False):
            status, body = self._send(self._host, "GET", path, {"Authorization": f"Bearer {self._bearer()}"})
            if status != 401 or not again:
                break
            self._token = ""
        if status != 200:
            raise VendorRefusal(status, f"TrueData answered a question for candles with HTTP {status}.")
        return body.decode("utf-8", "replace")

    def _bearer(self) -> str:
        if self._refused is not None:
            raise self._refused
        if self._token and self._mono() < self._ends - EARLY:
            return self._token
        form = urlencode({"username": self._login, "password": self._password, "grant_type": "password"})
        status, body = self._send(
            self._auth, "POST", "/token", {"Content-Type": "application/x-www-form-urlencoded"}, form
        )
        if status in (400, 401, 403):
            self._refused = VendorRefusal(status, f"TrueData refused the login for candles (HTTP {status}).")
            raise self._refused
        try:
            said = orjson.loads(body)
            token, lasts = said["access_token"], float(said["expires_in"])
        except (ValueError, KeyError, TypeError):
            raise VendorRefusal(status, f"TrueData gave no token (HTTP {status}).") from None
        if not isinstance(token, str) or not token.isascii() or not 0 < lasts < 10**8:
            raise VendorRefusal(status, "TrueData gave a token that cannot be used.")
        log.hide(token)
        self._token, self._ends = token, self._mono() + lasts
        return token

    def _send(
        self, base: str, method: str, path: str, headers: Mapping[str, str], body: str | None = None
    ) -> tuple[int, bytes]:
        """Status and body of one question, after its turn in the pace has come."""
        self._pace.turn("TrueData", self._mono, self._wait)
        if not may_be_told_secrets(base):
            raise ValueError(f"{base} is no address to send a password to: it must begin with https://.")
        parts = urlsplit(base)
        host, port = parts.hostname or "", parts.port
        made: http.client.HTTPConnection
        if parts.scheme == "https":
            made = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
        else:
            made = http.client.HTTPConnection(host, port, timeout=SECONDS)
        try:
            made.request(method, path, body, dict(headers))
            answer = made.getresponse()
            said = answer.read(LONGEST)
        except (OSError, http.client.HTTPException) as error:
            raise VendorRefusal(0, f"{host} could not be asked ({type(error).__name__}).") from None
        finally:
            made.close()
        if answer.status == 429:
            self._pace.rest(self._mono() + REST)
        return answer.status, said


def _row(row: Mapping[str, str | None], instrument: int) -> tuple[int, ...] | None:
    """One candle; None where it makes no sense."""
    said = {name: value.strip() for name, value in row.items() if isinstance(value, str)}
    try:
        start = wire.instant((said.get("timestamp") or said.get("time", "")).replace(" ", "T"))
        opened, high, low, close = (wire.paise(said.get(name, "")) for name in ("open", "high", "low", "close"))
        volume, oi = (wire.units(said.get(name, "")) for name in ("volume", "oi"))
    except ValueError:
        return None
    if not 0 < low <= min(opened, close) or high < max(opened, close):
        return None
    return (instrument, start, opened, high, low, close, volume, oi)


def _spans(begin: datetime, end: datetime, longest: timedelta) -> Iterator[tuple[datetime, datetime]]:
    while begin <= end:
        until = min(end, begin + longest)
        yield begin, until
        begin = until + timedelta(seconds=1)
