"""The administrator's views of people: users, who may link what, and the trail of what was done."""

from datetime import datetime, time, timedelta

import streamlit as st

from core.calendar import IST
from core.money import FRESH_CASH, group, parse_rupees
from core.reasons import Refusal
from desk import identity
from ui import words
from ui.seat import Seat
from ui.tables import table


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
        invitations(seat, [user.name for user in everyone])


def change_user(seat: Seat, names: list[str]) -> None:
    """Role, entry, lockout, password link: each takes effect at once."""
    st.markdown("##### Change a user")
    actor, database, door = seat.who.name, seat.database, words.front_door(st.context.url, "admin")
    name = st.selectbox("User", names)
    user = identity.find(database, name)
    role = st.segmented_control("Role", identity.ROLES, default=user.role, required=True, key=f"role of {name}")
    if not user.active:
        st.caption(f"{name} is switched off: no password, link, session or token of theirs opens anything.")
    with st.container(horizontal=True):
        wishes = {
            "Set role": lambda: identity.set_role(database, actor, name, role),
            "Switch off" if user.active else "Switch on": lambda: identity.set_active(
                database, actor, name, not user.active
            ),
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
    if chosen in ("Switch on", "Switch off"):
        st.toast(f"{name} may sign in again" if chosen == "Switch on" else f"{name} may not sign in any more")
    elif chosen == "Password link":
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
        cash = st.text_input("Virtual funds (₹)", value=group(FRESH_CASH // 100))
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


def invitations(seat: Seat, names: list[str]) -> None:
    """Addresses whose Google account may link to a user, and one more."""
    st.markdown("##### Invite a Google account")
    st.caption("The first Google account that proves this address within seven days signs in as that user.")
    with st.form("invite", border=False, clear_on_submit=True):
        name = st.selectbox("User to sign in as", names)
        email = st.text_input("Google address", max_chars=255)
        sent = st.form_submit_button("Invite")
    if sent:
        try:
            done = identity.invite(seat.database, seat.who.name, name, email)
        except Refusal as refusal:
            st.error(refusal.sentence)
            return
        st.toast(f"{done} may sign in as {name}")
    for row in identity.invitations(seat.database):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            until = words.moment(row.expires_at)
            st.markdown(f"{words.plain(row.email)} as **{words.plain(row.user)}** until {until}", width="stretch")
            if st.button("Withdraw", key=f"withdraw {row.email}"):
                identity.withdraw_invitation(seat.database, seat.who.name, row.email)
                st.rerun()


def trail(seat: Seat) -> None:
    """Who did what, newest first: of one person, of one kind, of some days."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who = st.text_input("Who or whom", max_chars=64, width=220)
        action = st.selectbox("What", identity.audit_actions(seat.database, seat.who), index=None, width=260)
        since = st.date_input("Since", value=None, format="DD/MM/YYYY", width=160)
        until = st.date_input("Until", value=None, format="DD/MM/YYYY", width=160)
        pages = st.number_input("Entries", 100, 500, 100, 100, width=120)
    wanted = identity.AuditFilter(
        who.strip() or None,
        action,
        None if since is None else datetime.combine(since, time(0), IST),
        None if until is None else datetime.combine(until + timedelta(days=1), time(0), IST),
    )
    rows = [
        {
            "at": words.moment(row.at),
            "actor": row.actor,
            "action": row.action.replace("_", " ").capitalize(),
            "subject": row.subject,
            "detail": words.details(row.detail),
        }
        for row in identity.audit_log(seat.database, seat.who, limit=int(pages), wanted=wanted)
    ]
    table(
        rows,
        {"at": "Time (IST)", "actor": "Who", "action": "What", "subject": "Whom", "detail": "Detail"},
        "Nothing was written that this asks for.",
    )
