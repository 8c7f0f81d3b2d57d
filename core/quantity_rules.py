"""How much an order may ask for, and how much of it may hide. One function a rule, one reason a rule."""

from core.asked import Asked, Rule
from core.instruments import DERIVATIVES
from core.money import group
from core.orders import Order, OrderType, PlaceOrder, Validity
from core.reasons import Reason, Refusal


def quantity_is_positive(asked: Asked) -> Refusal | None:
    """At least one."""
    if asked.wish.quantity <= 0:
        return Refusal(Reason.QUANTITY_NOT_POSITIVE, "Quantity must be 1 or more.", "quantity")
    return None


def quantity_is_in_lots(asked: Asked) -> Refusal | None:
    """Whole lots."""
    quantity, lot = asked.wish.quantity, asked.instrument.lot
    if quantity <= 0 or quantity % lot == 0:
        return None
    down = quantity // lot * lot
    near = f"{down} or {down + lot}" if down else f"{lot}"
    sentence = f"Quantity must be a multiple of the lot of {lot}. Try {near}."
    return Refusal(Reason.NOT_A_LOT, sentence, "quantity")


def quantity_is_below_freeze(asked: Asked) -> Refusal | None:
    """At most the freeze quantity in one order; more goes in slices, or hides behind the legs of an iceberg."""
    wish, instrument = asked.wish, asked.instrument
    most, size = largest(asked), slice_size(asked)
    if wish.autoslice or wish.legs or wish.quantity <= instrument.freeze_quantity or wish.quantity % instrument.lot:
        return None
    slices = -(-wish.quantity // size) if size else 0
    offer = (
        f" Send autoslice to place it as {slices} orders."
        if not asked.changing and 0 < slices <= asked.limits.most_slices
        else ""
    )
    sentence = (
        f"At most {group(most)} of {instrument.symbol} in one order"
        f" (freeze quantity {group(instrument.freeze_quantity)}).{offer}"
    )
    return Refusal(Reason.ABOVE_FREEZE, sentence, "quantity")


def largest(asked: Asked) -> int:
    """The most units that one order may carry: whole lots up to the freeze quantity."""
    return asked.instrument.freeze_quantity // asked.instrument.lot * asked.instrument.lot


def slice_size(asked: Asked) -> int:
    """Units of each order that a sliced one becomes, but the last: all that one may carry."""
    most = largest(asked)
    return most if asked.instrument.kind in DERIVATIVES else min(most, asked.limits.most_shares)


def slices_are_few(asked: Asked) -> Refusal | None:
    """A sliced order makes at most so many orders (the exchanges' cap on slicing)."""
    wish, most = asked.wish, slice_size(asked)
    if not wish.autoslice or most <= 0 or wish.quantity <= most * asked.limits.most_slices:
        return None
    limit = asked.limits.most_slices
    sentence = f"Autoslice places at most {limit} orders: {group(most * limit)} here, not {group(wish.quantity)}."
    return Refusal(Reason.TOO_MANY_SLICES, sentence, "quantity")


def cash_quantity_fits(asked: Asked) -> Refusal | None:
    """The broker takes at most so many shares in one cash order (its published policy)."""
    wish, most = asked.wish, asked.limits.most_shares
    if asked.instrument.kind in DERIVATIVES or wish.autoslice or wish.quantity <= most:
        return None
    sentence = f"At most {group(most)} shares in one order, not {group(wish.quantity)}. Send it in parts."
    return Refusal(Reason.ABOVE_CASH_QUANTITY, sentence, "quantity")


def disclosed_is_for_shares(asked: Asked) -> Refusal | None:
    """Contracts are shown whole."""
    if asked.wish.disclosed_quantity and asked.instrument.kind in DERIVATIVES:
        sentence = "Disclosed quantity is for shares. Use the legs of an iceberg for contracts."
        return Refusal(Reason.DISCLOSED_ON_CONTRACT, sentence, "disclosed_quantity")
    return None


def disclosed_waits(asked: Asked) -> Refusal | None:
    """What fills at once or is cancelled has nothing to hide."""
    if asked.wish.disclosed_quantity and asked.wish.validity is Validity.IOC:
        sentence = "An IOC order never stands in the queue and discloses nothing. Leave the disclosed quantity out."
        return Refusal(Reason.DISCLOSED_WITH_IOC, sentence, "disclosed_quantity")
    return None


def disclosed_is_within(asked: Asked) -> Refusal | None:
    """No more is disclosed than is asked for."""
    shown, quantity = asked.wish.disclosed_quantity, asked.wish.quantity
    if shown > quantity > 0:
        sentence = f"The disclosed quantity of {group(shown)} is greater than the quantity of {group(quantity)}."
        return Refusal(Reason.DISCLOSED_TOO_LARGE, sentence, "disclosed_quantity")
    return None


def disclosed_is_enough(asked: Asked) -> Refusal | None:
    """The exchange wants a tenth of the order shown."""
    shown, quantity = asked.wish.disclosed_quantity, asked.wish.quantity
    least = -(-quantity * asked.facts.rulebook.disclosed_least // 10_000)
    if 0 < shown < least:
        sentence = f"Disclose at least {group(least)} of {group(quantity)}, not {group(shown)}."
        return Refusal(Reason.DISCLOSED_TOO_SMALL, sentence, "disclosed_quantity")
    return None


def legs_fit(asked: Asked) -> Refusal | None:
    """An iceberg has two legs at least, and at most what the dated limits say."""
    legs, most = asked.wish.legs, asked.limits.most_legs
    if legs and not 2 <= legs <= most:
        sentence = f"An iceberg has 2 to {most} legs, not {legs}."
        return Refusal(Reason.LEGS_OUT_OF_RANGE, sentence, "iceberg_legs")
    return None


def legs_are_in_lots(asked: Asked) -> Refusal | None:
    """Each leg is a lot at least."""
    legs, lots = asked.wish.legs, asked.wish.quantity // asked.instrument.lot
    if not legs or legs <= lots:
        return None
    unit = "shares" if asked.instrument.lot == 1 else f"lots of {asked.instrument.lot}"
    sentence = f"{lots} {unit} do not make {legs} legs. Ask for fewer legs or for more."
    return Refusal(Reason.LEG_NOT_A_LOT, sentence, "iceberg_legs")


def leg_is_below_freeze(asked: Asked) -> Refusal | None:
    """The exchange sees each leg as an order of its own, so that the freeze quantity bounds the largest of them."""
    wish, lot, most = asked.wish, asked.instrument.lot, largest(asked)
    if wish.legs < 2 or most <= 0 or wish.quantity // lot < wish.legs:
        return None
    largest_leg = wish.quantity - wish.quantity // lot // wish.legs * lot * (wish.legs - 1)
    if largest_leg <= most:
        return None
    sentence = f"A leg of {group(largest_leg)} is above the most of one order, {group(most)}. Use more legs."
    return Refusal(Reason.LEG_ABOVE_FREEZE, sentence, "iceberg_legs")


def iceberg_is_limit(asked: Asked) -> Refusal | None:
    """Brokers offer icebergs with a limit price alone."""
    if asked.wish.legs and asked.wish.order_type is not OrderType.LIMIT:
        return Refusal(Reason.ICEBERG_NOT_LIMIT, "An iceberg is a LIMIT order. Give it a price.", "order_type")
    return None


def iceberg_waits(asked: Asked) -> Refusal | None:
    """The legs come one after the other, which an IOC order does not wait for."""
    if asked.wish.legs and asked.wish.validity is Validity.IOC:
        return Refusal(Reason.ICEBERG_WITH_IOC, "An iceberg cannot be IOC. Use DAY or TTL.", "validity")
    return None


def iceberg_hides_once(asked: Asked) -> Refusal | None:
    """The legs of an iceberg are what it discloses."""
    if asked.wish.legs and asked.wish.disclosed_quantity:
        sentence = "An iceberg shows a leg at a time and takes no disclosed quantity. Use one or the other."
        return Refusal(Reason.ICEBERG_WITH_DISCLOSED, sentence, "disclosed_quantity")
    return None


def iceberg_is_not_sliced(asked: Asked) -> Refusal | None:
    """The legs carry what is above the freeze quantity."""
    if asked.wish.legs and asked.wish.autoslice:
        return Refusal(Reason.ICEBERG_SLICED, "An iceberg is split already. Leave autoslice out.", "autoslice")
    return None


def legs_that_traded_stay(order: Order, wish: PlaceOrder) -> Refusal | None:
    """Each leg is an order at a broker: one that has traded has been charged for, and does not become part of a
    larger one afterwards."""
    if not order.filled or (wish.legs, wish.quantity) == (order.legs, order.quantity) or not (order.legs or wish.legs):
        return None
    sentence = (
        f"{order.filled} have traded: the legs of an iceberg and its quantity stay as they were then. Change its price,"
        " or cancel the rest and place it anew."
    )
    field = "quantity" if wish.legs == order.legs else "iceberg_legs"
    return Refusal(Reason.ICEBERG_HAS_TRADED, sentence, field)


QUANTITY_RULES: tuple[Rule, ...] = (
    quantity_is_positive,
    quantity_is_in_lots,
    quantity_is_below_freeze,
    slices_are_few,
    cash_quantity_fits,
    disclosed_is_for_shares,
    disclosed_waits,
    disclosed_is_within,
    disclosed_is_enough,
    legs_fit,
    legs_are_in_lots,
    leg_is_below_freeze,
    iceberg_is_limit,
    iceberg_waits,
    iceberg_hides_once,
    iceberg_is_not_sliced,
)
