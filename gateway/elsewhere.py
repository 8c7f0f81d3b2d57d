"""A part of the dialect that an exchange of shares and contracts has nothing for: mutual funds. What is asked for is
empty, what would buy is refused, so that a program that looks everywhere goes on."""

from core.reasons import Reason, Refusal
from gateway.call import Call, Endpoint
from gateway.dumps import CSV
from gateway.reply import Reply, success

FUNDS = (
    "tradingsymbol,amc,name,purchase_allowed,redemption_allowed,minimum_purchase_amount,purchase_amount_multiplier,"
    "minimum_additional_purchase_amount,minimum_redemption_quantity,redemption_quantity_multiplier,dividend_type,"
    "scheme_type,plan,settlement_type,last_price,last_price_date\n"
)


def nothing(_: Call) -> Reply:
    """Orders, plans and holdings of funds: none."""
    return success([])


def funds(_: Call) -> Reply:
    """The list of funds: its heading."""
    return Reply(200, FUNDS.encode(), {"cache-control": "private, no-cache"}, CSV)


def refused(_: Call) -> Reply:
    """Nobody buys a fund here."""
    raise Refusal(Reason.FORBIDDEN, "There are no mutual funds here: shares, futures and options are traded.")


_READ = ("/mf/orders", "/mf/orders/{order_id}", "/mf/sips", "/mf/sips/{sip_id}", "/mf/holdings")
_WRITES = (
    ("POST", "/mf/orders"),
    ("DELETE", "/mf/orders/{order_id}"),
    ("POST", "/mf/sips"),
    ("PUT", "/mf/sips/{sip_id}"),
    ("DELETE", "/mf/sips/{sip_id}"),
)
ENDPOINTS = (
    *(Endpoint("GET", path, nothing) for path in _READ),
    Endpoint("GET", "/mf/instruments", funds),
    *(Endpoint(method, path, refused) for method, path in _WRITES),
)
