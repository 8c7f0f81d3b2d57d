"""The screens where the stream cannot be reached: the same figures, redrawn every two seconds."""

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from core.orders import WORKING
from core.reasons import Refusal
from desk import option_chain, risk_status, screens, trading, watchlists
from ui import guard, order_elsewhere, words
from ui.menu import file_of
from ui.seat import Seat
from ui.tables import table

EVERY = 2.0
LINES = 100  # of the ledger at a time


def _table(rows: list[dict[str, Any]], columns: dict[str, str], empty: str, **options: Any) -> Any:
    if not rows:
        st.caption(empty)
        return None
    frame = pd.DataFrame(rows, columns=list(columns)).rename(columns=columns)
    config = {name: st.column_config.NumberColumn(format="localized") for name in frame.select_dtypes("number")}
    return st.dataframe(frame, hide_index=True, column_config=config, **options)


@st.fragment(run_every=EVERY)
def pill(seat: Seat) -> None:
    """How fresh prices are, and that this is paper."""
    seat = guard.still(seat)
    if not seat.market:
        return
    try:
        feed = screens.feed(seat.database, seat.market)
    except Refusal as refusal:
        st.caption(refusal.sentence)
        return
    st.caption(
        f"**PAPER** · prices {feed['state']} {words.age(feed['age_ms'])} · the stream cannot be reached from here, "
        "so figures are redrawn every two seconds"
    )


@st.fragment(run_every=EVERY)
def watch(seat: Seat) -> None:
    """The first watchlist with its last prices."""
    seat = guard.still(seat)
    if not seat.market:
        return
    lists = watchlists.lists(seat.database, seat.who)
    chosen = st.selectbox("List", lists, format_func=lambda each: each["name"], label_visibility="collapsed")
    quotes = screens.quotes(seat.database, seat.market, chosen["symbols"])["items"] if chosen else {}
    rows = [{"symbol": key.partition(":")[2], **quote} for key, quote in quotes.items()]
    _table(
        rows,
        {"symbol": "Symbol", "last_price": "LTP", "change_percent": "%", "state": "State"},
        "Nothing to watch yet.",
    )


@st.fragment(run_every=EVERY)
def orders(seat: Seat) -> None:
    """The order book; orders are cancelled by selecting them."""
    seat = guard.still(seat)
    rows = screens.orders(seat.database, seat.book, limit=200)["items"]
    columns = {
        "order_id": "Order",
        "placed_at": "Placed (IST)",
        "side": "Side",
        "symbol": "Instrument",
        "product": "Product",
        "filled_quantity": "Filled",
        "quantity": "Qty",
        "price": "Price",
        "average_price": "Avg.",
        "status": "Status",
        "reason": "Reason",
    }
    for row in rows:
        row["placed_at"] = words.moment(row["placed_at"])
    told = _table(
        rows, columns, "No orders today.", key="fallback-orders", on_select="rerun", selection_mode="multi-row"
    )
    chosen = [rows[at] for at in told.selection.rows if at < len(rows)] if told else []
    open_ones = [row for row in chosen if row["status"] in WORKING]
    if seat.writes and st.button(f"Cancel {len(open_ones)} selected", disabled=not open_ones):
        for row in open_ones:
            answer = trading.cancel(seat.database, seat.who.name, seat.book.id, int(row["order_id"]), None)
            if not answer.ok:
                st.error(answer.body["detail"])
        st.rerun(scope="fragment")
    if seat.writes and len(open_ones) == 1 and st.button("Change it"):
        st.switch_page(file_of("order"), query_params={"order": open_ones[0]["order_id"]})
    if seat.writes:
        order_elsewhere.listing(seat)


@st.fragment(run_every=EVERY)
def positions(seat: Seat) -> None:
    """Positions, then holdings."""
    seat = guard.still(seat)
    columns = {
        "symbol": "Instrument",
        "product": "Product",
        "quantity": "Qty",
        "average_price": "Avg.",
        "last_price": "LTP",
        "unrealised": "Unrealised",
        "realised": "Realised",
    }
    rows = [row for row in screens.positions(seat.database, seat.book)["items"] if row["quantity"] or row["realised"]]
    _table(rows, columns, "No positions today.")
    total = sum(words.paise(row["unrealised"]) + words.paise(row["realised"]) for row in rows)
    st.markdown(f"P&L today, before charges: **{words.rupees(total / 100, signed=True)}**")
    held = screens.holdings(seat.database, seat.book)["items"]
    if held:
        st.markdown("##### Holdings")
        columns = {
            "symbol": "Instrument",
            "quantity": "Qty",
            "t1_quantity": "T1",
            "average_price": "Avg.",
            "last_price": "LTP",
            "value": "Current",
            "unrealised": "P&L",
        }
        _table(held, columns, "")


@st.fragment(run_every=EVERY)
def fills(seat: Seat, key: str) -> None:
    """Today's fills of one instrument."""
    seat = guard.still(seat)
    made = screens.trades(seat.database, seat.book, limit=500)["items"]
    rows = [
        {**row, "at": words.moment(row["traded_at"]), "charged": row["charges"]["total"]}
        for row in made
        if f"{row['exchange']}:{row['symbol']}" == key
    ]
    st.markdown("##### Fills today")
    columns = {
        "at": "Time (IST)",
        "side": "Side",
        "quantity": "Qty",
        "price": "Price",
        "value": "Value",
        "charged": "Charges",
        "order_id": "Order",
    }
    _table(rows, columns, "None in this book.")


WALLET = (
    ("Cash", "cash"),
    ("Held for orders", "held"),
    ("Margin of positions", "margin"),
    ("Invested", "invested"),
    ("Unsettled", "unsettled"),
    ("Today's gains", "gains"),
    ("Option credit", "option_credit"),
    ("**Balance**", "balance"),
    ("Unrealised", "unrealised"),
    ("**Equity**", "equity"),
    ("Available", "available"),
)
MARGIN = (
    ("SPAN margin", "span"),
    ("Exposure margin", "exposure"),
    ("Add-on margin", "add_ons"),
    ("Delivery margin", "delivery_margin"),
    ("MIS margin", "mis_margin"),
    ("**Margin of positions**", "margin"),
)


@st.fragment(run_every=EVERY)
def wallet(seat: Seat) -> None:
    """The wallet's figures in the order in which they add up."""
    seat = guard.still(seat)
    figures = screens.wallet(seat.database, seat.book)
    if call := figures["margin_call"]:
        st.error(
            f"**Margin call since {words.moment(call['since'])} IST.** You are short of"
            f" {words.rupees(call['shortfall'])}. Add funds or close positions: at a loss of"
            f" {call['closes_at_percent']:g}% of your funds they are closed for you.{_delivery(call)}"
        )
    for lines in (WALLET, MARGIN):
        cells = (f"| {label} | {words.rupees(figures[key])} |" for label, key in lines)
        st.markdown("\n".join(["| | ₹ |", "|:--|--:|", *cells]))


def _delivery(call: dict[str, Any]) -> str:
    if not call["delivery_margin"]:
        return ""
    blocked = words.rupees(call["delivery_margin"])
    return f" {blocked} is blocked for the delivery of stock options in the money that end soon."


def ledger(seat: Seat) -> None:
    """The newest movements, older ones on demand."""
    pages = st.session_state.setdefault("ledger pages", 1)
    rows: list[dict[str, Any]] = []
    cursor = None
    for _ in range(pages):
        page = screens.ledger(seat.database, seat.book, cursor, LINES)
        rows += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    st.markdown("##### Ledger")
    told = [
        {
            **row,
            "at": words.moment(row["event_at"]),
            "kind": row["code"].replace("_", " ").capitalize(),
            "amount": words.rupees(row["amount"]),
            "cash_after": words.rupees(row["cash_after"]),
        }
        for row in rows
    ]
    columns = {
        "at": "Time (IST)",
        "kind": "Kind",
        "from": "From",
        "to": "To",
        "amount": "Amount",
        "cash_after": "Cash after",
        "reference": "Reference",
    }
    _table(told, columns, "Nothing has moved yet. Add virtual funds above: each rupee that moves is a line here.")
    if cursor is not None and st.button("Older"):
        st.session_state["ledger pages"] = pages + 1
        st.rerun()


@st.fragment(run_every=EVERY)
def quote(seat: Seat, key: str) -> None:
    """One instrument's figures of the day."""
    seat = guard.still(seat)
    if not seat.market:
        return
    found = screens.quotes(seat.database, seat.market, [key])["items"].get(key)
    if found is None:
        st.caption("No price yet.")
        return
    st.metric(key, words.rupees(found["last_price"]), f"{found['change']:+.2f} ({found['change_percent']:+.2f}%)")
    st.caption(
        f"Open {found['open']} · high {found['high']} · low {found['low']} · previous close {found['prev_close']}"
    )


DECIDED = {
    "REFUSED": "Refused",
    "ACTIVE": "Re-armed",
    "REDUCING": "Reduces only",
    "HALTED": "Halted",
    "CARRIED": "Carried over",
}


@st.fragment(run_every=EVERY)
def risk(seat: Seat) -> None:
    """How far each limit is used, and what was decided lately."""
    seat = guard.still(seat)
    now = risk_status.status(seat.database, seat.book)
    left, middle, right = st.columns(3)
    left.metric("Equity", words.rupees(now["equity"]))
    middle.metric("Loss today", words.rupees(now["loss"]))
    right.metric("Below the highest equity", words.share(now["drawdown"] / 100))
    st.markdown("##### Limits in use")
    columns = st.columns(2, gap="large")
    measured = [each for each in now["limits"] if each["share"] is not None]
    for place, each in enumerate(measured):
        columns[place % 2].progress(each["share"], text=f"{each['words']} · {each['shown']}")
    with st.expander("Limits of a single order and of positions"):
        table(
            [each for each in now["limits"] if each["share"] is None], {"words": "Limit", "shown": "At most"}, "None."
        )
    st.markdown("##### Lately decided")
    rows = [
        {
            **each,
            "when": words.moment(each["at"]),
            "what": DECIDED[each["decision"]],
            "order_id": each["order_id"] or "",
        }
        for each in now["decisions"]
    ]
    table(
        rows,
        {
            "when": "Time (IST)",
            "what": "Decision",
            "sentence": "Why",
            "actor": "By",
            "order_id": "Order",
            "rule_words": "Rule",
        },
        "Nothing was refused and nobody was stopped.",
    )
    st.markdown("##### Restricted instruments")
    table(
        now["restrictions"],
        {"instrument": "Instrument", "words": "What holds", "note": "Note", "from": "Since"},
        "No instrument is restricted today.",
    )


@st.fragment(run_every=EVERY)
def chain(seat: Seat, underlying: str, expiry: str | None) -> None:
    """Calls and puts of one expiry by strike, with their prices."""
    seat = guard.still(seat)
    asked = st.text_input("Underlying", underlying).strip().upper()
    try:
        told = option_chain.chain(seat.database, seat.market, asked)
        dates: list[str] = told["expiries"]
        wanted = st.selectbox("Expiry", dates, index=_place(dates, expiry))
        if wanted != told["expiry"]:
            told = option_chain.chain(seat.database, seat.market, asked, date.fromisoformat(wanted))
    except Refusal as refusal:
        st.caption(refusal.sentence)
        return
    rows = [{"strike": row["strike"], **_side("call", row["call"]), **_side("put", row["put"])} for row in told["rows"]]
    columns = {
        "call_oi": "Calls OI", "call_volume": "Volume", "call_last": "Calls LTP", "strike": "Strike",
        "put_last": "Puts LTP", "put_volume": "Volume ", "put_oi": "Puts OI",
    }  # fmt: skip
    _table(rows, columns, "No strikes.")


def _place(listed: list[str], wanted: str | None) -> int:
    return 0 if wanted not in listed else listed.index(wanted)


def _side(name: str, contract: dict[str, Any] | None) -> dict[str, Any]:
    quote = (contract or {}).get("quote") or {}
    return {f"{name}_{key}": quote.get(of) for key, of in (("last", "last_price"), ("volume", "volume"), ("oi", "oi"))}
