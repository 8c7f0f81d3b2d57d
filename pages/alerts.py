"""Alerts: prices of which one wants to hear, and what the book's owner was told without having asked."""

from functools import partial

import streamlit as st

from core.price_alerts import LONGEST_NOTE, Condition, Measure, Terms
from core.reasons import Reason, Refusal
from desk import alerts, masters, price_alerts, screens
from desk.rows import Row
from ui import guard, words
from ui.outcome import act, hear
from ui.seat import Seat

MEASURES = {"Price ₹": Measure.PRICE, "Change on the day %": Measure.CHANGE}
CONDITIONS = {"rises to": Condition.ABOVE, "falls to": Condition.BELOW, "crosses": Condition.CROSSES}
VERBS = {str(condition): words for words, condition in CONDITIONS.items()}
COLOURS = {"INFO": "blue", "WARNING": "orange", "CRITICAL": "red"}


def meant(seat: Seat, text: str) -> str:
    """The instrument that was typed: its key, its symbol, or words that only one thing fits. Raises a Refusal that
    names what was perhaps meant."""
    if text.upper() in masters.get(seat.database).by_key:
        return text.upper()
    found = screens.search(seat.database, text, limit=3)["items"] if text else []
    if len(found) == 1 or (found and found[0]["symbol"] == text.upper()):
        return str(found[0]["key"])
    hint = "Did you mean " + ", ".join(each["key"] for each in found) + "?" if found else "Type a symbol such as INFY."
    raise Refusal(Reason.UNKNOWN_INSTRUMENT, f"There is no {text or 'such instrument'}. {hint}", "symbol")


def made(seat: Seat, text: str, terms: Terms) -> None:
    """Make an alert for the instrument typed."""
    found = masters.get(seat.database).by_key[meant(seat, text)]
    price_alerts.make(seat.database, seat.book, found.id, terms)


def last(seat: Seat, asked: str) -> float:
    """Rupees at which what the address names stood when the page was opened, to begin from; 0 where that is nothing."""
    name = f"alert level {asked}"
    if name not in st.session_state:
        quote = screens.quotes(seat.database, seat.market, [asked])["items"].get(asked) if asked else None
        st.session_state[name] = float(quote["last_price"]) if quote else 0.0
    kept: float = st.session_state[name]
    return kept


def new(seat: Seat) -> None:
    """The form of a new one."""
    with st.form("price alert", border=True):
        st.markdown("##### Tell me when")
        first, second, third = st.columns([2, 2, 1.4])
        asked = st.query_params.get("symbol", "")
        key = first.text_input("Instrument", asked, placeholder="infy, nifty dec fut", max_chars=80)
        measure = MEASURES[second.selectbox("What", list(MEASURES))]
        condition = CONDITIONS[third.selectbox("When it", list(CONDITIONS))]
        first, second, third = st.columns([2, 2, 1.4], vertical_alignment="bottom")
        level = first.number_input("Level", -99.99, 10_000_000.0, last(seat, asked), step=0.05, format="%.2f")
        note = second.text_input("Note to myself", max_chars=LONGEST_NOTE)
        repeats = third.checkbox("Every time", help="Once a minute at most, each time that the price comes back to it.")
        sent = st.form_submit_button("Set alert", type="primary")
    if sent:
        terms = Terms(measure, condition, words.paise(level), repeats, note.strip())
        act(
            partial(made, seat, key.strip(), terms),
            "The alert is set: a note appears on whichever page you are.",
        )


def told(row: Row) -> str:
    """``INFY rises to ₹1,600.00``."""
    what = (
        words.rupees(row["level"]) if row["measure"] == "PRICE" else words.percent(row["level"] / 100) + " on the day"
    )
    verb = VERBS[row["condition"]]
    return f"**{words.plain(row['exchange'])}:{words.plain(row['symbol'])}** {verb} **{what}**"


def about(row: Row) -> str:
    """What is smaller print of an alert."""
    often = "rang" if row["rings"] == 1 else f"rang {row['rings']} times, last"
    rings = f"{often} {words.moment(row['rung_at'])}" if row["rings"] else "has not rung"
    parts = ["every time" if row["repeat"] else "once", rings, words.plain(row["note"])]
    return " · ".join(part for part in parts if part)


def stands(row: Row, quote: Row | None) -> str:
    """Where the price stands as the page is drawn, and how far that is from the level: ``last ₹1,473.20, 1% away``."""
    if quote is None or quote["last_price"] is None or row["status"] != "ACTIVE":
        return ""
    last = quote["last_price"]
    if row["measure"] != "PRICE":
        return f"now {words.percent(quote['change_percent'] / 100)}" if quote.get("change_percent") is not None else ""
    return f"last {words.rupees(last)}, {words.share(abs(row['level'] - last) / last)} away" if last else ""


def line(seat: Seat, row: Row, quote: Row | None) -> None:
    """One alert: what it waits for, what it did, and the buttons at its end."""
    number = int(row["price_alert_id"])
    small = " · ".join(each for each in (stands(row, quote), about(row)) if each)
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.markdown(f"{told(row)}  \n:small[:gray[{small}]]", width="stretch")
        if not seat.writes:
            return
        if row["status"] == "DONE" and st.button("Again", key=f"again {number}", help="Wait for the same price anew"):
            act(partial(price_alerts.change, seat.database, seat.book, number), "The alert waits again.")
        if st.button("Delete", key=f"delete {number}"):
            act(partial(price_alerts.delete, seat.database, seat.book, number), "The alert is deleted.")


def listed(seat: Seat, status: str, heading: str, empty: str) -> None:
    """Alerts in one state, the newest fifty."""
    rows = price_alerts.listed(seat.database, seat.book, status, limit=50)
    with st.container(border=True, key=f"alerts-{status}"):
        st.markdown(f"##### {heading}")
        if not rows:
            st.caption(empty)
        keys = sorted({f"{row['exchange']}:{row['symbol']}" for row in rows if row["status"] == "ACTIVE"})
        quotes = screens.quotes(seat.database, seat.market, keys)["items"] if keys else {}
        for row in rows:
            line(seat, row, quotes.get(f"{row['exchange']}:{row['symbol']}"))


def news(seat: Seat) -> None:
    """What the owner of the book should have heard of within a week."""
    with st.container(border=True, key="alerts-news"):
        st.markdown("##### Told in the last seven days")
        rows = alerts.listed(seat.database, seat.book, limit=50)["items"]
        if not rows:
            st.caption("Nothing. Price alerts, fired GTTs, margin calls, stops by risk and square-offs stand here.")
        for row in rows:
            badge = f":{COLOURS[row['level']]}-badge[{row['kind'].replace('_', ' ').capitalize()}]"
            where = f" · {words.plain(row['instrument'])}" if row["instrument"] else ""
            detail = f"  \n{words.plain(row['detail'])}" if row["detail"] else ""
            st.markdown(
                f"{badge} **{words.plain(row['title'])}**{detail}  \n:small[:gray[{words.moment(row['at'])}{where}]]"
            )


def page() -> None:
    """The page, for everybody who has a book to show."""
    seat = guard.require_account()
    hear()
    if seat.writes:
        new(seat)
    left, right = st.columns(2, gap="medium")
    with left:
        listed(
            seat, "active", "Waiting", "None yet. An alert is rung by every price that prints, also between two looks."
        )
        listed(seat, "done", "Done", "None yet.")
    with right:
        news(seat)


page()
