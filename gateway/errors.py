"""What a refusal is called in the dialect: one table from our numbered reasons to its words and HTTP statuses.

Clients choose the exception they raise by the word alone. A word stands for a range of numbers, because reasons are
numbered by department; a reason that is told otherwise has a row of its own.
"""

from dataclasses import dataclass

from core.reasons import Reason

TOKEN, PERMISSION, INPUT, ORDER = "TokenException", "PermissionException", "InputException", "OrderException"
MARGIN, HOLDING, USER = "MarginException", "HoldingException", "UserException"
NETWORK, DATA, GENERAL = "NetworkException", "DataException", "GeneralException"


@dataclass(frozen=True, slots=True)
class Kind:
    """What an error is called, and the HTTP status that it comes with."""

    error_type: str
    status: int


DEPARTMENTS: tuple[tuple[range, Kind], ...] = (
    (range(100, 200), Kind(INPUT, 400)),  # what cannot be read
    (range(200, 203), Kind(INPUT, 400)),  # the instrument
    (range(203, 300), Kind(ORDER, 400)),  # the session
    (range(300, 400), Kind(INPUT, 400)),  # price and quantity
    (range(400, 500), Kind(INPUT, 400)),  # product, type and validity
    (range(500, 600), Kind(MARGIN, 400)),  # money
    (range(600, 700), Kind(ORDER, 400)),  # limits of risk
    (range(700, 720), Kind(ORDER, 400)),  # the state of an order
    (range(720, 760), Kind(INPUT, 400)),  # what waits, conversions, settlement
    (range(800, 900), Kind(PERMISSION, 403)),  # who may
    (range(900, 1000), Kind(GENERAL, 500)),  # the system
)
EXCEPTIONS: dict[Reason, Kind] = {
    Reason.STALE_PRICE: Kind(DATA, 502),
    Reason.NOT_ENOUGH_SHARES: Kind(HOLDING, 400),
    Reason.OTHER_LEG_FIRST: Kind(ORDER, 400),
    Reason.RATE_LIMIT: Kind(NETWORK, 429),
    Reason.ORDERS_A_DAY: Kind(NETWORK, 429),
    Reason.REARM_NOT_YOURS: Kind(PERMISSION, 403),
    Reason.LIMIT_NOT_YOURS: Kind(PERMISSION, 403),
    Reason.UNKNOWN_ORDER: Kind(ORDER, 404),
    Reason.UNKNOWN_ACCOUNT: Kind(USER, 403),
    Reason.ACCOUNT_ARCHIVED: Kind(USER, 403),
    Reason.UNKNOWN_GTT: Kind(GENERAL, 404),
    Reason.CONVERSION_FUNDS: Kind(MARGIN, 400),
    Reason.SIGN_IN: Kind(TOKEN, 403),
    Reason.BAD_CREDENTIALS: Kind(TOKEN, 403),
    Reason.LOCKED_OUT: Kind(NETWORK, 429),
    Reason.NOT_READY: Kind(NETWORK, 503),
    Reason.TRY_AGAIN: Kind(NETWORK, 503),
    Reason.NOT_FOUND: Kind(GENERAL, 404),
}


def kind_of(reason: Reason) -> Kind:
    """What a refusal is called, and its status."""
    found = EXCEPTIONS.get(reason)
    if found is not None:
        return found
    for numbers, kind in DEPARTMENTS:
        if int(reason) in numbers:
            return kind
    return Kind(GENERAL, 500)
