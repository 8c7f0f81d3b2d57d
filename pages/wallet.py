"""Funds: sums that add up, virtual money in and out, and every movement of the ledger."""

from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st

from core.money import FRESH_CASH, group, parse_rupees
from desk import screens, wallet
from desk.answers import Answer
from desk.sheet import as_csv
from ui import components, fallback, guard, keys, notes, words
from ui.menu import file_of
from ui.seat import Seat

COLUMNS = ("event_at", "code", "from", "to", "amount", "cash_after", "reference")
LONGEST = 50_000  # lines of one download
BLOCKERS = {
    "orders": "order",
    "positions": "find",
}  # where what blocks money is shown, and by which word of its address


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


def reason_of() -> str:
    """What shall stand beside the movement in the ledger; nothing need."""
    hint = "Shown in the ledger beside the movement."
    return st.text_input("Why (if you like)", max_chars=wallet.LONGEST_WHY, help=hint)


def money_form(seat: Seat, form: str, label: str, why: str, act: Callable[..., Answer]) -> None:
    """One amount and one button; the key in the form makes a double click one movement."""
    with st.form(form, border=True, width=440):
        text = st.text_input(f"{label} (₹)", placeholder="1,00,000", help=why)
        reason = reason_of()
        sent = st.form_submit_button(label, width="stretch")
    if sent and (amount := amount_of(text)) is not None:
        answer = act(seat.database, seat.who.name, seat.book.id, amount, keys.key_of(form), reason.strip())
        tell(form, answer, f"{label}: {words.rupees(amount / 100)}")


def reset_form(seat: Seat) -> None:
    """A new start. The old book is archived as it stands."""
    with st.form("reset", border=True, width=440):
        text = st.text_input(
            "Start anew with (₹)", value=group(FRESH_CASH // 100), help="The old book is archived, never erased."
        )
        reason = reason_of()
        sure = st.checkbox("Archive this book and cancel its open orders")
        sent = st.form_submit_button("Reset", width="stretch")
    if not sent:
        return
    if not sure:
        st.error("Tick the box to say that this book shall be archived.")
    elif (cash := amount_of(text)) is not None:
        answer = wallet.reset(seat.database, seat.who.name, seat.book.id, cash, keys.key_of("reset"), reason.strip())
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
    """Every movement, and all of them as a file that is made when it is asked for."""
    if seat.live:
        components.show("ledger", "ledger", {"seat": seat.for_browser()})
    else:
        fallback.ledger(seat)
    st.download_button(
        "Ledger as CSV",
        data=lambda: as_csv(COLUMNS, lines(seat)).encode("utf-8-sig"),
        file_name="kagaz-ledger.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def add_form(seat: Seat) -> None:
    """Money in."""
    money_form(seat, "deposit", "Add funds", "Virtual money, from nowhere into this book.", wallet.deposit)


def withdraw_form(seat: Seat) -> None:
    """Money out."""
    why = "At most what is withdrawable: available, less today's sales of shares."
    money_form(seat, "withdraw", "Withdraw", why, wallet.withdraw)


ACTS = {"Add funds": add_form, "Withdraw": withdraw_form, "Start anew": reset_form, "Broker plan": notes.plan}


def leave_for(what: list[str] | None) -> None:
    """To the order, or to the positions, that block money: [page, what it is asked for]."""
    if what and what[0] in BLOCKERS:
        st.switch_page(file_of(what[0]), query_params={BLOCKERS[what[0]]: what[1]})


def page() -> None:
    """The page, for who may read a book."""
    seat = guard.require_account()
    if seat.live:
        leave_for(components.show("wallet", "wallet", {"seat": seat.for_browser()}, "go").go)
    else:
        fallback.wallet(seat)
    # One form at a time: each would be drawn again at every rerun, whether it is used or not.
    acts = list(ACTS) if seat.writes else ["Broker plan"]
    act = st.segmented_control(
        "What to do", acts, default=acts[0], key="do", required=True, label_visibility="collapsed", bind="query-params"
    )
    ACTS[act](seat)
    ledger(seat)


page()
