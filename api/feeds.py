"""Live feeds: how they are, what opens them, and where a vendor's login comes back to. No price and no credential is
in any answer; what opens a vendor's door is typed in by who is signed in, and never by a token."""

from typing import Any
from urllib.parse import urlencode

from api.call import Call, Endpoint
from api.parsing import bad
from api.readers import choice, flag, text
from api.reply import Reply
from core.reasons import Reason, Refusal
from core.vendors import TERMS, Vendor
from desk import access, feed_status, live, vendors
from web.texts import storable

PAGE = "/feeds"


def listed(call: Call) -> Reply:
    """One's own feeds and vendors; who administers sees the feeds of all."""
    call.query().close()
    items = feed_status.listed(call.database, call.principal)
    own = feed_status.connections(call.database, call.principal)
    return Reply(200, {"items": items, "vendors": own, "next": None, "version": None})


def login(call: Call) -> Reply:
    """On to the vendor's dialog, with a state that is good once, for this session and ten minutes."""
    call.query().close()
    address = vendors.begin_login(call.database, call.principal, Vendor.UPSTOX)
    return Reply(303, None, {"location": address, "referrer-policy": "no-referrer", "cache-control": "no-store"})


def callback(call: Call) -> Reply:
    """The browser is back from the vendor's dialog: on to the page, which tells how it went.

    A vendor may add fields of its own, so that unknown ones are passed over. Nothing that came is repeated.
    """
    fields = call.query()
    state, code = fields.may("state", text), fields.may("code", text)
    try:
        vendors.come_back(call.database, call.principal, Vendor.UPSTOX, state or "", code)
    except Refusal:
        return _to("lost")
    return _to("connecting" if code else "declined")


def _to(outcome: str) -> Reply:
    # What stands in the address of this request must not travel on to where the next page links.
    headers = {"location": f"{PAGE}?{urlencode({'login': outcome})}", "referrer-policy": "no-referrer"}
    return Reply(303, None, headers | {"cache-control": "no-store"})


def _stopped(problem: Reply) -> Reply:
    """Back to the page, which asks who comes without a session to sign in, and says that the login was for nothing."""
    return _to("signed-out" if problem.status == 401 else "lost")


def typed(value: Any) -> str:
    """What is typed in for a vendor; what it must look like is the desk's to say."""
    if not isinstance(value, str) or not 1 <= len(value) <= vendors.LONGEST or not storable(value):
        raise bad(f"Send a text of 1 to {vendors.LONGEST} characters.")
    return value


def _vendor(call: Call) -> Vendor:
    """The vendor that the path names."""
    try:
        return Vendor(call.path["vendor"])
    except ValueError:
        sentence = f"There is no such vendor. Those there are: {', '.join(Vendor)}."
        raise Refusal(Reason.NOT_FOUND, sentence, "vendor") from None


def put(call: Call) -> Reply:
    """Keep what opens a vendor's door, in place of what was kept: sealed, and told to nobody again."""
    access.require_session(call.principal)
    vendor, fields = _vendor(call), call.body()
    sent = {name: fields.may(name, typed) for name in TERMS[vendor].fields}
    fields.close()
    vendors.put(call.database, call.principal, vendor, {name: one for name, one in sent.items() if one is not None})
    return Reply(204)


def forget(call: Call) -> Reply:
    """Forget it, with the token of the day."""
    access.require_session(call.principal)
    call.query().close()
    vendors.forget(call.database, call.principal, _vendor(call))
    return Reply(204)


def choose(call: Call) -> Reply:
    """Switch one's own live market on, with the feed named and perhaps another for when that is silent."""
    access.require_write(call.principal)
    access.require_unbound(call.principal)
    fields = call.body()
    first, second = fields.need("feed", choice(Vendor)), fields.may("backup", choice(Vendor))
    fields.close()
    return Reply(200, {"market": live.choose(call.database, call.principal, first, second), "running": True})


def switch(call: Call) -> Reply:
    """Start or stop the feed of a live market, have it opened anew, or have its frames written to files, or no more:
    its owner's affair, or an administrator's. One of these at a time."""
    access.require_write(call.principal)
    access.require_unbound(call.principal)
    fields = call.body()
    market, on = fields.need("market", text), fields.may("on", flag)
    anew, kept = fields.may("reconnect", flag) or False, fields.may("record", flag)
    fields.close()
    if [on is not None, anew, kept is not None].count(True) != 1:
        sentence = "Send one of on, which starts or stops it, reconnect, which opens it anew, and record."
        raise bad(sentence, "on")
    if on is not None:
        live.switch(call.database, call.principal, market, on=on)
    elif kept is not None:
        live.record(call.database, call.principal, market, on=kept)
    else:
        live.reconnect(call.database, call.principal, market)
    return Reply(204)


_TYPED = tuple(dict.fromkeys(name for each in TERMS.values() for name in each.fields))
_VENDOR = "/feeds/vendors/{vendor}"
ENDPOINTS = (
    Endpoint("GET", "/feeds", listed, "Live feeds and their state"),
    Endpoint("PUT", _VENDOR, put, "Keep what opens a vendor's door", body=_TYPED, status=204),
    Endpoint("DELETE", _VENDOR, forget, "Forget what opens a vendor's door", status=204),
    Endpoint("PUT", "/feeds/market", choose, "Switch one's live market on", body=("feed", "backup")),
    Endpoint(
        "POST", "/feeds/market/switch", switch, "Start, stop, reopen or record a feed",
        body=("market", "on", "reconnect", "record"), status=204,
    ),
    Endpoint("GET", "/feeds/upstox/login", login, "To Upstox's login", status=303, instead=_stopped),
    Endpoint(
        "GET", "/feeds/upstox/callback", callback, "Where Upstox's login comes back to", status=303, instead=_stopped
    ),
)  # fmt: skip
