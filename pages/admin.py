"""The administrator's page: who may come in, whether the machinery lives, and whether the books balance."""

from datetime import date, datetime, time
from functools import partial
from typing import Any

import streamlit as st

from core.calendar import IST, DayKind
from core.reasons import Refusal
from desk import admin, calendar, corporate, switching
from desk import market as markets
from desk.market import FEEDS
from ui import components, feeds, guard, house, listings, machinery, people, words
from ui.outcome import act, hear
from ui.seat import Seat
from ui.tables import table


@st.fragment(run_every=2.0)
def vital_signs(seat: Seat) -> None:
    """Feeds, leaders and processes, looked at every two seconds."""
    seat = guard.still(seat)
    st.markdown("##### Markets and feeds")
    feeds = [
        {**row, "age": words.age(row["age_ms"]), "time": words.moment(row["exchange_time"])}
        for row in admin.feeds(seat.database)
    ]
    columns = {
        "market": "Market",
        "state": "State",
        "age": "Last frame",
        "frame": "Frame",
        "phase": "Phase",
        "session": "Session",
        "trading_date": "Trading date",
        "time": "Exchange time (IST)",
        "feed": "Feed",
    }
    table(feeds, columns, "No market yet.")
    counted = {row["market"]: row["counters"] for row in feeds if row["counters"]}
    if counted:
        with st.expander("Counters of the feeds"):
            st.json(counted)
    st.markdown("##### Execution leaders")
    leaders = [
        {**row, "since": words.moment(row["taken_at"]), "beat": words.age(row["heartbeat_age_ms"])}
        for row in admin.leaders(seat.database)
    ]
    table(
        leaders,
        {"market": "Market", "holder": "Holder", "term": "Term", "since": "Since (IST)", "beat": "Last heartbeat"},
        "Nobody leads: orders rest.",
    )
    st.markdown("##### Processes")
    beats = [
        {
            **row,
            "alive": "● alive" if row["alive"] else "○ silent",
            "beat": words.age(row["age_ms"]),
            "since": words.moment(row["started_at"]),
        }
        for row in admin.heartbeats(seat.database)
    ]
    table(
        beats,
        {
            "process": "Process",
            "role": "Role",
            "market": "Market",
            "alive": "State",
            "beat": "Last heartbeat",
            "since": "Since (IST)",
        },
        "No process has beaten within the hour.",
    )


def actions(seat: Seat) -> None:
    """Splits and bonuses: what was entered, what waits, and a form for the next."""
    rows = [
        {
            **row,
            "kind": row["kind"].capitalize(),
            "at": words.moment(row["at"]),
            "done": words.moment(row["done_at"]) if row["done_at"] else "waits for its date",
        }
        for row in corporate.entered(seat.database)
    ]
    columns = {
        "key": "Share",
        "kind": "Kind",
        "ex_date": "Ex-date",
        "ratio": "Units",
        "isin": "New ISIN",
        "by": "Entered by",
        "at": "At (IST)",
        "done": "Done (IST)",
    }
    table(rows, columns, "No split or bonus was entered yet.")
    left, right = st.columns(2, gap="large")
    with left:
        enter_action(seat)
    with right:
        withdraw_action(seat, [row for row in rows if not row["done_at"]])


def enter_action(seat: Seat) -> None:
    """A split or a bonus for a date to come."""
    st.markdown("##### Enter a split or a bonus")
    with st.form("action", border=False, clear_on_submit=False):
        kind = st.segmented_control("Kind", ["SPLIT", "BONUS"], default="SPLIT", required=True)
        share = st.text_input("Share", placeholder="NSE:INFY")
        day = st.date_input("Ex-date", value=None, format="DD/MM/YYYY")
        ratio = st.text_input(
            "Ratio", placeholder="5:1", help="Split 5:1: one share becomes five. Bonus 1:1: one more."
        )
        isin = st.text_input("New ISIN", help="Leave empty where it stays.", max_chars=12)
        sent = st.form_submit_button("Enter")
    if not sent:
        return
    if day is None:
        st.error("Name the ex-date: the first trading date on which prices are in new units.")
        return
    try:
        done = corporate.enter(seat.database, seat.who.name, kind, share, day, ratio, isin=isin.strip().upper() or None)
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    st.toast(f"{done['key']}: {done['held']} become {done['becomes']} on {done['ex_date']}")
    st.rerun()


def withdraw_action(seat: Seat, waiting: list[dict[str, Any]]) -> None:
    """Take one back that has not happened."""
    if not waiting:
        return
    st.markdown("##### Withdraw")
    named = {f"{row['key']} {row['kind'].lower()} of {row['ex_date']}": row["id"] for row in waiting}
    chosen = st.selectbox("Waiting", list(named))
    if st.button("Withdraw"):
        try:
            corporate.withdraw(seat.database, seat.who.name, named[chosen])
        except Refusal as refusal:
            st.error(refusal.sentence)
            return
        st.rerun()


def hours(seat: Seat) -> None:
    """Holidays and special sessions to come; every process follows a change within seconds."""
    rows = calendar.days(seat.database, datetime.now(IST).date())
    told = [{**row, "hours": f"{row['opens']} to {row['closes']}" if row["opens"] else ""} for row in rows]
    table(
        [{**row, "kind": row["kind"].capitalize()} for row in told],
        {"day": "Day", "weekday": "", "kind": "Kind", "hours": "Hours (IST)", "name": "Name"},
        "The calendar names no day to come: every weekday trades.",
    )
    left, right = st.columns(2, gap="large")
    with left:
        add_day(seat)
    with right:
        remove_day(seat, rows)


def add_day(seat: Seat) -> None:
    """A holiday, or hours on a day that may be a weekend."""
    st.markdown("##### Add a day")
    kind = st.segmented_control("Kind", ["Holiday", "Session"], default="Holiday", required=True)
    with st.form("add-day", border=False):
        day = st.date_input("Day", value=None, format="DD/MM/YYYY")
        name = st.text_input("Name", max_chars=calendar.LONGEST_NAME, placeholder="Republic Day")
        opens = closes = None
        if kind == "Session":
            opens = st.time_input("Opens (IST)", value=time(13, 45), step=300)
            closes = st.time_input("Closes (IST)", value=time(14, 45), step=300)
        sent = st.form_submit_button("Add")
    if not sent:
        return
    if day is None:
        st.error("Name the day.")
        return
    try:
        if opens is None or closes is None:
            moved = calendar.add_holiday(seat.database, seat.who.name, day, name)
        else:
            moved = calendar.add_session(seat.database, seat.who.name, day, opens, closes, name)
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    st.toast(f"{day:%a %d %b %Y}: {name}. Contracts whose expiry moved: {moved}.")
    st.rerun()


def remove_day(seat: Seat, rows: list[dict[str, Any]]) -> None:
    """Make a day an ordinary one again."""
    if not rows:
        return
    st.markdown("##### Remove a day")
    named = {f"{date.fromisoformat(row['day']):%a, %d %b %Y} · {row['name']}": row for row in rows}
    chosen = named[st.selectbox("Day", list(named))]
    if st.button("Remove"):
        kind = DayKind.HOLIDAY if chosen["kind"] == "holiday" else DayKind.SPECIAL
        try:
            calendar.remove(seat.database, seat.who.name, date.fromisoformat(chosen["day"]), kind)
        except Refusal as refusal:
            st.error(refusal.sentence)
            return
        st.rerun()


@st.fragment(run_every=2.0)
def vendors_feeds(seat: Seat) -> None:
    """Every owner's live feed: how it is, and start and stop. Their prices are not an administrator's to see."""
    seat = guard.still(seat)
    feeds.overview(seat)


def health(seat: Seat) -> None:
    """What lives, and which of everybody's markets it is."""
    where = house.where()
    st.caption(where.words)
    if where.warning:
        st.warning(where.warning)
    if seat.live:
        st.markdown("##### Speed")
        components.show("latency", "latency", {"seat": seat.for_browser()})
    vital_signs(seat)
    runs = {each.feed for each in markets.markets(seat.database) if each.running and each.shown_to is None}
    for feed in FEEDS:
        if feed in runs:
            continue
        with st.popover(f"Switch everybody to the {feed}", icon=":material/swap_horiz:", key=f"popover {feed}"):
            st.markdown(
                "Everybody trades there from now on, in books of their own that begin without money. The clock of the"
                " market that runs now stands still; its books and open orders wait until it runs again."
            )
            if st.button("Switch", key=f"switch to {feed}", type="primary"):
                act(partial(switching.choose, seat.database, seat.who, feed), f"The {feed} runs.")


VIEWS = {
    "Health": health,
    "Feeds": vendors_feeds,
    "Instruments": listings.instruments,
    "Jobs": machinery.jobs,
    "Books": machinery.books,
    "Actions": actions,
    "Calendar": hours,
    "Users": people.users,
    "Audit": people.trail,
    "Settings": machinery.settings_in_force,
}


def page() -> None:
    """The page, for administrators alone."""
    seat = guard.require("admin")
    hear()
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default="Health",
        required=True,
        label_visibility="collapsed",
        bind="query-params",
        key="view",
    )
    VIEWS[view](seat)


page()
