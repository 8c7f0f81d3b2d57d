"""What /ready tells: whether orders can be placed and filled now, and what is missing if not."""

from typing import Any

from db import readiness as rows
from db.engine import Database
from desk import screens

LEADER_MS = 5_000


def report(database: Database | None, waiting_for: list[str]) -> dict[str, Any]:
    """The body of /ready. ``waiting_for`` are the steps of a start that is not done; ``database`` is None then.

    Raises what the database raises when it does not answer.
    """
    body: dict[str, Any] = {
        "ready": False,
        "status": "fail",
        "database": False,
        "schema": None,
        "market": None,
        "feed": {"state": "DOWN", "age_ms": None},
        "leader": {"term": None, "heartbeat_age_ms": None},
        "waiting_for": list(waiting_for),
    }
    if database is None or waiting_for:
        body["waiting_for"] = list(waiting_for) or ["database"]
        return body
    with database.autocommit() as connection:
        row = rows.readiness(connection)
    feed = {"state": "DOWN", "age_ms": None}
    if row.market is not None:
        found = screens.feed(database, row.market)
        feed = {"state": found["state"], "age_ms": found["age_ms"]}
    missing = []
    if row.market is None:
        missing.append("market")
    elif feed["state"] == "DOWN":
        missing.append("frame")
    if row.heartbeat_age_ms is None or row.heartbeat_age_ms > LEADER_MS:
        missing.append("leader")
    return body | {
        "ready": not missing,
        "status": "fail" if missing else "warn" if feed["state"] == "STALE" else "pass",
        "database": True,
        "schema": row.schema_version,
        "market": row.market,
        "feed": feed,
        "leader": {"term": row.term, "heartbeat_age_ms": row.heartbeat_age_ms},
        "waiting_for": missing,
    }
