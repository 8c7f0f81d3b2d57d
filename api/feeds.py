"""Live feeds: how they are, and where a vendor's login comes back to. No price and no credential is in any answer."""

from urllib.parse import urlencode

from api.call import Call, Endpoint
from api.readers import text
from api.reply import Reply
from core.reasons import Refusal
from core.vendors import Vendor
from desk import feed_status, vendors

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


ENDPOINTS = (
    Endpoint("GET", "/feeds", listed, "Live feeds and their state"),
    Endpoint("GET", "/feeds/upstox/login", login, "To Upstox's login", status=303, instead=_stopped),
    Endpoint(
        "GET", "/feeds/upstox/callback", callback, "Where Upstox's login comes back to", status=303, instead=_stopped
    ),
)
