"""What the shapes have in common: rupees, times, lists, problems."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from core.orders import OrderType, Product, Side, Status, Validity

T = TypeVar("T")

Rupees = Annotated[float, WithJsonSchema({"type": "number", "description": "Rupees, exact to the paisa"})]
Price = Annotated[float, WithJsonSchema({"type": "number", "description": "Rupees a unit"})]
Percent = Annotated[float, WithJsonSchema({"type": "number", "description": "Per cent"})]
Time = Annotated[
    str,
    WithJsonSchema({"type": "string", "format": "date-time", "description": "ISO 8601, milliseconds, +05:30"}),
]
Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
Id = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,18}$"})]
Account = Annotated[str, WithJsonSchema({"type": "string", "description": "user/book", "examples": ["asha/main"]})]
Key = Annotated[str, WithJsonSchema({"type": "string", "description": "EXCHANGE:SYMBOL", "examples": ["NSE:INFY"]})]
Numbers = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True})]
Level = Annotated[
    list[float],
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "description": "[price, quantity, orders]"}),
]


class Shape(BaseModel):
    """An answer, or a part of one. Clients ignore keys that they do not know."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Page(Shape, Generic[T]):
    """A list: ``next`` is the cursor of the following page, ``version`` the account's."""

    items: list[T]
    next: str | None = Field(description="The cursor of the next page; null on the last")
    version: int | None = Field(description="The account's version; null of what belongs to no account")


class WrongField(Shape):
    """One field that was wrong."""

    field: str | None
    reason_code: int
    detail: str


class Problem(Shape):
    """A refusal (RFC 9457): a sentence that says what to do, and the number of the reason."""

    type: str = Field(examples=["urn:kagaz:problem:not-enough-funds"])
    title: str
    status: int
    detail: str
    instance: str | None = Field(description="The request's id, which the log has too")
    reason_code: int
    field: str | None
    order_id: str | None = Field(description="The order that was written as REJECTED, if one was")
    errors: list[WrongField]
    children: list[Numbers] | None = Field(default=None, description="Of a sliced order, each slice's fate")


class Charges(Shape):
    """Charges by head. ``dp`` is the depository's; ``interest`` is of what an account owes, and no order's."""

    brokerage: Rupees
    stt: Rupees
    exchange: Rupees
    ipft: Rupees
    sebi: Rupees
    stamp: Rupees
    gst: Rupees
    total: Rupees
    dp: Rupees | None = None
    interest: Rupees | None = None


__all__ = [
    "Account", "Charges", "Day", "Id", "Key", "Level", "Numbers", "OrderType", "Page", "Percent", "Price", "Problem",
    "Product", "Rupees", "Shape", "Side", "Status", "Time", "Validity", "WrongField",
]  # fmt: skip
