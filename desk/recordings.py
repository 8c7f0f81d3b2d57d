"""Recordings of markets: what is to be recorded, and what has been, as files in a folder of this installation.

The files are the feeds' affair; here they are switched on and off, and counted by the small summaries beside them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from core.reasons import Reason, Refusal
from db import audit
from db import market as rows
from db.engine import Database
from desk import sealing

FOLDER, SUFFIX = "recordings", ".frames"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One market's date. ``frames`` and ``lost`` count what parts that were ended or summed up say."""

    market: str
    date: str
    frames: int
    lost: int
    bytes: int
    folder: Path


def folder() -> Path:
    """Where recordings are kept: beside the embedded database, else in KAGAZ_HOME."""
    return sealing.folder() / FOLDER


def switch(database: Database, actor: str, market: str, *, on: bool) -> None:
    """Has the frames of a market recorded from the next second on, or no more. Raises Refusal for an unknown one."""
    with database.connection() as connection:
        if not rows.set_recording(connection, market, on):
            raise Refusal(Reason.NOT_FOUND, f"There is no market {market}.", field="market")
        audit.append(connection, actor, "RECORDING_STARTED" if on else "RECORDING_STOPPED", market)


def listed() -> list[Recorded]:
    """What has been recorded, by market and date; one that is being written is as of its last summary."""
    root = folder()
    days = sorted({part.parent for part in root.rglob(f"*{SUFFIX}")})
    return [_day(root, one) for one in days]


def owner_of(path: Path | None) -> str | None:
    """Whose vendor's prices the recorded days at a path hold, by user name; None where they are everybody's, and where
    nothing is recorded. ``path`` is the folder of a date, or one that holds such folders."""
    if path is None or not path.is_dir():
        return None
    days = {part.parent for part in [*path.glob(f"*{SUFFIX}"), *path.glob(f"*/*{SUFFIX}")]}
    owners = {name for day in sorted(days) if (name := _owner(day)) is not None}
    return min(owners, default=None)


def _owner(day: Path) -> str | None:
    """By what the summaries say, else by the folders that a recording is kept in."""
    told = {str(_told(part.with_suffix(".json")).get("market", "")) for part in day.glob(f"*{SUFFIX}")} - {""}
    market = min(told, default="") or "/".join(unquote(part) for part in day.parts[-3:-1])
    kind, _, name = market.partition("/")
    return name if name and (kind == "live" or (kind == "replay" and name != "default")) else None


def _day(root: Path, day: Path) -> Recorded:
    market = "/".join(unquote(part) for part in day.relative_to(root).parts[:-1])
    parts = sorted(day.glob(f"*{SUFFIX}"))
    told = [_told(part.with_suffix(".json")) for part in parts]
    frames, lost = (sum(int(one.get(name, 0)) for one in told) for name in ("frames", "lost"))
    return Recorded(market, day.name, frames, lost, sum(part.stat().st_size for part in parts), day)


def _told(path: Path) -> dict[str, Any]:
    """A summary that is missing or torn counts nothing: the part beside it is whole without it."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
