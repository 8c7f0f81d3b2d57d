"""Intraday positions that nobody could close before the day ended: the broker takes them over the close.

Contracts become NRML, which asks for no more margin. Shares that were bought become CNC where the account can pay
for them in full, because they are going to be delivered. What cannot change stays intraday, is told to its owner,
and is closed at the next square-off: shares sold short cannot be delivered by whoever does not have them, and units
never meet their opposite.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from core.account import Work
from core.conversion import ConvertPosition, exchange, stays
from core.facts import Facts
from core.instruments import DERIVATIVES
from core.money import rupees
from core.orders import Product
from core.reasons import Reason

ACTOR = "square-off"


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of one position. ``target`` is MIS where it stays what it is; ``numbers`` are in units and paise."""

    instrument_id: int
    target: Product
    quantity: int
    reason: Reason
    sentence: str
    numbers: dict[str, int]


def carry(work: Work, facts: Facts, number: Callable[[], int]) -> list[Carried]:
    """Take every open intraday position of an account over the close, by instrument; ``number`` draws the next
    conversion's. Working orders have ended."""
    left = sorted(
        each.instrument_id for each in work.positions.values() if each.quantity and each.product is Product.MIS
    )
    return [_one(work, facts, instrument_id, number) for instrument_id in left]


def _one(work: Work, facts: Facts, instrument_id: int, number: Callable[[], int]) -> Carried:
    instrument = facts.instruments[instrument_id]
    held = work.positions[instrument_id, Product.MIS].quantity
    target = Product.NRML if instrument.kind in DERIVATIVES else Product.CNC
    wish = ConvertPosition(instrument_id, Product.MIS, target, abs(held))
    refusal = stays(work, facts, wish)
    if refusal is not None:
        sentence = f"{instrument.symbol} could not be closed and stays intraday. {refusal.sentence}"
        return _kept(instrument_id, held, sentence, {})
    # Tried on a copy, because what a group sets free is known only once the units have left it.
    tried, available = exchange(deepcopy(work), facts, wish, 0, ACTOR)
    if tried.required > max(0, available):
        short = tried.required - available
        sentence = (
            f"{abs(held)} {instrument.symbol} could not be closed. To deliver them takes {rupees(tried.required)} more;"
            f" you have {rupees(available)}. They stay intraday: add {rupees(short)} and convert them, or exit."
        )
        return _kept(instrument_id, held, sentence, {"required": tried.required, "available": available})
    done, _ = exchange(work, facts, wish, number(), ACTOR)
    sentence = f"{abs(held)} {instrument.symbol} could not be closed and became {target}."
    numbers = {"quantity": held, "required": done.required}
    return Carried(instrument_id, target, held, Reason.CARRIED_AS_DELIVERY, sentence, numbers)


def _kept(instrument_id: int, held: int, sentence: str, numbers: dict[str, int]) -> Carried:
    told = f"{sentence} The next square-off closes what is left."
    return Carried(instrument_id, Product.MIS, held, Reason.CARRIED_AS_INTRADAY, told, {"quantity": held, **numbers})
