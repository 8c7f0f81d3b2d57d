"""The administrator's view of vendors' lists of instruments: each file that was loaded, and what it changed."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from core.money import group
from core.reasons import Refusal
from core.vendors import TERMS, Vendor
from desk import vendor_fetch, vendor_masters
from ui import session, words
from ui.seat import Seat
from ui.tables import table
from web.streamlit_doors import FILES

SEEN = 20
COLUMNS = {
    "at": "Loaded (IST)",
    "vendor": "Vendor",
    "rows": "Rows",
    "new": "New",
    "expired": "Expired",
    "left": "Left",
    "renamed": "Renamed",
    "isin_changed": "ISIN",
    "lot_changed": "Lot",
    "tick_changed": "Tick",
    "bad": "Unusable",
    "took": "Took",
    "actor": "By",
    "source": "File",
}
CHANGES = {
    "left": "Listed no more",
    "relisted": "Listed again",
    "renamed": "New symbol",
    "isin_changed": "New ISIN",
    "expiry_moved": "Expiry moved",
    "lot_changed": "New lot",
    "tick_changed": "New tick (paise)",
    "freeze_changed": "New freeze quantity",
    "key_reused": "The vendor's name means another now",
}


def instruments(seat: Seat) -> None:
    """What was loaded, the last one in full, and the ways to load another."""
    loads = vendor_masters.loads(seat.database, SEEN)
    table([_summed(each) for each in loads], COLUMNS, "No vendor's list was loaded yet.")
    if loads:
        named = {_name(each): each for each in loads}
        chosen = st.selectbox("Changes of", list(named))
        _changes(named[chosen]["report"])
    left, right = st.columns(2, gap="large")
    with left:
        _fetch(seat)
    with right:
        _upload(seat)


def _name(load: dict[str, Any]) -> str:
    return f"{TERMS[Vendor(load['vendor'])].title}, {words.moment(load['loaded_at'])} (no. {load['id']})"


def _summed(load: dict[str, Any]) -> dict[str, Any]:
    report = load["report"]
    return {
        **{key: report.get(key) for key in COLUMNS},
        **{key: load[key] for key in ("actor", "source")},
        "vendor": TERMS[Vendor(load["vendor"])].title,
        "at": words.moment(load["loaded_at"]),
        "bad": sum(report["bad"].values()) if "bad" in report else "failed",
        "took": words.age(report.get("took_ms")),
    }


def _changes(report: dict[str, Any]) -> None:
    if "failed" in report:
        st.error(report["failed"])
        return
    if report["cut"]:
        st.warning(f"The file is not whole: {report['cut']}. What it has was loaded, and all else stays listed.")
    if report["held_back"]:
        lacking = ", ".join(f"{group(count)} of {exchange}" for exchange, count in report["held_back"].items())
        st.warning(f"The file lacks {lacking}. That is too much to be believed, so that all of it stays listed.")
    rows = [
        {"what": title, **each}
        for what, title in CHANGES.items()
        for each in report["examples"].get(what, [])
    ]  # fmt: skip
    counted = [f"{title.lower()} {group(report[what])}" for what, title in CHANGES.items() if report[what]]
    st.caption("Changes: " + (", ".join(counted) + "." if counted else "none of what was known."))
    table(rows, {"what": "Change", "key": "Instrument", "was": "Was", "now": "Is"}, "")
    left = ", ".join(f"{what} {group(count)}" for what, count in sorted(report["left_out"].items()))
    if left:
        st.caption(f"Not traded here and left out: {left}.")
    if report["bad"]:
        st.caption("Rows that cannot be used, the first of them:")
        table(report["examples"]["bad"], {"line": "Line", "why": "The row", "text": "It says"}, "")


def _fetch(seat: Seat) -> None:
    st.markdown("##### Fetch")
    st.caption(
        "Each day's list is fetched by itself while a live market of the vendor runs. TrueData asks for a login: what "
        "you have typed in for it is used."
    )
    with st.container(horizontal=True):
        for vendor in Vendor:
            if st.button(f"Fetch from {TERMS[vendor].title}", key=f"fetch {vendor}"):
                _attempt(partial(_fetched, seat, vendor))


def _fetched(seat: Seat, vendor: Vendor) -> dict[str, Any]:
    login = vendor_fetch.login_of(seat.database, vendor, seat.who.name) if vendor is Vendor.TRUEDATA else None
    return vendor_fetch.fetch(seat.database, vendor, seat.who.name, login)


def _upload(seat: Seat) -> None:
    st.markdown("##### Load a file")
    if tab := session.of_streamlit():
        FILES.let(tab)
    file = st.file_uploader("A vendor's list: JSON or CSV, or either as .gz", key="masters file")
    if file is not None and st.button("Load it"):
        chunks = iter(lambda: file.read(vendor_masters.CHUNK), b"")
        _attempt(lambda: vendor_masters.load(seat.database, file.name, chunks, seat.who.name))


def _attempt(work: Callable[[], dict[str, Any]]) -> None:
    try:
        with st.spinner("Loading: a list of a hundred thousand takes half a minute"):
            told = work()
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    st.toast(f"{group(told['rows'])} rows read, {group(told['new'])} instruments are new.")
    st.rerun()
