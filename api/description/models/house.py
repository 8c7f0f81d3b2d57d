"""Risk, people and the machinery."""

from typing import Literal

from pydantic import Field

from api.description.models.common import (
    Account,
    Day,
    Id,
    Key,
    Numbers,
    Rupees,
    Shape,
    Time,
)

State = Literal["ACTIVE", "REDUCING", "HALTED"]
Role = Literal["trader", "analyst", "admin"]


class LimitUse(Shape):
    """A limit, and what is used of it."""

    name: str
    words: str
    limit: float
    used: float | None
    share: float | None
    shown: str


class Limit(Shape):
    """A limit as it was set."""

    id: Id
    scope: str
    subject: str
    name: str
    words: str
    value: float
    shown: str
    from_: Day = Field(alias="from")
    to: Day | None
    set_by: str
    by_admin: bool


class LimitMade(Shape):
    """A limit that was set."""

    id: Id
    name: str
    value: float


class Restriction(Shape):
    """What is said of an instrument."""

    id: Id
    instrument: Key
    kind: str
    words: str
    note: str
    from_: Day = Field(alias="from")
    to: Day | None


class RestrictionMade(Shape):
    """A restriction that was set."""

    id: Id
    instrument: Key
    kind: str


class Decision(Shape):
    """What risk decided."""

    id: Id
    at: Time
    account: Account | None
    order_id: Id | None
    actor: str
    decision: Literal["REFUSED", "ACTIVE", "REDUCING", "HALTED", "CARRIED"]
    rule: int
    rule_words: str
    sentence: str
    numbers: Numbers


class RiskStatus(Shape):
    """How an account stands with risk."""

    account: Account
    state: State
    reason: str
    explained: str
    by: str
    power: str
    since: Time | None
    switch: str | None
    equity: Rupees
    loss: Rupees
    drawdown: float
    limits: list[LimitUse]
    own_limits: list[Limit]
    restrictions: list[Restriction]
    decisions: list[Decision]
    version: int


class Killed(Shape):
    """What a kill switch did: of one account, or of all that it is for."""

    account: Account | None = None
    accounts: list[Account] | None = None
    cancelled: int
    closing: list[str]
    left_open: list[str]
    state: State


class Rearmed(Shape):
    """What was let go."""

    account: Account | None = None
    state: State


class Session(Shape):
    """A browser that is signed in."""

    session_id: str
    address: str | None
    agent: str | None
    created_at: Time
    last_seen_at: Time
    expires_at: Time
    current: bool


class Ended(Shape):
    """How many sessions ended."""

    ended: int


class Token(Shape):
    """A program's token; never the token itself."""

    token_id: Id
    name: str
    scopes: list[Literal["read", "trade"]]
    account: Account | None
    created_at: Time
    expires_at: Time | None
    last_used_at: Time | None


class NewToken(Token):
    """A token, told in this answer alone. A request that is repeated with its key has the same token's row, null for
    the secret, and a note that says so."""

    token: str | None
    note: str | None


class MarketRun(Shape):
    """Everybody's market that runs now, and how many books were opened in it."""

    market: str
    books_opened: int


class Listing(Shape):
    """A vendor's list of instruments that was loaded, and what it changed."""

    id: Id
    vendor: str
    source: str
    as_of: Day
    report: Numbers


class ListingRow(Listing):
    """A list that was loaded, with when and by whom."""

    loaded_at: Time
    actor: str


class Feed(Shape):
    """A market, its clock and its feed."""

    market: str
    state: Literal["LIVE", "STALE", "DOWN", "CLOSED"]
    age_ms: int | None
    frame: int
    phase: str | None
    until: Time | None
    past_day: Day | None
    ended: str | None
    feed: str
    session: str
    running: bool
    trading_date: Day
    exchange_time: Time | None
    counters: Numbers | None


class Process(Shape):
    """A process that was alive within the hour."""

    process: str
    role: str
    market: str | None
    pid: int
    term: int | None
    started_at: Time
    detail: Numbers | None
    age_ms: int
    alive: bool


class Leader(Shape):
    """Who executes a market."""

    market: str
    term: int
    holder: str
    taken_at: Time
    first_frame: int | None
    heartbeat_age_ms: int | None


class JobRun(Shape):
    """A run of a timed job."""

    market: str | None
    job: str
    trading_date: Day
    started_at: Time
    finished_at: Time | None
    late: bool
    late_ms: int | None
    detail: Numbers | None
    error: str | None
    took_ms: int
    state: Literal["RUNNING", "DONE", "FAILED"]


class Books(Shape):
    """What the last check of the invariants found; null before the first."""

    ok: bool | None
    at: Time | None
    violations: list[str]


class Verdict(Shape):
    """What a check of the invariants found."""

    sound: bool
    accounts: int
    violations: list[str]


class Restrained(Shape):
    """An account that may not trade freely."""

    account: Account
    market: str
    state: State
    reason: str
    by: str
    since: Time | None


class AuditEntry(Shape):
    """Who did what."""

    id: Id
    at: Time
    actor: str
    action: str
    subject: str
    detail: Numbers


class Action(Shape):
    """A split or a bonus."""

    id: Id
    key: Key
    kind: Literal["SPLIT", "BONUS"]
    ex_date: Day
    ratio: str
    isin: str | None
    by: str
    at: Time
    done_at: Time | None


class ActionMade(Shape):
    """A split or a bonus as it was entered: ``held`` units become ``becomes``."""

    id: Id
    key: Key
    kind: Literal["SPLIT", "BONUS"]
    ex_date: Day
    becomes: int
    held: int


class DayChanged(Shape):
    """A day of the calendar that was set, and how many contracts' expiries moved for it."""

    date: Day
    kind: Literal["holiday", "session"]
    contracts_moved: int


class User(Shape):
    """Somebody who may come in."""

    name: str
    display_name: str
    email: str | None
    role: Role
    active: bool
    locked: bool
    must_change_password: bool


class NewUser(User):
    """A user with the first password, told in this answer alone."""

    password: str


class PasswordLink(Shape):
    """Good once, for an hour."""

    link: str


class Invited(Shape):
    """An address that may sign in as a user."""

    email: str
    user: str


class Invitation(Invited):
    """An invitation that may still be used."""

    expires_at: Time
