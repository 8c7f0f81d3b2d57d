"""The fields of an order where Streamlit draws them: everything that the ticket in the browser can ask for.

Each field keeps what was typed under a key of its instrument (or of the order that is changed), so that a price is
filled in once and does not move while somebody looks at it.
"""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core import tags
from core.asked import PRICED, STOPS
from core.exits import Exits
from core.instruments import DERIVATIVES
from core.money import group, half_up, parse_rupees, rupees
from core.orders import AUTOMATIC, OrderType, PlaceOrder, Product, Side, Validity
from desk import masters, screens
from ui.seat import Seat

Row = dict[str, Any]
TYPES = {"Limit": OrderType.LIMIT, "Market": OrderType.MARKET, "SL": OrderType.SL, "SL-M": OrderType.SL_M}
VALIDITIES = {"Day": Validity.DAY, "IOC": Validity.IOC, "Minutes": Validity.TTL}
HELP = {
    "Product": "CNC is delivery, paid in full. MIS is intraday and squared off before the close. NRML is carried on.",
    "Validity": "IOC: what does not fill at once is cancelled. Minutes: good for some minutes, then cancelled.",
    "Type": "SL waits for its trigger and then is a limit order; SL-M then is a market order.",
}


def field_key(which: str, field: str) -> str:
    """Under what a field of an instrument's form is kept."""
    return f"order form {which} {field}"


@dataclass(frozen=True, slots=True)
class Form:
    """Which instrument is asked for, what stood there before (an order that is changed, or repeated), its last price
    in paise (0 while there is none)."""

    chosen: Row
    last: int
    before: Row | None = None
    changing: bool = False

    @property
    def contract(self) -> bool:
        """Whether it is counted in lots."""
        return self.chosen["kind"] in DERIVATIVES

    @property
    def lot(self) -> int:
        """Units of a lot."""
        return int(self.chosen["lot"])

    def key(self, field: str) -> str:
        """Under what a field is kept."""
        which = f"change {self.before['order_id']}" if self.changing and self.before else self.chosen["key"]
        return field_key(which, field)

    def first(self, field: str, value: Any) -> str:
        """The field's key, with ``value`` in it where nobody has typed yet."""
        key = self.key(field)
        if key not in st.session_state:
            st.session_state[key] = value
        return key


def form_of(seat: Seat, chosen: Row, before: Row | None = None) -> Form:
    """The form of an instrument, at the price that stood when it was picked."""
    name = f"order price {chosen['key']}"
    if name not in st.session_state:
        quote = screens.quotes(seat.database, seat.market, [chosen["key"]])["items"].get(chosen["key"])
        st.session_state[name] = round(quote["last_price"] * 100) if quote else 0
    return Form(chosen, st.session_state[name], before, before is not None)


def _shown(paise: int) -> str:
    return f"{paise / 100:.2f}" if paise else ""


def paise_of(label: str, text: str) -> int | None:
    """Paise of what was typed; None, and a sentence on the page, when it is no amount."""
    try:
        return parse_rupees(text)
    except ValueError:
        st.error(f"{label} must be an amount such as 1,500.05.")
        return None


def _choice(form: Form, label: str, options: list[str], value: str, place: Any) -> str:
    key = form.first(label, value if value in options else options[0])
    if st.session_state[key] not in options:
        st.session_state[key] = options[0]
    chosen: str = place.segmented_control(label, options, key=key, required=True, help=HELP.get(label))
    return chosen


def _count(form: Form, label: str, value: int, most: int, place: Any, hint: str | None = None, least: int = 0) -> int:
    key = form.first(label, min(value, most))
    st.session_state[key] = min(max(st.session_state[key], least), most)
    return int(place.number_input(label, least, most, step=1, key=key, help=hint))


def _amount(form: Form, label: str, value: int, place: Any) -> int | None:
    """Paise of the field. An empty one is no mistake yet: what nobody has priced begins like that."""
    text = place.text_input(f"{label} (₹)", key=form.first(label, _shown(value)))
    if text.strip():
        return paise_of(label, text)
    place.caption(f"Type a {label.lower()}, such as 1,500.05.")
    return None


def wish_of(seat: Seat, form: Form) -> PlaceOrder | None:
    """The fields as a wish; None while something is missing or misspelt."""
    before = form.before or {}
    row = st.container(horizontal=True, gap="medium")
    if form.changing:
        side, product = Side(before["side"]), Product(before["product"])
        row.markdown(f"Side  \n**{side}**", width="content")
        row.markdown(f"Product  \n**{product}**", width="content")
    else:
        products = ["NRML", "MIS"] if form.contract else ["CNC", "MIS"]
        side = Side(_choice(form, "Side", ["BUY", "SELL"], before.get("side", "BUY"), row))
        product = Product(_choice(form, "Product", products, before.get("product", ""), row))
    old_type, old_validity = before.get("order_type", "LIMIT"), before.get("validity", "DAY")
    kind = TYPES[_choice(form, "Type", _types(form), _name(TYPES, old_type), row)]
    validity = VALIDITIES[_choice(form, "Validity", _validities(kind), _name(VALIDITIES, old_validity), row)]
    first, second, *rest = st.columns(4)
    label = "Lots" if form.contract else "Quantity"
    units = int(before.get("quantity", form.lot)) // form.lot if form.contract else int(before.get("quantity", 1))
    count = _count(form, label, max(units, 1), 10**9, first, least=1)
    quantity = count * form.lot if form.contract else count
    if form.contract:
        first.caption(f"× {form.lot} = {group(quantity)}")
    price = _amount(form, "Price", _old(before, "price") or form.last, second) if kind in PRICED else 0
    trigger = _amount(form, "Trigger price", _old(before, "trigger_price"), rest.pop(0)) if kind in STOPS else 0
    minutes = 0
    if validity is Validity.TTL:
        place = rest.pop(0)
        minutes = _count(form, "Minutes", before.get("validity_ttl") or 15, 375, place, "By the exchange's clock", 1)
    marked = "" if form.changing else _tag(form, before.get("tag") or "", rest[0] if rest else second)
    if price is None or trigger is None or marked is None:
        return None
    instrument = masters.get(seat.database).by_key[form.chosen["key"]]
    wish = PlaceOrder(
        instrument.id, side, kind, product, quantity, validity, price, trigger, validity_ttl=minutes,
        tag=marked or None,
    )  # fmt: skip
    return replace(wish, **_finer(form, wish))


def _tag(form: Form, value: str, place: Any) -> str | None:
    """The order's tag, empty without one; None, and a sentence on the page, when it cannot be one."""
    hint = "A word of your own. Orders are found by it, and P&L adds up by it."
    fits_the_field = value[: tags.LONGEST]
    text: str = place.text_input(
        "Tag", key=form.first("Tag", fits_the_field), max_chars=tags.LONGEST, placeholder="optional", help=hint
    ).strip()
    if text and not tags.fits(text):
        place.error(tags.rule())
        return None
    return text


def _old(before: Row, name: str) -> int:
    return round((before.get(name) or 0) * 100)


def _name(words: dict[str, Any], value: str) -> str:
    return next((name for name, each in words.items() if each == value), "")


def _types(form: Form) -> list[str]:
    """No stop at market on options, nor any market order on those of a share."""
    if form.chosen["kind"] not in ("CE", "PE"):
        return list(TYPES)
    return ["Limit", "SL"] if form.chosen.get("on_stock") else ["Limit", "Market", "SL"]


def _validities(kind: OrderType) -> list[str]:
    if kind in STOPS:
        return ["Day", "Minutes"]
    return ["Day", "IOC"] if kind is OrderType.MARKET else list(VALIDITIES)


def _finer(form: Form, wish: PlaceOrder) -> dict[str, Any]:
    """What shows in the queue, a market order's protection, slices: each where the order has a use for it."""
    given: dict[str, Any] = {}
    before = form.before or {}
    first, second, *_ = st.columns(4)
    if wish.order_type not in PRICED:
        key = form.first("Protection", max(0.0, float(before.get("market_protection") or 0)))
        hint = "The most it may cost beyond the last price; 0 is automatic."
        share = first.number_input("Protection %", 0.0, 100.0, step=0.1, key=key, help=hint)
        given["protection"] = round(share * 100) or AUTOMATIC
    if wish.validity is Validity.IOC:
        return given
    legs = 0
    if wish.order_type is OrderType.LIMIT:
        legs = _count(form, "Iceberg legs", before.get("iceberg_legs") or 0, 10, first, "Shows one at a time; 0: all")
        given["legs"] = legs
    if not form.contract and not legs:
        shown = before.get("disclosed_quantity") or 0
        hint = "A tenth at least; 0 shows all of it."
        given["disclosed_quantity"] = _count(form, "Disclosed quantity", shown, wish.quantity, second, hint)
    if wish.quantity > int(form.chosen["freeze_quantity"]) and not legs and not form.changing:
        given["autoslice"] = st.checkbox("Place it in slices: one order may not carry so much", key=form.key("slices"))
    return given


def exits_of(form: Form, wish: PlaceOrder) -> Exits | None:
    """The target and the stop to attach; an empty one where none is wanted, None while something is misspelt."""
    if wish.product is Product.CNC and wish.side is Side.SELL:
        return Exits()
    if not st.checkbox("Target and stop", key=form.key("exits"), help="One of them closes what the order has filled."):
        return Exits()
    unit, first, second, third = st.columns([1, 2, 2, 2])
    share = _choice(form, "In", ["₹", "%"], "₹", unit) == "%"
    reference = wish.price or wish.trigger_price or form.last
    target = _exit(form, "Target", share, wish.side.sign, reference, first)
    stop = _exit(form, "Stop trigger", share, -wish.side.sign, reference, second)
    text = third.text_input("Stop price (₹)", key=form.key("stop price"), placeholder="empty: at market")
    limit = paise_of("Stop price", text) if text.strip() else 0
    cover = False
    if wish.product is Product.MIS:
        cover = st.checkbox("Cover order: the stop must be there and stays", key=form.key("cover"))
    if target is None or stop is None or limit is None:
        return None
    if not (target or stop):
        st.caption("Give a target, a stop trigger, or both.")
        return None
    return Exits(target, stop, limit, cover)


def _exit(form: Form, label: str, share: bool, sign: int, reference: int, place: Any) -> int | None:
    """Paise of one exit; 0 where the field is empty. In per cent it is measured from the entry."""
    where = "above" if sign > 0 else "below"
    text = place.text_input(
        f"{label} ({'%' if share else '₹'})", key=form.key(label), placeholder=f"{where} the entry"
    ).strip()
    if not text:
        return 0
    if not share:
        return paise_of(label, text)
    try:
        points = round(float(text.removesuffix("%")) * 100)
    except ValueError:
        points = 0
    if not 0 < points < 10_000 or not reference:
        st.error(f"{label} must be a percentage such as 2.")
        return None
    tick = round(form.chosen["tick"] * 100)
    paise = max(tick, half_up(reference * (10_000 + sign * points), 10_000 * tick) * tick)
    place.caption(f"at {rupees(paise)}")
    return paise
