"""Funds: sums that add up, virtual money in and out, and every movement of the ledger."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import streamlit as st

from core.money import parse_rupees
from desk import screens, wallet
from desk.answers import Answer
from desk.sheet import as_csv
from ui import components, fallback, guard, keys, notes, words
from ui.seat import Seat

COLUMNS = ("event_at", "code", "from", "to", "amount", "cash_after", "reference")
PAGE = 100
LONGEST = 50_000  # lines of one download


def amount_of(text: str) -> int | None:
    """Paise of what was typed; None, and a sentence on the page, when it is no amount."""
    try:
        return parse_rupees(text)
    except ValueError:
        st.error("Type an amount such as 50,000 or 50,000.50.")
        return None


def tell(form: str, answer: Answer, done: str) -> None:
    """The desk's answer in words."""
    keys.settle(form, answer)
    if answer.ok:
        st.toast(done)
    else:
        st.error(answer.body["detail"])


def money_form(seat: Seat, form: str, label: str, why: str, act: Callable[..., Answer]) -> None:
    """One amount and one button; the key in the form makes a double click one movement."""
    with st.form(form, border=True):
        text = st.text_input(f"{label} (₹)", placeholder="1,00,000", help=why)
        sent = st.form_submit_button(label, width="stretch")
    if sent and (amount := amount_of(text)) is not None:
        answer = act(seat.database, seat.who.name, seat.book.id, amount, keys.key_of(form))
        tell(form, answer, f"{label}: {words.rupees(amount / 100)}")


def reset_form(seat: Seat) -> None:
    """A new start. The old book is archived as it stands."""
    with st.form("reset", border=True):
        text = st.text_input("Start anew with (₹)", value="10,00,000", help="The old book is archived, never erased.")
        sure = st.checkbox("Archive this book and cancel its open orders")
        sent = st.form_submit_button("Reset", width="stretch")
    if not sent:
        return
    if not sure:
        st.error("Tick the box to say that this book shall be archived.")
    elif (cash := amount_of(text)) is not None:
        answer = wallet.reset(seat.database, seat.who.name, seat.book.id, cash, keys.key_of("reset"))
        tell("reset", answer, "A new book is open; the old one is archived.")
        if answer.ok:
            st.rerun()


def lines(seat: Seat) -> Iterator[dict[str, Any]]:
    """Every line of the ledger, newest first, asked for page by page."""
    cursor, count = None, 0
    while count < LONGEST:
        page = screens.ledger(seat.database, seat.book, cursor, 500)
        yield from page["items"]
        count, cursor = count + len(page["items"]), page["next"]
        if cursor is None:
            return


def ledger(seat: Seat) -> None:
    """The newest movements, older ones on demand, all of them as CSV."""
    pages = st.session_state.setdefault("ledger pages", 1)
    rows: list[dict[str, Any]] = []
    cursor = None
    for _ in range(pages):
        page = screens.ledger(seat.database, seat.book, cursor, PAGE)
        rows += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("##### Ledger")
        st.space("stretch")
        st.download_button(
            "CSV",
            data=lambda: as_csv(COLUMNS, lines(seat)).encode("utf-8-sig"),
            file_name="kagaz-ledger.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
    if not rows:
        st.caption(
            "Nothing has moved yet. Add virtual funds above, then place an order: each rupee it moves is a line here."
        )
        return
    table = pd.DataFrame(
        {
            "Time (IST)": [words.moment(row["event_at"]) for row in rows],
            "Kind": [row["code"].replace("_", " ").capitalize() for row in rows],
            "From": [row["from"].replace("_", " ") for row in rows],
            "To": [row["to"].replace("_", " ") for row in rows],
            "Amount": [words.rupees(row["amount"]) for row in rows],
            "Cash after": [words.rupees(row["cash_after"]) for row in rows],
            "Reference": [row["reference"] or "" for row in rows],
        }
    )
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        table,
        hide_index=True,
        column_config={"Amount": right, "Cash after": right},
        height=min(560, 38 + 35 * len(rows)),
    )
    if cursor is not None and st.button("Older"):
        st.session_state["ledger pages"] = pages + 1
        st.rerun()


def page() -> None:
    """The page, for who may read a book."""
    seat = guard.require_account()
    if seat.live:
        components.show("wallet", "wallet", {"seat": seat.for_browser()})
    else:
        fallback.wallet(seat)
    if seat.writes:
        first, second, third = st.columns(3)
        with first:
            money_form(seat, "deposit", "Add funds", "Virtual money, from nowhere into this book.", wallet.deposit)
        with second:
            money_form(
                seat,
                "withdraw",
                "Withdraw",
                "At most what is withdrawable: available, less today's sales of shares.",
                wallet.withdraw,
            )
        with third:
            reset_form(seat)
    with st.expander("Broker plan and charges"):
        notes.plan(seat)
    ledger(seat)


page()
