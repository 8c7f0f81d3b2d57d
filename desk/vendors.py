"""Credentials of vendors: typed in once by their owner, kept sealed, shown to nobody again, and the login that brings
the token of the day.

A browser goes to the vendor with a state that is good once and for the session that began it, and comes back with a
code. The web process keeps the code sealed; the sidecar exchanges it, for it alone speaks with vendors.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson

import log
import settings
from core import vendors
from core.reasons import Reason, Refusal
from core.vendors import TERMS, Vendor
from db import audit
from db import feeds as rows
from db.engine import Database
from db.feeds import CredentialRow
from desk import sealing
from desk.access import require_session, require_write
from desk.principal import Principal
from desk.rows import Row, ist

LOGIN_MINUTES = 10
LONGEST = 512
_TYPED, _TOKEN, _CODE = "credential", "token", "code"


@dataclass(frozen=True, slots=True)
class Credential:
    """What opens a vendor's door: the owner's ``fields`` and, where the vendor asks for a login each day, the token.

    Never logged: its text says whose it is and no more.
    """

    user_id: int
    vendor: Vendor
    fields: dict[str, str]
    token: str | None
    token_expires_at: datetime | None

    def __repr__(self) -> str:
        return f"Credential({self.user_id}, {self.vendor})"


@dataclass(frozen=True, slots=True)
class Code:
    """A code that came back, with the credential it belongs to."""

    credential: Credential
    code: str

    def __repr__(self) -> str:
        return f"Code({self.credential!r})"


def put(database: Database, principal: Principal, vendor: Vendor, typed: dict[str, str]) -> None:
    """Keep what its owner typed in for a vendor, in place of what stood there. Raises Refusal for what cannot be."""
    _may(principal)
    fields = _checked(vendor, typed)
    terms = TERMS[vendor]
    shown = next(text for name, text in fields.items() if name not in terms.secret)
    hint = f"{shown[:3]}…{shown[-2:]}" if len(shown) >= 8 else f"{shown[:1]}…"
    sealed = _sealed(principal.user_id, vendor, _TYPED, orjson.dumps(fields).decode())
    with database.connection() as connection:
        rows.put(connection, principal.user_id, vendor, sealed, hint)
        _note(connection, principal, "FEED_CREDENTIAL_SET", vendor)


def forget(database: Database, principal: Principal, vendor: Vendor) -> None:
    """Forget a credential and its token."""
    _may(principal)
    with database.connection() as connection:
        if not rows.drop(connection, principal.user_id, vendor):
            raise Refusal(Reason.NOT_FOUND, f"Nothing is kept of {TERMS[vendor].title}.", field="vendor")
        _note(connection, principal, "FEED_CREDENTIAL_FORGOTTEN", vendor)


def begin_login(database: Database, principal: Principal, vendor: Vendor) -> str:
    """The address of the vendor's dialog, with a state that is good once, for this session and for ten minutes."""
    _may(principal)
    if not TERMS[vendor].daily:
        raise Refusal(Reason.BAD_INPUT, f"{TERMS[vendor].title} asks for no login.", field="vendor")
    assert principal.session_public_id is not None  # _may asks for a session
    try:
        credential = of(database, principal.user_id, vendor)
    except sealing.LostKeyError as lost:
        raise Refusal(Reason.NOT_FOUND, str(lost), field="vendor") from None
    if credential is None:
        sentence = f"Type in the API key and secret of your {TERMS[vendor].title} app first."
        raise Refusal(Reason.NOT_FOUND, sentence, field="vendor")
    state = secrets.token_urlsafe(32)
    with database.connection() as connection:
        rows.begin_login(
            connection, _digest(state), principal.user_id, vendor, UUID(principal.session_public_id), LOGIN_MINUTES
        )
        _note(connection, principal, "FEED_LOGIN_BEGUN", vendor)
    fields = credential.fields
    return vendors.dialog(settings.load().kagaz_upstox_url, fields["api_key"], fields["redirect_url"], state)


def come_back(database: Database, principal: Principal, vendor: Vendor, state: str, code: str | None) -> None:
    """The browser is back from the dialog: keep the code for whoever exchanges it; None where the user declined.

    Raises Refusal BAD_INPUT for a state that is unknown, used, old, or was begun by another session.
    """
    _may(principal)
    assert principal.session_public_id is not None
    if code is not None and not (0 < len(code) <= LONGEST and code.isprintable()):
        raise Refusal(Reason.BAD_INPUT, "The code of the login is none.", field="code")
    sealed = None if code is None else _sealed(principal.user_id, vendor, _CODE, code)
    with database.connection() as connection:
        if rows.end_login(connection, _digest(state), UUID(principal.session_public_id), sealed) != vendor:
            sentence = "This login was not begun here, is used up, or took longer than ten minutes. Connect again."
            raise Refusal(Reason.BAD_INPUT, sentence, field="state")
        _note(connection, principal, "FEED_LOGIN_CAME_BACK", vendor, {"agreed": code is not None})


def of(database: Database, user_id: int, vendor: Vendor, *, welcome: bool = False) -> Credential | None:
    """The credential of a user for one vendor, open; no other is looked at. ``welcome``: none that the vendor refused.

    Raises LostKeyError when it cannot be opened.
    """
    with database.autocommit() as connection:
        found = rows.credentials(connection, user_id)
    row = next((each for each in found if each.vendor == vendor), None)
    return None if row is None or (welcome and row.refused is not None) else _opened(user_id, row)


def take_code(database: Database) -> Code | None:
    """The next code that waits to be exchanged; nobody else gets it. None when none waits or it cannot be opened."""
    with database.connection() as connection:
        found = rows.take_code(connection)
    if found is None:
        return None
    vendor = Vendor(found.vendor)
    try:
        code = sealing.unseal(found.code_sealed, _of(found.user_id, vendor, _CODE))
        credential = of(database, found.user_id, vendor)
    except sealing.LostKeyError as lost:
        refused(database, found.user_id, vendor, str(lost))
        return None
    if credential is None:
        return None
    log.hide(code)
    return Code(credential, code)


def connected(database: Database, credential: Credential, token: str, expires_at: datetime) -> None:
    """The vendor gave a token: it is sealed, and the owner's market opens its feed with it."""
    log.hide(token)
    sealed = _sealed(credential.user_id, credential.vendor, _TOKEN, token)
    with database.connection() as connection:
        if rows.put_token(connection, credential.user_id, credential.vendor, sealed, expires_at):
            detail = {"vendor": credential.vendor, "expires_at": expires_at.isoformat()}
            audit.append(connection, "system", "FEED_CONNECTED", user_id=credential.user_id, detail=detail)


def refused(
    database: Database,
    user_id: int,
    vendor: Vendor,
    sentence: str,
    *,
    drop_token: bool = False,
    version: int | None = None,
) -> None:
    """The vendor let us in no longer, in a sentence for the owner. ``version`` is the market's when the feed was opened
    that was refused: nothing is said of a credential or token that came since."""
    told = log.redact(sentence)[:300]
    with database.connection() as connection:
        rows.refuse(connection, user_id, vendor, told, drop_token=drop_token, version=version)


def listed(database: Database, user_id: int) -> list[Row]:
    """Each vendor as its owner may see it: ``state``, in words, the end of its token; never what was typed in.

    ``state`` is NONE (nothing typed in), READY (it may be opened), CONNECT (its owner must log in), CONNECTING (a code
    is being exchanged, or waits for it), or REFUSED.
    """
    with database.autocommit() as connection:
        found = {Vendor(each.vendor): each for each in rows.credentials(connection, user_id)}
    return [_listed(vendor, found.get(vendor)) for vendor in Vendor]


def _listed(vendor: Vendor, row: CredentialRow | None) -> Row:
    terms = TERMS[vendor]
    state = "NONE"
    if row is not None:
        state = "READY" if row.alive or not terms.daily else "CONNECT"
        if row.refused is not None:
            state = "REFUSED"
        if row.waits:
            state = "CONNECTING"
    expires = row.token_expires_at if row is not None else None
    return {
        "vendor": str(vendor),
        "title": terms.title,
        "daily": terms.daily,
        "state": state,
        "hint": row.hint if row is not None else None,
        "refused": row.refused if row is not None else None,
        "token_expires_at": None if expires is None else ist(expires),
    }


def _opened(user_id: int, row: CredentialRow) -> Credential:
    vendor = Vendor(row.vendor)
    fields: dict[str, str] = orjson.loads(sealing.unseal(row.sealed, _of(user_id, vendor, _TYPED)))
    for name in TERMS[vendor].secret:
        log.hide(fields.get(name))
    token = None
    if row.token_sealed is not None and row.alive:
        token = sealing.unseal(row.token_sealed, _of(user_id, vendor, _TOKEN))
        log.hide(token)
    return Credential(user_id, vendor, fields, token, row.token_expires_at if row.alive else None)


def _checked(vendor: Vendor, typed: dict[str, str]) -> dict[str, str]:
    terms = TERMS[vendor]
    fields = {}
    for name, label in terms.fields.items():
        text = str(typed.get(name, "")).strip()
        if not text and name in terms.may:
            continue
        if not text:
            raise Refusal(Reason.MISSING_FIELD, f"{label} is missing.", field=name)
        if len(text) > LONGEST or not text.isprintable():
            raise Refusal(Reason.BAD_INPUT, f"{label} has at most {LONGEST} printable letters.", field=name)
        fields[name] = text
    if not 0 < int(fields.get("port", "1") if fields.get("port", "1").isdecimal() else 0) < 65_536:
        raise Refusal(Reason.BAD_INPUT, "A port is a whole number from 1 to 65535.", field="port")
    if re.fullmatch(r"[0-9A-Za-z.-]{1,253}", fields.get("host", "a"), re.ASCII) is None:
        raise Refusal(Reason.BAD_INPUT, "A host is a name like push.truedata.in.", field="host")
    _known(fields.get("host", "").lower())
    if "redirect_url" in fields:
        parts = urlsplit(fields["redirect_url"])
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
            sentence = "The redirect URL is an address like https://kagaz.example.com/api/v1/feeds/upstox/callback."
            raise Refusal(Reason.BAD_INPUT, sentence, field="redirect_url")
    return fields


def _known(host: str) -> None:
    """The server itself connects to this host: any name would let a trader look around in the network it stands in."""
    allowed = {each.lower() for each in settings.load().kagaz_vendor_hosts}
    if host and not host.endswith(".truedata.in") and host not in allowed:
        sentence = (
            "TrueData's hosts end in .truedata.in. For another, ask the operator to name it in KAGAZ_VENDOR_HOSTS."
        )
        raise Refusal(Reason.BAD_INPUT, sentence, field="host")


def _may(principal: Principal) -> None:
    """Credentials are for who is signed in and trades: a leaked token must not bring its own."""
    require_session(principal)
    require_write(principal)


def _note(
    connection: Any, principal: Principal, action: str, vendor: Vendor, detail: dict[str, Any] | None = None
) -> None:
    told = {"vendor": str(vendor), **(detail or {})}
    audit.append(connection, principal.name, action, principal.name, user_id=principal.user_id, detail=told)


def _of(user_id: int, vendor: Vendor, what: str) -> str:
    return f"kagaz/{what}/{vendor}/{user_id}"


def _sealed(user_id: int, vendor: Vendor, what: str, text: str) -> bytes:
    return sealing.seal(text, _of(user_id, vendor, what))


def _digest(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()
