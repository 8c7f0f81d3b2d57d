"""The order form: all that the ticket can do without the browser component, sent by the desk under the form's key."""

from typing import Any

import streamlit as st

from core.exits import Exits
from core.money import group
from core.orders import WORKING, PlaceOrder, change_to
from core.reasons import Refusal
from desk import estimate, screens, trading
from desk.answers import Answer
from ui import contract_picker, guard, keys, order_costs, order_elsewhere, order_form, words
from ui.menu import file_of
from ui.order_form import Form
from ui.seat import Seat

FORM = "order"
# A sale is sent by an orange button, as everywhere else.
STYLE = """<style>
.st-key-send-SELL button[kind="primary"] { background: light-dark(#cf4317, #c8451b); border-color: transparent; }
</style>"""


def choose(seat: Seat) -> dict[str, Any] | None:
    """The instrument: what was asked for in the address, or what is found."""
    text = st.text_input(
        "Instrument", value=st.query_params.get("symbol", ""), placeholder="infy, nifty 25000 ce, bank nifty dec fut"
    )
    if not text.strip():
        st.caption("Type a name, then pick it from the list.")
        return None
    named = screens.instruments(seat.database, [text.strip()])["items"]
    if len(named) == 1:
        return dict(named[0])
    found = named or screens.search(seat.database, text, limit=12)["items"]
    if not found:
        st.caption("Nothing is listed under that name. Try its symbol, or a word of the company's name.")
        return None
    chosen: dict[str, Any] | None = st.selectbox("Found", found, format_func=title)
    return chosen


def title(each: dict[str, Any]) -> str:
    """An instrument as a list shows it."""
    return f"{each['key']}  ·  {each['name']}" + (f"  ·  lot {each['lot']}" if each["lot"] > 1 else "")


def resting(seat: Seat) -> dict[str, Any] | None:
    """The order that the address asks to change, where it still can be."""
    number = st.query_params.get("order", "")
    if not number.isdecimal():
        return None
    try:
        row = screens.order(seat.database, seat.book, int(number))
    except Refusal as refusal:
        st.error(refusal.sentence)
        return None
    if row["status"] in WORKING:
        return row
    st.info(f"Order {number} is {row['status'].lower()} already: what follows is a new one.")
    return None


def repeat(seat: Seat, chosen: dict[str, Any]) -> dict[str, Any]:
    """The terms of the order before in this instrument, once somebody asks for them; at today's price."""
    name, kept = f"order repeats {chosen['key']}", f"order before {chosen['key']}"
    if kept not in st.session_state:
        rows = screens.orders(seat.database, seat.book, limit=20)["items"]
        same = (row for row in rows if f"{row['exchange']}:{row['symbol']}" == chosen["key"])
        st.session_state[kept] = next(same, None)
    last = st.session_state[kept]
    if last is None:
        return {}

    def fill() -> None:
        for each in [key for key in st.session_state if str(key).startswith(f"order form {chosen['key']} ")]:
            del st.session_state[each]
        st.session_state[name] = {**last, "price": None}

    label = f"{last['side']} {group(last['quantity'])} {last['symbol']} {last['product']}"
    st.button(f"Repeat last: {label}", type="tertiary", on_click=fill)
    asked: dict[str, Any] = st.session_state.get(name, {})
    return asked


def costs(seat: Seat, form: Form, wish: PlaceOrder, exits: Exits) -> None:
    """What the order, or its change, would need; what would refuse it; what else to know."""
    if form.changing and form.before:
        told = estimate.of_change(seat.database, seat.book.id, int(form.before["order_id"]), change_to(wish))
    else:
        told = estimate.of_order(seat.database, seat.book.id, wish, exits or None)
    order_costs.show(told)


def send(seat: Seat, form: Form, wish: PlaceOrder, exits: Exits) -> None:
    """Places or changes it under the form's key; the key changes once the desk has stored an answer."""
    who, key = seat.who.name, keys.key_of(FORM)
    if form.changing and form.before:
        number = int(form.before["order_id"])
        answer = trading.modify(seat.database, who, seat.book.id, number, change_to(wish), key)
    else:
        answer = trading.place(seat.database, who, seat.book.id, wish, key, exits=exits or None)
    keys.settle(FORM, answer)
    tell(form, answer)


def tell(form: Form, answer: Answer) -> None:
    """The desk's answer in words, and the way on."""
    row = answer.body
    if not answer.ok:
        number = row.get("order_id")
        if form.changing:
            st.error(f"{row['detail']} The order stays as it was.")
        else:
            st.error(f"{row['detail']} " + (f"Written as order {number}." if number else "No order was made."))
        return
    what = "Changed" if form.changing else row["side"].capitalize()
    st.success(f"{what} {group(row['quantity'])} {row['symbol']}: {words_of(row)} as order {row['order_id']}.")
    for child in (each for each in row.get("children", ()) if each["error"]):
        st.error(child["error"]["detail"])
    if attached := row.get("attached"):
        st.success(f"Its target and stop wait as GTT {attached['gtt_id']}.")
    st.page_link(file_of("orders"), label="See the order book")


def words_of(row: dict[str, Any]) -> str:
    """How an order stands, in words."""
    return {
        "COMPLETE": "filled", "OPEN": "open", "TRIGGER_PENDING": "waiting for its trigger",
        "AMO": "kept for the next session",
    }.get(row["status"], row["status"].lower())  # fmt: skip


def page() -> None:
    """The page, for those who trade."""
    seat = guard.require_account("trader", "admin")
    st.html(STYLE)
    if not seat.writes:
        st.markdown("#### Order form :orange-badge[PAPER]")
        st.caption("Only its owner trades in this book. Choose one of your own above.")
        return
    before = resting(seat)
    heading = f"Change order {before['order_id']}" if before else "Order form"
    st.markdown(f"#### {heading} :orange-badge[PAPER]")
    key = f"{before['exchange']}:{before['symbol']}" if before else None
    chosen = screens.instruments(seat.database, [key])["items"][0] if key else choose(seat)
    if chosen is None:
        return
    if key is None:
        chosen = contract_picker.pick(seat, chosen)
    if chosen["kind"] == "INDEX":
        st.caption("An index is watched, not traded. Its futures and options are.")
        return
    form = order_form.form_of(seat, chosen, before)
    st.caption(title(chosen) + (f"  ·  {words.rupees(form.last / 100)} when it was picked" if form.last else ""))
    if before is None and (last := repeat(seat, chosen)):
        form = Form(chosen, form.last, last)
    wish = order_form.wish_of(seat, form)
    if wish is None:
        return
    exits = Exits() if form.changing else order_form.exits_of(form, wish)
    costs(seat, form, wish, exits or Exits())
    verb = "Change to" if form.changing else wish.side.value.capitalize()
    with st.container(horizontal=True, key=f"send-{wish.side}"):
        sent = st.button(f"{verb} {group(wish.quantity)} {chosen['symbol']}", type="primary", disabled=exits is None)
        if not form.changing:
            order_elsewhere.basket(seat, wish)
    if sent and exits is not None:
        send(seat, form, wish, exits)
    if not form.changing:
        order_elsewhere.waiting(seat, form, wish)


page()
