"""The order form's other ways out: leave the order as a GTT that waits beyond the day, or put it into a basket."""

from typing import Any

import streamlit as st

from core.gtt import GttWish, LegWish
from core.instruments import DERIVATIVES
from core.money import group
from core.orders import OrderType, PlaceOrder, Product, Side
from core.reasons import Refusal
from desk import baskets, gtt
from ui import keys, words
from ui.menu import file_of
from ui.order_form import Form, paise_of
from ui.seat import Seat

GTT = "order form gtt"


def basket(seat: Seat, wish: PlaceOrder) -> None:
    """Add the order to a basket, or begin one with it; nothing is sent."""
    with st.popover("Add to basket", icon=":material/shopping_basket:"):
        found = {each["name"]: each["basket_id"] for each in baskets.listed(seat.database, seat.who)}
        new = "New basket …"
        name = st.selectbox("Basket", [*found, new])
        typed = st.text_input("Its name", max_chars=40) if name == new else ""
        if not st.button("Add"):
            return
        try:
            if name == new:
                made, _ = baskets.add(seat.database, seat.who, typed.strip() or "Basket", [wish])
            else:
                made, _ = baskets.append(seat.database, seat.who, int(found[name]), wish)
        except Refusal as refusal:
            st.error(refusal.sentence)
            return
        st.success(f"In basket {made['name']}: {len(made['legs'])} orders. Nothing was sent.")
        st.page_link(file_of("baskets"), label="See the baskets")


def _typed(label: str, text: str) -> int | None:
    return paise_of(label, text) if text.strip() else 0


def waiting(seat: Seat, form: Form, wish: PlaceOrder) -> None:
    """A GTT of the form's side and quantity: one trigger, or two of which the one that fires ends the other."""
    with st.expander("GTT: wait for a price beyond the day", icon=":material/schedule:"):
        st.caption("It waits for up to a year, holds no money meanwhile, and then places the order.")
        two = st.checkbox("Two triggers (OCO): the one that fires ends the other", key=form.key("gtt two"))
        product = Product.NRML if form.chosen["kind"] in DERIVATIVES else Product.CNC
        legs: list[LegWish] = []
        whole = True
        for label in ("Lower", "Upper") if two else ("",):
            leg = _leg(form, wish, product, label)
            whole = whole and leg is not None
            if leg is not None:
                legs.append(leg)
        if not st.button(f"Wait to {wish.side.value.lower()} {group(wish.quantity)} {form.chosen['symbol']}"):
            return
        if whole:
            _create(seat, GttWish(wish.instrument_id, tuple(legs)))


def _leg(form: Form, wish: PlaceOrder, product: Product, label: str) -> LegWish | None:
    name = f"{label} trigger".strip().capitalize()
    first, second, _ = st.columns([1, 1, 2])
    trigger = _typed(name, first.text_input(f"{name} (₹)", key=form.key(f"gtt {label} trigger")))
    hint = "empty: at market"
    price = _typed(
        "Price", second.text_input("Then a limit of (₹)", key=form.key(f"gtt {label} price"), placeholder=hint)
    )
    if trigger is None or price is None:
        return None
    kind = OrderType.LIMIT if price else OrderType.MARKET
    return LegWish(Side(wish.side), kind, product, wish.quantity, trigger, price)


def _create(seat: Seat, wish: GttWish) -> None:
    answer = gtt.create(seat.database, seat.who.name, seat.book.id, wish, keys.key_of(GTT))
    keys.settle(GTT, answer)
    if not answer.ok:
        st.error(f"{answer.body['detail']} No GTT was made.")
        return
    st.success(f"GTT {answer.body['gtt_id']} waits until {answer.body['expires_on']}.")
    st.page_link(file_of("orders"), label="See what waits")


def listing(seat: Seat) -> None:
    """What waits in the book, each with the button that deletes it."""
    rows: list[dict[str, Any]] = gtt.listed(seat.database, seat.book.id, seat.book.key, "active")["items"]
    for row in rows:
        legs = " or ".join(f"at {words.rupees(leg['trigger_price'])}" for leg in row["legs"])
        side, quantity = row["legs"][0]["side"], row["legs"][0]["quantity"]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"GTT {row['gtt_id']}: **{side} {group(quantity)} {row['symbol']}** {legs}")
            if st.button("Delete", key=f"delete gtt {row['gtt_id']}"):
                answer = gtt.delete(seat.database, seat.who.name, seat.book.id, int(row["gtt_id"]))
                if not answer.ok:
                    st.error(answer.body["detail"])
                else:
                    st.rerun()
