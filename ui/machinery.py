"""The administrator's views of timed jobs, of the books' checks, and of the settings that this process runs with."""

from datetime import datetime
from typing import Any

import streamlit as st

from core.calendar import IST
from core.reasons import Refusal
from desk import admin, configuration, timed
from desk import verify as verifying
from ui import words
from ui.seat import Seat
from ui.tables import table


def jobs(seat: Seat) -> None:
    """Each job with its hours, how it went last, when it runs next, and a way to run it now; then all runs."""
    now = datetime.now(IST)
    found = timed.overview(seat.database, now)
    columns = {
        "title": "Job",
        "when": "Runs (IST)",
        "began": "Last run (IST)",
        "took": "Took",
        "result": "Result",
        "next": "Next (IST)",
        "what": "What it does",
        "error": "Error",
    }
    table([_told(each) for each in found], columns, "No market runs.")
    by_hand = {each["title"]: each["job"] for each in found if each["by_hand"]}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.selectbox("Run by hand", list(by_hand), width=240, key="job by hand")
        if st.button("Run now", icon=":material/play_arrow:"):
            run_now(seat, by_hand[title], title)
    st.markdown("##### Runs")
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


def _told(job: dict[str, Any]) -> dict[str, Any]:
    last = job["last"]
    return {
        **job,
        "next": words.moment(job["next"]) if job["next"] else "done today" if last else "due",
        "began": words.moment(last["started_at"]) if last else "–",
        "took": words.age(last["took_ms"]) if last else "–",
        "result": {"DONE": "✓ done", "FAILED": "✕ failed", "RUNNING": "… runs"}[last["state"]] if last else "–",
        "error": last["error"] if last else None,
    }


def run_now(seat: Seat, job: str, title: str) -> None:
    """Run a job while the page waits for it."""
    try:
        with st.spinner(f"{title} runs"):
            timed.run_now(seat.database, seat.who.name, job)
    except Refusal as refusal:
        st.error(refusal.sentence)
    else:
        st.toast(f"{title}: done")
        st.rerun()


def books(seat: Seat) -> None:
    """The invariants: what the last check said, one by one, and a check now."""
    last = admin.verified(seat.database)
    if last["ok"] is None:
        st.caption("The books have not been checked yet: they are each hour, and whenever you ask below.")
    elif last["ok"]:
        st.success(f"Every check held at {words.moment(last['at'])} IST.")
    else:
        st.error(f"At {words.moment(last['at'])} IST: " + " ".join(map(str, last["violations"])))
    place = st.container()
    if st.button("Check all books now", icon=":material/balance:"):
        with st.spinner("Adding up every account"):
            verdict = verifying.verify(seat.database)
        if verdict.sound:
            st.success(f"{verdict.accounts} accounts checked: every rupee is where it should be.")
        else:
            for sentence in verdict.violations:
                st.error(sentence)
        found = [{"check": title, "broken": count} for title, count in verdict.checks.items()]
    else:
        found = admin.checks(seat.database)
    rows = [{**each, "result": f"✕ {each['broken']} broken" if each["broken"] else "✓ holds"} for each in found]
    with place:
        if rows:
            table(rows, {"result": "Result", "check": "What must hold, in every account"}, "")


def settings_in_force(_: Seat) -> None:
    """Every setting with its value; secrets stay hidden."""
    st.caption("Set in the environment or in `.streamlit/secrets.toml`; a change takes effect with the next start.")
    rows = [{**each, "own": "set here" if each["own"] else "as it comes"} for each in configuration.shown()]
    table(rows, {"name": "Setting", "value": "Value", "own": "From", "about": "What it is for"}, "")
