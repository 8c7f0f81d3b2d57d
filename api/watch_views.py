"""How one's market watch looks, over HTTP."""

from typing import Any

from api.call import Call, Endpoint
from api.parsing import bad
from api.readers import choice, key
from api.reply import Reply
from core.watch import Base, Column
from desk import access, watch_views


def column_list(value: Any) -> list[Column]:
    """A JSON list of columns; how many there may be is the desk's to say."""
    if not isinstance(value, list) or len(value) > len(Column):
        raise bad('Send a list of columns, such as ["CHANGE", "PERCENT"].')
    read = choice(Column)
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
    recent = fields.may("recent", key)
    fields.close()
    return Reply(200, watch_views.change(call.database, call.principal, columns=columns, base=base, recent=recent))


ENDPOINTS = (
    Endpoint("GET", "/watch-view", shown, "How one's market watch looks"),
    Endpoint("PATCH", "/watch-view", change, "Change how one's market watch looks", body=("columns", "base", "recent")),
)
