"""The order form: the same ticket without the browser component, sent by the desk under the form's key."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.money import parse_rupees
from core.orders import AUTOMATIC, OrderType, PlaceOrder, Product, Side, Validity
from desk import masters, screens, trading
from ui import guard, keys, words
from ui.menu import file_of
from ui.seat import Seat

FORM = "order"
TYPES = {"Limit": OrderType.LIMIT, "Market": OrderType.MARKET, "SL": OrderType.SL, "SL-M": OrderType.SL_M}
PRICED = (OrderType.LIMIT, OrderType.SL)
TRIGGERED = (OrderType.SL, OrderType.SL_M)


def choose(seat: Seat) -> dict[str, Any] | None:
    """The instrument: what was asked for in the address, or what is found."""
    text = st.text_input(
        "Instrument", value=st.query_params.get("symbol", ""), placeholder="infy, nifty 25000 ce, bank nifty dec fut"
    )
    if not text.strip():
        st.caption("Type a name, then pick it from the list.")
        return None
    named = screens.instruments(seat.database, [text.strip()])["items"]
    found = named or screens.search(seat.database, text, limit=12)["items"]
    if not found:
        st.caption("Nothing is listed under that name.")
        return None
    chosen: dict[str, Any] | None = st.selectbox(
        "Pick",
        found,
        format_func=lambda each: (
            f"{each['key']}  ·  {each['name']}" + (f"  ·  lot {each['lot']}" if each["lot"] > 1 else "")
        ),
    )
    return chosen


def _paise(label: str, text: str) -> int | None:
    try:
        return parse_rupees(text)
    except ValueError:
        st.error(f"{label} must be an amount such as 1,500.05.")
        return None


def wish_of(seat: Seat, chosen: dict[str, Any]) -> PlaceOrder | None:
    """The fields as a wish; None while something is missing or misspelt."""
    derivative = chosen["kind"] in ("FUT", "CE", "PE")
    first, second, third, fourth = st.columns(4)
    side = first.segmented_control("Side", ["BUY", "SELL"], default="BUY", required=True)
    product = second.segmented_control(
        "Product",
        ["NRML", "MIS"] if derivative else ["CNC", "MIS"],
        default="NRML" if derivative else "CNC",
        required=True,
    )
    kind = TYPES[third.segmented_control("Type", list(TYPES), default="Limit", required=True)]
    validity = fourth.segmented_control("Validity", ["DAY", "IOC", "TTL"], default="DAY", required=True)
    lot = int(chosen["lot"])
    first, second, third, _ = st.columns(4)
    count = first.number_input("Lots" if derivative else "Quantity", min_value=1, value=1, step=1)
    units = int(count) * lot if derivative else int(count)
    if derivative:
        first.caption(f"× {lot} = {units}")
    price, trigger = 0, 0
    if kind in PRICED:
        typed = _paise("Price", second.text_input("Price (₹)", value=_last(seat, chosen["key"])))
        if typed is None:
            return None
        price = typed
    if kind in TRIGGERED:
        typed = _paise("Trigger price", third.text_input("Trigger price (₹)", value=_last(seat, chosen["key"])))
        if typed is None:
            return None
        trigger = typed
    instrument = masters.get(seat.database).by_key[chosen["key"]]
    wish = PlaceOrder(instrument.id, Side(side), kind, Product(product), units, Validity(validity), price, trigger)
    return replace(wish, **_finer(wish, derivative, units > int(chosen["freeze_quantity"])))


def _finer(wish: PlaceOrder, derivative: bool, frozen: bool) -> dict[str, Any]:
    """Minutes, what shows in the queue, a market order's protection, slices: each where the order has a use for it."""
    given: dict[str, Any] = {}
    if wish.validity is Validity.TTL:
        given["validity_ttl"] = int(st.number_input("Minutes", min_value=1, value=15, step=1))
    first, second, *_ = st.columns(4)
    if wish.order_type in (OrderType.MARKET, OrderType.SL_M):
        share = first.number_input("Protection %", 0.0, 100.0, 0.0, step=0.1, help="0 is automatic")
        given["protection"] = round(share * 100) or AUTOMATIC
    elif wish.validity is not Validity.IOC:
        legs = first.number_input("Iceberg legs", 0, 10, 0, step=1, help="0 shows all of it")
        given["legs"] = int(legs)
        if not derivative and not legs:
            given["disclosed_quantity"] = int(second.number_input("Disclosed quantity", 0, wish.quantity, 0, step=1))
    if frozen and not given.get("legs"):
        given["autoslice"] = st.checkbox("Place it in slices: one order may not carry so much")
    return given


def _last(seat: Seat, key: str) -> str:
    """The last price when the instrument was picked: a field that a person fills must not move."""
    name = f"order price {key}"
    if name not in st.session_state:
        quote = screens.quotes(seat.database, seat.market, [key])["items"].get(key)
        st.session_state[name] = f"{quote['last_price']:.2f}" if quote else ""
    kept: str = st.session_state[name]
    return kept


def costs(seat: Seat, wish: PlaceOrder) -> None:
    """What the order would need; what would refuse it."""
    told = trading.estimate(seat.database, seat.book.id, wish)
    for refusal in told["refusals"]:
        st.error(refusal["detail"])
    charges = told["charges"]["total"] if told["charges"] else None
    first, second, third = st.columns(3)
    first.metric("Required", words.rupees(told["required"]))
    second.metric("Available", words.rupees(told["available"]))
    third.metric("Charges", words.rupees(charges))


def send(seat: Seat, wish: PlaceOrder) -> None:
    """Places it under the form's key; the key changes once the desk has stored an answer."""
    answer = trading.place(seat.database, seat.who.name, seat.book.id, wish, keys.key_of(FORM))
    keys.settle(FORM, answer)
    if answer.ok:
        row = answer.body
        what = f"{row['side'].capitalize()} {row['quantity']} {row['symbol']}"
        st.success(f"{what}: {row['status'].lower()} as order {row['order_id']}.")
        st.page_link(file_of("orders"), label="See the order book")
    else:
        number = answer.body.get("order_id")
        st.error(f"{answer.body['detail']} " + (f"Written as order {number}." if number else "No order was made."))


def page() -> None:
    """The page, for those who trade."""
    seat = guard.require_account("trader", "admin")
    st.markdown("#### Order form :orange-badge[PAPER]")
    if not seat.writes:
        st.caption("Only its owner trades in this book. Choose one of your own above.")
        return
    chosen = choose(seat)
    if chosen is None:
        return
    if chosen["kind"] == "INDEX":
        st.caption("An index is watched, not traded. Its futures and options are.")
        return
    wish = wish_of(seat, chosen)
    if wish is None:
        return
    costs(seat, wish)
    if st.button(f"{wish.side.value.capitalize()} {wish.quantity} {chosen['symbol']}", type="primary"):
        send(seat, wish)


page()
