"""Fetching a vendor's file of instruments: over https, bounded in size and time, without telling a password.

The file is on this machine before the masters are locked for it: a slow vendor delays nobody.
"""

import http.client
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import IO, Any
from urllib.parse import urlencode, urljoin, urlsplit

import log
from core.calendar import IST
from core.hosts import may_be_told_secrets
from core.reasons import Reason, Refusal
from core.vendors import TERMS, Vendor
from db import identity, vendor_keys, vendor_loads
from db import live as live_rows
from db.engine import Database
from desk import vendor_masters, vendors
from desk.rows import Row
from desk.sealing import LostKeyError

ADDRESSES = {
    Vendor.UPSTOX: "https://assets.upstox.com/market-quote/instruments/exchange/complete.json.gz",
    Vendor.TRUEDATA: "https://api.truedata.in/getAllSymbols",
}
"""Where the vendors publish their lists: Upstox's is public, TrueData's asks for its customer's login."""
MOST = 128 << 20
PATIENCE, WHOLE = 30.0, 300.0
CHUNK = 1 << 16
FROM_HOUR, AGAIN = 6, 1800
ACTOR = "timed job"


class _Refused(Exception):
    """Why nothing was fetched, in a sentence without the address's query."""


class _Unwelcome(_Refused):
    """The login itself was refused: to send it again might lock the account."""


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only where it is as safe as the first address."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not may_be_told_secrets(urljoin(req.full_url, newurl)):
            raise _Refused("it redirects to an address that is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(
    database: Database,
    vendor: Vendor,
    actor: str,
    credential: vendors.Credential | None = None,
    address: str | None = None,
    on: date | None = None,
) -> Row:
    """Fetch the vendor's file and load it; its report. What failed is kept as a report too.

    Raises Refusal in a sentence where it cannot be fetched or read.
    """
    base = address or ADDRESSES[vendor]
    parts = urlsplit(base)
    source = f"{parts.hostname or base}{parts.path}"
    day = on or datetime.now(IST).date()
    try:
        if not may_be_told_secrets(base):
            raise _Refused("its address must begin with https://")
        with _downloaded(base + _query(vendor, credential)) as file:
            return vendor_masters.load(database, source, iter(lambda: file.read(CHUNK), b""), actor, vendor, day)
    except _Refused as why:
        sentence = f"The list of instruments of {TERMS[vendor].title} could not be fetched: {why}."
        if credential is not None and isinstance(why, _Unwelcome):
            vendors.refused(database, credential.user_id, vendor, sentence)
    except Refusal as refusal:
        sentence = refusal.sentence
    with database.connection() as connection:
        vendor_loads.keep_report(connection, vendor, source, day, actor, {"failed": sentence})
    raise Refusal(Reason.BAD_INPUT, sentence, "file")


def _query(vendor: Vendor, credential: vendors.Credential | None) -> str:
    if vendor is not Vendor.TRUEDATA:
        return ""
    if credential is None:
        raise _Refused("it asks for a login, and nobody has typed one in that it takes")
    log.hide(credential.fields["password"])
    asked = {
        "segment": "all", "user": credential.fields["user"], "password": credential.fields["password"],
        "csv": "true", "csvheader": "true", "allexpiry": "true",
    }  # fmt: skip
    return f"?{urlencode(asked)}"


@contextmanager
def _downloaded(address: str) -> Iterator[IO[bytes]]:
    """The file from its beginning. Raises _Refused where it does not come, is too long or takes too long."""
    opener = urllib.request.build_opener(_SafeRedirects())
    asked = urllib.request.Request(address, headers={"user-agent": "kagaz", "accept": "*/*"})  # noqa: S310 - looked at
    deadline, size = time.monotonic() + WHOLE, 0
    with tempfile.SpooledTemporaryFile(max_size=8 << 20) as file:
        try:
            with opener.open(asked, timeout=PATIENCE) as answer:
                while chunk := answer.read1(CHUNK):
                    size += len(chunk)
                    if size > MOST:
                        raise _Refused(f"it is longer than {MOST >> 20} MB")
                    if time.monotonic() > deadline:
                        raise _Refused(f"it did not come within {WHOLE:.0f} seconds")
                    file.write(chunk)
                if size < int(answer.headers.get("content-length") or 0):
                    raise _Refused("it ended too early")
        except urllib.error.HTTPError as error:
            raise (_Unwelcome if error.code in (401, 403) else _Refused)(f"the answer was {error.code}") from None
        except urllib.error.URLError as error:
            raise _Refused(f"{error.reason}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _Refused(f"the connection broke ({type(error).__name__})") from None
        file.seek(0)
        yield file


def due(database: Database, now: datetime | None = None) -> list[tuple[Vendor, vendors.Credential | None]]:
    """The vendors whose list of today is to be fetched, each with the login of an owner whose market runs.

    From six in the morning, and at once where there was none ever; a vendor that failed is left alone for a while.
    """
    moment = (now or datetime.now(UTC)).astimezone(IST)
    with database.autocommit() as connection:
        running = [each for each in live_rows.all_live(connection) if each.running]
        last = vendor_keys.last_loads(connection)
    found: list[tuple[Vendor, vendors.Credential | None]] = []
    for vendor in Vendor:
        owners = [each.owner_id for each in running if vendor in (each.feed, each.backup)]
        loaded, tried = last.get(vendor, (None, None))
        if loaded is not None and (loaded >= moment.date() or moment.hour < FROM_HOUR):
            continue
        if owners and (tried is None or tried >= AGAIN):
            found.append((vendor, _login(database, vendor, owners)))
    return found


def _login(database: Database, vendor: Vendor, owners: list[int]) -> vendors.Credential | None:
    """The first login that can be opened and that the vendor did not refuse: it locks accounts that repeat one."""
    if vendor is Vendor.TRUEDATA:
        for owner in owners:
            try:
                known = vendors.of(database, owner, vendor, welcome=True)
            except LostKeyError:
                log.get(__name__).warning("A login cannot be opened", extra={"vendor": vendor, "owner": owner})
                continue
            if known is not None:
                return known
    return None


def login_of(database: Database, vendor: Vendor, name: str) -> vendors.Credential | None:
    """What a user typed in for the vendor. Raises Refusal where there is no such user, or nothing that can be read."""
    with database.autocommit() as connection:
        user = identity.user_by_name(connection, name)
    try:
        known = vendors.of(database, user.id, vendor) if user else None
    except LostKeyError as lost:
        raise Refusal(Reason.NOT_FOUND, str(lost), "user") from None
    if known is None:
        raise Refusal(Reason.NOT_FOUND, f"{name} has typed in nothing for {TERMS[vendor].title}.", "user")
    return known
