"""The contract note of a day, to read, to keep as a sheet and to print; and the plan that it is made by."""

from datetime import date
from typing import Any

import streamlit as st

from core.reasons import Refusal
from desk import contract_note_page, contract_notes, plans, statement, statement_page
from ui import words
from ui.seat import Seat
from ui.tables import figures, grid

Row = dict[str, Any]
FEW = 100  # rows that are drawn as they are; a program's day of thousands is a grid, which draws what is seen
KINDS = (
    ("Brokerage", "brokerage"), ("STT", "stt"), ("Exchange", "exchange"), ("IPFT", "ipft"), ("SEBI", "sebi"),
    ("Stamp", "stamp"), ("GST", "gst"),
)  # fmt: skip


def contract_note(seat: Seat) -> None:
    """Pick a day; its charges by scrip, its orders, and both downloads."""
    st.markdown("##### Contract note")
    days = contract_notes.days(seat.database, seat.book)
    if not days:
        st.caption("The first day with a trade has a contract note here: what each scrip cost, to the paisa.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = _picked(days, "note day")
        found = contract_notes.report(seat.database, seat.book, day)
        name = f"kagaz-contract-note-{day.isoformat()}"
        st.download_button(
            "CSV", lambda: contract_notes.as_sheet(found).encode("utf-8-sig"), f"{name}.csv", "text/csv",
            on_click="ignore", icon=":material/download:", key="note csv",
        )  # fmt: skip
        st.download_button(
            "To print", lambda: contract_note_page.page(found).encode(), f"{name}.html", "text/html",
            on_click="ignore", icon=":material/print:", key="note html",
        )  # fmt: skip
    _state(found)
    figures(_charges(found), 1, "note")
    with st.expander("Orders on this note"):
        grid(_orders(found), 4)
        st.caption(
            "Brokerage is an executed order's, however many fills it had; of an iceberg it is each leg's. Shares"
            " bought and sold on one day are intraday, whatever their product."
        )


def _picked(days: list[date], key: str) -> date:
    """The day that is chosen, at the left of its row; what follows in the row stands at the right."""
    day: date = st.selectbox("Trading date", days, format_func=lambda each: f"{each:%a, %d %b %Y}", key=key)
    st.space("stretch")
    return day


def _state(found: Row) -> None:
    total, booked = words.rupees(found["total"]), words.rupees(found["booked"])
    plan = found["plan"].replace("-", " ")
    if found["final"] and not found["difference"]:
        st.caption(f":green[✓ adds up] · {total} on the note, {booked} charged · {plan} plan")
    elif found["final"]:
        st.error(f"The note says {total} and {booked} was charged: tell your administrator.")
    else:
        more = words.rupees(found["difference"], signed=True)
        st.caption(f"Today, so far: {booked} charged; the close brings it to {total} ({more}) · {plan} plan")


def _charges(found: Row) -> list[Row]:
    rows = [
        {"Scrip": words.plain(scrip["symbol"]), **{title: words.rupees(scrip[key]) for title, key in KINDS}, "DP": "",
         "Total": words.rupees(scrip["total"])}
        for scrip in found["scrips"]
    ]  # fmt: skip
    rows += [
        {"Scrip": f"Depository, {words.plain(each['symbol'])}", **{title: "" for title, _ in KINDS},
         "GST": words.rupees(each["gst"]), "DP": words.rupees(each["dp"]), "Total": words.rupees(each["total"])}
        for each in found["depository"]
    ]  # fmt: skip
    told = found["charges"]
    rows.append(
        {"Scrip": "All", **{title: words.rupees(told[key]) for title, key in KINDS}, "DP": words.rupees(told["dp"]),
         "Total": words.rupees(told["total"])}
    )  # fmt: skip
    return rows


def _orders(found: Row) -> list[Row]:
    return [
        {
            "Scrip": scrip["symbol"],
            "Order": line["order_id"] or line["label"] or "",
            "Side": line["side"],
            "Product": line["product"],
            "Quantity": line["quantity"],
            "Intraday": line["intraday_quantity"] or "",
            "Average": words.rupees(line["average_price"]),
            "Value": words.rupees(line["value"]),
            "Brokerage": words.rupees(line["brokerage"]),
            "Square-off fee": words.rupees(line["square_off_fee"]) if line["square_off_fee"] else "",
        }
        for scrip in found["scrips"]
        for line in scrip["lines"]
    ]


def plan(seat: Seat) -> None:
    """What the book is charged by, and another from the next trading date on."""
    told = plans.current(seat.database, seat.book)
    known = {each["plan"]: each for each in plans.plans(seat.database)}
    chosen = known[told["plan"]]
    waits = "" if told["next_plan"] is None else (
        f" From {date.fromisoformat(told['next_from']):%d %b %Y}: **{known[told['next_plan']]['title']}**."
    )  # fmt: skip
    st.markdown(f"##### Broker plan: {chosen['title']}")
    owner = seat.writes or (seat.who.is_admin and not seat.book.archived)
    if not owner:
        st.caption(f"{chosen['says']}{waits}")
        return
    if waits:  # what the plan says stands below it, where it is chosen
        st.caption(waits.strip())
    with st.form("plan", border=False):
        names = list(known)
        picked = st.radio(
            "Plan", names, index=names.index(told["next_plan"] or told["plan"]), label_visibility="collapsed",
            format_func=lambda each: known[each]["title"], captions=[each["says"] for each in known.values()],
        )  # fmt: skip
        sent = st.form_submit_button("Use from the next trading date")
    if sent:
        try:
            done = plans.choose(seat.database, seat.who, seat.book, picked)
        except Refusal as refusal:
            st.error(refusal.sentence)
            return
        st.toast(f"{known[picked]['title']} from {done['next_from'] or 'today'}")
        st.rerun()


def daily_statement(seat: Seat) -> None:
    """Pick a closed day; what changed the equity, what was dealt, what stayed open, and a page of it to print."""
    st.markdown("##### Statement of a day")
    days = statement.days(seat.database, seat.book)
    if not days:
        st.caption("The first trading date that closes has its statement here: what changed the equity, and why.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = _picked(days, "day told")
        found = statement.report(seat.database, seat.book, day)
        st.download_button(
            "To print", lambda: statement_page.page(found).encode(), f"kagaz-statement-{day.isoformat()}.html",
            "text/html", on_click="ignore", icon=":material/print:", key="statement html",
        )  # fmt: skip
    sums = [{"What changed the equity": label, "Amount": words.rupees(amount)} for label, amount in found["sums"]]
    figures(sums, 1, "sums")
    _list(f"Trades ({len(found['trades'])})", [_trade(each) for each in found["trades"]], 4)
    _list(f"Open at the close ({len(found['open'])})", [_still(each) for each in found["open"]], 2)


def _list(title: str, rows: list[Row], words_first: int) -> None:
    if not rows:
        return
    st.markdown(f"###### {title}")
    if len(rows) <= FEW:
        plain = [{**row, "Instrument": words.plain(row["Instrument"])} for row in rows]
        figures(plain, words_first, f"{words_first}-words")
    else:
        grid(rows, words_first)


def _trade(each: Row) -> Row:
    return {
        "Time (IST)": each["order_execution_time"][11:],
        "Instrument": each["symbol"],
        "Side": each["trade_type"].upper(),
        "Product": each["product"],
        "Quantity": statement_page.units(each["quantity"]),
        "Price": words.rupees(each["price"]),
        "Value": words.rupees(each["value"]),
        "Charges": words.rupees(each["charges"]),
    }


def _still(each: Row) -> Row:
    return {
        "Instrument": each["symbol"],
        "Product": each["product"],
        "Quantity": statement_page.units(each["quantity"]),
        "Close": words.rupees(each["price"]),
        "Value": words.rupees(each["value"]),
        "Unrealised": words.rupees(each["unrealised"], signed=True),
    }
