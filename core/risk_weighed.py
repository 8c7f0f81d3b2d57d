"""An order on the scales: what the rules of risk look at, and whether it adds to what the account risks."""

from dataclasses import dataclass

from core.account import Work
from core.facts import Facts
from core.instruments import Instrument
from core.orders import Order, Status
from core.reasons import Reason, Refusal
from core.risk_limits import LimitName


@dataclass(frozen=True, slots=True)
class Weighed:
    """``order`` as it would stand; ``before`` the order that a change starts from, None for a new one.

    ``required`` is the rise of holds and margins in paise: at or below 0 it adds nothing. Positions and groups
    are as they are without the order (with what ``before`` has resting).
    """

    work: Work
    facts: Facts
    instrument: Instrument
    order: Order
    before: Order | None
    required: int

    @property
    def more(self) -> int:
        """Units that come to rest beyond what rests already; below 0 where a change asks for less."""
        return self.order.pending - (self.before.pending if self.before else 0)

    @property
    def last_price(self) -> int:
        """Paise; 0 while there is none."""
        quote = self.facts.quotes.get(self.instrument.id)
        return quote.last_price if quote else 0

    @property
    def exits(self) -> bool:
        """Whether the order, with all that rests on its side, only closes what the account holds."""
        position = self.work.positions.get((self.instrument.id, self.order.product))
        if position is None or position.quantity * self.order.side.sign >= 0:
            return False
        resting = position.open_buy if self.order.side.sign > 0 else position.open_sell
        return resting + self.more <= abs(position.quantity)

    @property
    def released(self) -> bool:
        """Whether it is sent on after waiting for an opening: it was counted when it was placed, and rests already."""
        return self.before is None and self.order.amo and self.order.status is not Status.AMO

    @property
    def raises(self) -> bool:
        """Whether it needs more money than before. A change that only names a worse price counts too where it
        is no exit: margins follow the snapshot and would not see it."""
        if self.required > 0:
            return True
        if self.before is None or self.exits:
            return False
        return (self.order.worst_price - self.before.worst_price) * self.order.side.sign > 0

    def limit(self, name: LimitName) -> int | None:
        """The tightest limit of that name, None where there is none."""
        return self.facts.risk.limits.get(name)


def over(reason: Reason, sentence: str, used: int, limit: int, field: str | None = "quantity") -> Refusal:
    """A refusal by a limit, with the two numbers that tell it."""
    return Refusal(reason, sentence, field, numbers={"used": used, "limit": limit})
