"""Who the program acts for, and the money of the account."""

from typing import Any

from core.instruments import EXCHANGES
from core.orders import OrderType, Product
from core.reasons import Reason, Refusal
from desk import identity, screens
from gateway.call import Call, Endpoint
from gateway.reply import Reply, success

BROKER = "KAGAZ"
SEGMENTS = ("equity", "commodity")


def profile_of(database: Any, name: str) -> dict[str, Any]:
    """A user as clients know one."""
    found = identity.find(database, name)
    return {
        "user_id": found.name,
        "user_type": "individual",
        "email": found.email or "",
        "user_name": found.display_name,
        "user_shortname": (found.display_name.split() or [found.name])[0],
        "broker": BROKER,
        "exchanges": list(EXCHANGES),
        "products": [str(each) for each in Product],
        "order_types": [str(each) for each in OrderType],
        "avatar_url": None,
        "meta": {"demat_consent": "consent"},
    }


def profile(call: Call) -> Reply:
    """The user behind the token."""
    return success(profile_of(call.database, call.principal.name))


def margins(call: Call) -> Reply:
    """Funds by segment."""
    wallet = screens.wallet(call.database, call.account())
    return success({"equity": equity(wallet), "commodity": EMPTY})


def segment(call: Call) -> Reply:
    """Funds of one segment."""
    if call.path["segment"] not in SEGMENTS:
        raise Refusal(Reason.BAD_INPUT, f"Ask for {' or '.join(SEGMENTS)}.", "segment")
    if call.path["segment"] == "commodity":
        return success(EMPTY)
    return success(equity(screens.wallet(call.database, call.account())))


def equity(wallet: dict[str, Any]) -> dict[str, Any]:
    """A wallet in a broker's heads. ``net`` and ``live_balance`` are what an order may use now: ``cash`` less
    ``debits``, which is what open orders, positions and their running loss tie up together."""
    tied = ("held", "margin", "option_premium", "blocked_loss")
    debits = round(sum(wallet[each] for each in tied), 2)
    return {
        "enabled": True,
        "net": wallet["available"],
        "available": {
            "adhoc_margin": 0,
            "cash": round(wallet["available"] + debits, 2),
            "opening_balance": wallet["opening_balance"],
            "live_balance": wallet["available"],
            "collateral": 0,
            "intraday_payin": wallet["deposits"],
        },
        "utilised": {
            "debits": debits,
            "exposure": wallet["exposure"],
            "m2m_realised": wallet["realised"],
            "m2m_unrealised": wallet["unrealised"],
            "option_premium": wallet["option_premium"],
            "payout": wallet["withdrawals"],
            "span": wallet["span"],
            "holding_sales": wallet["holding_sales"],
            "turnover": 0,
            "liquid_collateral": 0,
            "stock_collateral": 0,
            "delivery": wallet["delivery_margin"],
        },
    }


_NOTHING = 0
EMPTY = {
    "enabled": False,
    "net": _NOTHING,
    "available": dict.fromkeys(
        ("adhoc_margin", "cash", "opening_balance", "live_balance", "collateral", "intraday_payin"), _NOTHING
    ),
    "utilised": dict.fromkeys(
        (
            "debits", "exposure", "m2m_realised", "m2m_unrealised", "option_premium", "payout", "span",
            "holding_sales", "turnover", "liquid_collateral", "stock_collateral", "delivery",
        ),
        _NOTHING,
    ),
}  # fmt: skip

ENDPOINTS = (
    Endpoint("GET", "/user/profile", profile),
    Endpoint("GET", "/user/margins", margins),
    Endpoint("GET", "/user/margins/{segment}", segment),
)
