"""How one's market watch and charts look, over HTTP."""

from typing import Any

from api.call import Call, Endpoint
from api.parsing import bad
from api.readers import choice, key, one_of
from api.reply import Reply
from core.watch import Base, Column, Study
from desk import access, screens, watch_views


def column_list(value: Any) -> list[Column]:
    """A JSON list of columns; how many there may be is the desk's to say."""
    if not isinstance(value, list) or len(value) > len(Column):
        raise bad('Send a list of columns, such as ["CHANGE", "PERCENT"].')
    read = choice(Column)
    return [read(each) for each in value]


def study_list(value: Any) -> list[Study]:
    """A JSON list of what a chart draws beside its candles."""
    if not isinstance(value, list) or len(value) > len(Study):
        raise bad('Send a list of studies, such as ["VWAP", "RSI"].')
    read = choice(Study)
    return [read(each) for each in value]


def shown(call: Call) -> Reply:
    """One's choices."""
    call.query().close()
    return Reply(200, watch_views.view(call.database, call.principal))


def change(call: Call) -> Reply:
    """Choose, or note what was chosen in the search."""
    access.require_write(call.principal)
    fields = call.body()
    columns = fields.may("columns", column_list)
    base = fields.may("base", choice(Base))
    interval = fields.may("interval", one_of(*screens.INTERVALS))
    studies = fields.may("studies", study_list)
    recent = fields.may("recent", key)
    fields.close()
    found = watch_views.change(
        call.database, call.principal,
        columns=columns, base=base, interval=interval, studies=studies, recent=recent,
    )  # fmt: skip
    return Reply(200, found)


ENDPOINTS = (
    Endpoint("GET", "/watch-view", shown, "How one's market watch and charts look"),
    Endpoint(
        "PATCH", "/watch-view", change, "Change how one's market watch and charts look",
        body=("columns", "base", "interval", "studies", "recent"),
    ),
)  # fmt: skip
