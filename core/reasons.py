"""Every refusal has a number, a field and a sentence that says what to do. One home for all of them.

Numbers by department: 1xx input, 2xx instrument and session, 3xx price and quantity, 4xx product and
holdings, 5xx money, 6xx risk limits, 7xx state of the order, 8xx identity and access, 9xx system.
"""

import dataclasses
from enum import IntEnum


class Reason(IntEnum):
    """The number of a refusal, and of why an order ended."""

    # 1xx input
    BAD_INPUT = 100
    MISSING_FIELD = 101
    UNKNOWN_FIELD = 102
    KEY_REQUIRED = 103
    KEY_CONFLICT = 104
    BAD_KEY = 105
    # 2xx instrument and session
    UNKNOWN_INSTRUMENT = 200
    NOT_TRADABLE = 201
    EXPIRED = 202
    MARKET_STOPPED = 203
    MARKET_CLOSED = 204
    MARKET_ROLLING = 205
    NO_PRICE = 206
    STALE_PRICE = 207
    WINDOW_CLOSED = 208
    WINDOW_TYPE = 209
    WINDOW_VALIDITY = 210
    WINDOW_DISCLOSED = 211
    WINDOW_NO_CHANGE = 212
    WINDOW_NO_CANCEL = 213
    POST_CLOSE_PRICE = 214
    NOT_FOR_AUCTION = 215
    OUTSIDE_AUCTION_BAND = 216
    AUCTION_UNMATCHED = 217
    BAND_MOVED = 218
    AMO_WAITS = 219
    AMO_NOT_NOW = 220
    AMO_NOT_TAKEN = 221
    CALENDAR_DAY = 222
    MARKET_HALTED = 223
    # 3xx price and quantity
    QUANTITY_NOT_POSITIVE = 300
    NOT_A_LOT = 301
    ABOVE_FREEZE = 302
    OFF_TICK = 303
    OUTSIDE_BAND = 304
    PRICE_REQUIRED = 305
    PRICE_NOT_ALLOWED = 306
    TRIGGER_REQUIRED = 307
    TRIGGER_NOT_ALLOWED = 308
    TRIGGER_SIDE = 309
    LIMIT_BEHIND_TRIGGER = 310
    BELOW_FILLED = 311
    TRIGGER_OFF_TICK = 312
    TRIGGER_OUTSIDE_BAND = 313
    ABOVE_CASH_QUANTITY = 314
    DISCLOSED_TOO_SMALL = 315
    DISCLOSED_TOO_LARGE = 316
    LEGS_OUT_OF_RANGE = 317
    LEG_NOT_A_LOT = 318
    LEG_ABOVE_FREEZE = 319
    PROTECTION_OUT_OF_RANGE = 320
    OUTSIDE_REFERENCE = 321
    # 4xx product and holdings
    PRODUCT_NOT_ALLOWED = 400
    VALIDITY_NOT_ALLOWED = 401
    TYPE_NOT_ALLOWED = 402
    NOT_ENOUGH_SHARES = 403
    MARKET_NOT_OFFERED = 405
    PROTECTION_NEEDED = 406
    PROTECTION_NOT_ALLOWED = 407
    TTL_ON_MARKET = 408
    TTL_MINUTES_REQUIRED = 409
    TTL_MINUTES_NOT_ALLOWED = 410
    TTL_OUT_OF_RANGE = 411
    DISCLOSED_ON_CONTRACT = 412
    DISCLOSED_WITH_IOC = 413
    ICEBERG_NOT_LIMIT = 414
    ICEBERG_WITH_IOC = 415
    ICEBERG_WITH_DISCLOSED = 416
    ICEBERG_SLICED = 417
    ICEBERG_HAS_TRADED = 418
    TTL_EXPIRED = 419
    # 5xx money
    NOT_ENOUGH_FUNDS = 500
    NOT_WITHDRAWABLE = 501
    AMOUNT_NOT_POSITIVE = 502
    AMOUNT_TOO_LARGE = 503
    OTHER_LEG_FIRST = 505
    SHORT_SHRANK = 506
    RISK_SQUARE_OFF = 507
    DELIVERY_MARGIN = 508
    LAST_DAY_MARGIN = 509
    # 6xx risk
    RATE_LIMIT = 600
    TOO_MANY_MODIFICATIONS = 601
    # 61x to 65x risk limits, listings and states
    ACCOUNT_REDUCING = 610
    ACCOUNT_HALTED = 611
    KILL_SWITCH = 612
    ORDERS_A_DAY = 613
    TRADES_A_DAY = 614
    OPEN_ORDERS = 615
    ORDER_VALUE = 616
    ORDER_QUANTITY = 617
    PRICE_AWAY = 618
    DUPLICATE_ORDER = 619
    SELF_TRADE = 620
    POSITION_QUANTITY = 621
    POSITION_VALUE = 622
    GROUP_VALUE = 623
    CONCENTRATION = 624
    GROSS_EXPOSURE = 625
    NET_EXPOSURE = 626
    BAN_PERIOD = 630
    TRADE_FOR_TRADE = 631
    SURVEILLANCE = 632
    ILLIQUID = 633
    INSTRUMENT_HALTED = 634
    ILLIQUID_INTRADAY = 635
    STRIKE_AWAY = 636
    DAILY_LOSS = 640
    DRAWDOWN = 641
    KILLED = 642
    REARMED = 643
    REARM_NOT_YOURS = 644
    STILL_OVER_LIMIT = 645
    LIMIT_NOT_YOURS = 646
    TOO_MANY_SLICES = 602
    # 7xx state
    UNKNOWN_ORDER = 700
    ORDER_FINAL = 701
    NOTHING_TO_CHANGE = 702
    UNKNOWN_ACCOUNT = 703
    ACCOUNT_ARCHIVED = 704
    CANCELLED_BY_USER = 710
    EXPIRED_DAY = 711
    IOC_REMAINDER = 712
    SQUARED_OFF = 713
    RESET = 714
    # 72x and 73x orders that wait beyond the day, exits attached to an entry, baskets
    UNKNOWN_GTT = 720
    GTT_FINAL = 721
    TOO_MANY_GTTS = 722
    TRIGGER_TOO_NEAR = 723
    TRIGGERS_NOT_APART = 724
    LEGS_DIFFER = 725
    GTT_EXPIRED = 726
    GTT_DISABLED = 727
    EXIT_SIDE = 728
    EXIT_NOT_ALLOWED = 729
    STOP_REQUIRED = 730
    OTHER_EXIT = 731
    NOTHING_TO_EXIT = 732
    ENTRY_ENDED = 733
    UNKNOWN_BASKET = 734
    TOO_MANY_BASKETS = 735
    TOO_MANY_LEGS = 736
    EMPTY_BASKET = 737
    EARLIER_LEG = 738
    # 74x conversions of a position's product
    POSITION_NOT_HELD = 740
    POSITION_NOT_FREE = 741
    CONVERSION_OVER = 742
    DELIVERY_ONLY = 743
    CONVERSION_NOT_OFFERED = 744
    OPPOSITE_POSITION = 745
    CONVERSION_FUNDS = 746
    NOT_BOUGHT_TODAY = 747
    CARRIED_AS_DELIVERY = 748
    CARRIED_AS_INTRADAY = 749
    # charges and settlement
    NO_RATES = 750
    CORPORATE_ACTION = 751
    UNKNOWN_PLAN = 752
    NO_CONTRACT_NOTE = 753
    BAD_CORPORATE_ACTION = 754
    # price alerts
    UNKNOWN_ALERT = 755
    TOO_MANY_ALERTS = 756
    ALERT_REACHED = 757
    ALERT_LEVEL = 758
    # 8xx identity
    SIGN_IN = 800
    FORBIDDEN = 801
    BAD_ORIGIN = 802
    BAD_CREDENTIALS = 803
    LOCKED_OUT = 804
    # 9xx system
    NOT_READY = 900
    TRY_AGAIN = 901
    NOT_FOUND = 902


@dataclasses.dataclass(eq=False)
class Refusal(Exception):
    """A named no. ``sentence`` is what the user reads; ``order_id`` where a REJECTED order was written."""

    reason: Reason
    sentence: str
    field: str | None = None
    order_id: int | None = None
    numbers: dict[str, int] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return f"{int(self.reason)} {self.sentence}"


_STATUS: dict[Reason, int] = {
    Reason.KEY_CONFLICT: 409,
    Reason.RATE_LIMIT: 429,
    Reason.ORDERS_A_DAY: 429,
    Reason.REARM_NOT_YOURS: 403,
    Reason.LIMIT_NOT_YOURS: 403,
    Reason.UNKNOWN_ORDER: 404,
    Reason.UNKNOWN_ACCOUNT: 404,
    Reason.WINDOW_NO_CHANGE: 409,
    Reason.WINDOW_NO_CANCEL: 409,
    Reason.ORDER_FINAL: 409,
    Reason.UNKNOWN_PLAN: 404,
    Reason.NO_CONTRACT_NOTE: 404,
    Reason.ACCOUNT_ARCHIVED: 409,
    Reason.UNKNOWN_GTT: 404,
    Reason.GTT_FINAL: 409,
    Reason.UNKNOWN_BASKET: 404,
    Reason.UNKNOWN_ALERT: 404,
    Reason.SIGN_IN: 401,
    Reason.FORBIDDEN: 403,
    Reason.BAD_ORIGIN: 403,
    Reason.BAD_CREDENTIALS: 401,
    Reason.LOCKED_OUT: 429,
    Reason.NOT_READY: 503,
    Reason.TRY_AGAIN: 503,
    Reason.NOT_FOUND: 404,
}


# Refusals of risk that leave no order behind: who sends too fast gets no number to look at.
WITHOUT_ORDER = frozenset({Reason.RATE_LIMIT, Reason.ORDERS_A_DAY})


# What people call it, where the name of the rule is not what anybody would say.
_TITLES: dict[Reason, str] = {
    Reason.BAD_KEY: "Idempotency key not usable",
    Reason.KEY_REQUIRED: "Idempotency key required",
    Reason.KEY_CONFLICT: "Idempotency key used before",
    Reason.POST_CLOSE_PRICE: "Closing session trades at the close",
    Reason.NOT_A_LOT: "Not a multiple of the lot",
    Reason.ABOVE_FREEZE: "Above the freeze quantity",
    Reason.OFF_TICK: "Price off the tick",
    Reason.OUTSIDE_BAND: "Price outside the circuit limits",
    Reason.ACCOUNT_REDUCING: "Exits only",
    Reason.ACCOUNT_HALTED: "Trading halted",
    Reason.ORDERS_A_DAY: "Too many orders today",
    Reason.TRADES_A_DAY: "Too many trades today",
    Reason.OPEN_ORDERS: "Too many open orders",
    Reason.RATE_LIMIT: "Orders too fast",
    Reason.PRICE_AWAY: "Price too far from the last",
    Reason.STRIKE_AWAY: "Strike too far from the index",
    Reason.ILLIQUID_INTRADAY: "Thinly traded: no intraday",
    Reason.KILLED: "Kill switch pressed",
    Reason.REARMED: "Re-armed",
    Reason.REARM_NOT_YOURS: "Not yours to re-arm",
    Reason.LIMIT_NOT_YOURS: "Not your limit to change",
    Reason.BAND_MOVED: "Circuit limits moved",
    Reason.EXPIRED_DAY: "Expired at the close",
    Reason.IOC_REMAINDER: "Remainder of an IOC",
    Reason.SELF_TRADE: "Would trade with yourself",
    Reason.RISK_SQUARE_OFF: "Closed by risk",
    Reason.LAST_DAY_MARGIN: "Margin of the last day",
    Reason.SHORT_SHRANK: "Short became smaller",
}
_CAPITALS = {"amo": "AMO", "gtt": "GTT", "gtts": "GTTs", "ioc": "IOC", "ttl": "TTL"}


def title(reason: Reason) -> str:
    """What a refusal is called: ``Not enough funds``."""
    if reason in _TITLES:
        return _TITLES[reason]
    words = reason.name.lower().split("_")
    told = " ".join(_CAPITALS.get(word, word) for word in words)
    return told[0].upper() + told[1:]


def http_status(reason: Reason) -> int:
    """The HTTP status of a refusal: 400 for bad input, 422 for what the market or the account forbids."""
    return _STATUS.get(reason, 400 if reason < 200 else 422)
