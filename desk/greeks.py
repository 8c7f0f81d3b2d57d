"""Greeks of positions, worked out once for all who hold a contract while its prices and the exchange's clock stand.

Who reads for a thousand streams would otherwise work out the same contracts for each account that holds them: an
implied volatility is a search, and numpy costs the same for one contract as for a hundred.
"""

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime

from core import net_greeks
from core.instruments import Kind
from core.net_greeks import Held, Line
from db.screen_rows import PositionRow

ROOM = 8_192
"""Contracts at an instant that are remembered; beyond them all are forgotten."""
_memory: dict[tuple[Line, datetime], Held | None] = {}
_lock = threading.Lock()


def foresee(positions: Iterable[PositionRow]) -> None:
    """Work out together what ``of`` is about to be asked, of many accounts."""
    wanted: dict[datetime, dict[Line, None]] = {}
    for each in positions:
        if each.at is not None:
            wanted.setdefault(each.at, {})[_unit(each)] = None
    for at, units in wanted.items():
        _work_out(list(units), at)


def of(positions: Sequence[PositionRow]) -> list[Held | None]:
    """The Greeks of each position, of all its units; None of an option without a price of its underlying."""
    at = next((each.at for each in positions if each.at is not None), None)
    if at is None:
        return [None] * len(positions)
    units = [_unit(each) for each in positions]
    known = _work_out(units, at)
    return [_times(known[unit], each.quantity) for unit, each in zip(units, positions, strict=True)]


def _work_out(units: Sequence[Line], at: datetime) -> dict[Line, Held | None]:
    """Of one unit each; what is not remembered in one go."""
    with _lock:
        known = {unit: _memory[unit, at] for unit in units if (unit, at) in _memory}
    missing = list(dict.fromkeys(unit for unit in units if unit not in known))
    if missing:
        fresh = dict(zip(missing, net_greeks.held(missing, at), strict=True))
        with _lock:
            if len(_memory) + len(fresh) > ROOM:
                _memory.clear()
            _memory.update(((unit, at), held) for unit, held in fresh.items())
        known |= fresh
    return known


def _unit(position: PositionRow) -> Line:
    return Line(
        Kind(position.kind), 1, position.last_price, position.spot, position.strike, position.expiry,
        position.lead == Kind.INDEX,
    )  # fmt: skip


def _times(one: Held | None, quantity: int) -> Held | None:
    if one is None:
        return None
    return Held(one.delta * quantity, one.gamma * quantity, one.theta * quantity, one.vega * quantity)
