"""The administrator's page: who may come in, whether the machinery lives, and whether the books balance."""

from datetime import date, datetime, time
from typing import Any

import pandas as pd
import streamlit as st

from core.calendar import IST, DayKind
from core.money import parse_rupees
from core.reasons import Refusal
from desk import admin, calendar, corporate, identity
from desk import verify as verifying
from ui import guard, words
from ui.seat import Seat


def table(rows: list[dict[str, Any]], columns: dict[str, str], empty: str) -> None:
    """Rows under their headings; a sentence where there are none."""
    if not rows:
        st.caption(empty)
        return
    frame = pd.DataFrame(
        [{title: "–" if row.get(key) is None else row[key] for key, title in columns.items()} for row in rows]
    )
    st.dataframe(frame, hide_index=True)


@st.fragment(run_every=2.0)
def machinery(seat: Seat) -> None:
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


def jobs(seat: Seat) -> None:
    """What the clock has run."""
    rows = [
        {
            **row,
            "started": words.moment(row["started_at"]),
            "took": words.age(row["took_ms"]),
            "late": words.age(row["late_ms"]) if row["late"] else "",
        }
        for row in admin.job_runs(seat.database)
    ]
    columns = {
        "job": "Job",
        "market": "Market",
        "trading_date": "Trading date",
        "started": "Started (IST)",
        "took": "Took",
        "state": "State",
        "late": "Late by",
        "error": "Error",
    }
    table(rows, columns, "No timed job has run yet.")


def books(seat: Seat) -> None:
    """The invariants: what the last check said, and a check now."""
    last = admin.verified(seat.database)
    if last["ok"] is None:
        st.caption("No check of the invariants has finished yet; the sidecar runs one each hour.")
    elif last["ok"]:
        st.success(f"Every invariant held at {words.moment(last['at'])} IST.")
    else:
        st.error(f"At {words.moment(last['at'])} IST: " + " ".join(map(str, last["violations"])))
    if st.button("Check all books now", icon=":material/balance:"):
        with st.spinner("Adding up every account"):
            verdict = verifying.verify(seat.database)
        if verdict.sound:
            st.success(f"{verdict.accounts} accounts checked: every rupee is where it should be.")
        else:
            for sentence in verdict.violations:
                st.error(sentence)


def users(seat: Seat) -> None:
    """Everyone, and what an administrator may do to one of them."""
    everyone = identity.everyone(seat.database)
    rows = [
        {
            "name": user.name,
            "display": user.display_name,
            "email": user.email,
            "role": user.role,
            "state": "locked out" if user.locked else "active" if user.active else "switched off",
            "password": "must be changed" if user.must_change_password else "",
        }
        for user in everyone
    ]
    table(
        rows,
        {
            "name": "Name",
            "display": "Called",
            "email": "E-mail",
            "role": "Role",
            "state": "State",
            "password": "Password",
        },
        "Nobody.",
    )
    left, right = st.columns(2, gap="large")
    with left:
        change_user(seat, [user.name for user in everyone])
    with right:
        add_user(seat)


def change_user(seat: Seat, names: list[str]) -> None:
    """Role, entry, lockout, password link: each takes effect at once."""
    st.markdown("##### Change a user")
    actor, database, door = seat.who.name, seat.database, words.front_door(st.context.url, "admin")
    name = st.selectbox("User", names)
    role = st.segmented_control(
        "Role", identity.ROLES, default=identity.find(database, name).role, required=True, key=f"role of {name}"
    )
    with st.container(horizontal=True):
        wishes = {
            "Set role": lambda: identity.set_role(database, actor, name, role),
            "Let in": lambda: identity.set_active(database, actor, name, True),
            "Switch off": lambda: identity.set_active(database, actor, name, False),
            "Unlock": lambda: identity.unlock(database, actor, name),
            "End sessions": lambda: identity.revoke_all(database, actor, name),
            "Password link": lambda: identity.password_link(database, actor, name, door),
        }
        chosen = next((label for label in wishes if st.button(label)), None)
    if chosen is None:
        return
    try:
        done = wishes[chosen]()
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    if chosen == "Password link":
        st.caption("Good once, for an hour. Give it to the user by a way that only they read.")
        st.code(done, language=None)
    else:
        st.toast(f"{chosen}: {name}")


def add_user(seat: Seat) -> None:
    """A new user with a book of their own and a password to be changed at first sign-in."""
    st.markdown("##### Add a user")
    with st.form("add-user", border=False):
        name = st.text_input("Name", max_chars=32)
        role = st.segmented_control("Role", identity.ROLES, default="trader", required=True)
        cash = st.text_input("Virtual funds (₹)", value="10,00,000")
        sent = st.form_submit_button("Add user")
    if not sent:
        return
    password = identity.generate()
    try:
        identity.add_user(
            seat.database,
            name,
            role,
            password=password,
            must_change=True,
            cash_paise=parse_rupees(cash),
            actor=seat.who.name,
        )
    except Refusal as refusal:
        st.error(refusal.sentence)
    except ValueError:
        st.error("Type an amount such as 10,00,000.")
    else:
        st.caption(f"{name} signs in with this password once, then chooses another. It is shown here only:")
        st.code(password, language=None)


def trail(seat: Seat) -> None:
    """Who did what, newest first."""
    rows = [
        {
            "at": words.moment(row.at),
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "detail": str(row.detail or ""),
        }
        for row in identity.audit_log(seat.database, seat.who)
    ]
    table(
        rows,
        {"at": "Time (IST)", "actor": "Who", "action": "What", "subject": "Whom", "detail": "Detail"},
        "Nothing yet.",
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
        day = st.date_input("Ex-date", value=None)
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
        day = st.date_input("Day", value=None)
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
    named = {f"{row['day']} {row['name']}": row for row in rows}
    chosen = named[st.selectbox("Day", list(named))]
    if st.button("Remove"):
        kind = DayKind.HOLIDAY if chosen["kind"] == "holiday" else DayKind.SPECIAL
        try:
            calendar.remove(seat.database, seat.who.name, date.fromisoformat(chosen["day"]), kind)
        except Refusal as refusal:
            st.error(refusal.sentence)
            return
        st.rerun()


VIEWS = {
    "Health": machinery, "Jobs": jobs, "Books": books, "Actions": actions, "Calendar": hours, "Users": users,
    "Audit": trail,
}  # fmt: skip


def page() -> None:
    """The page, for administrators alone."""
    seat = guard.require("admin")
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
