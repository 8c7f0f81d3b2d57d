"""Users, accounts and sessions for tests."""

from collections.abc import Callable

from core.reasons import Refusal
from core.vendors import Vendor
from db.engine import Database
from desk import access, identity, vendors, wallet
from desk.identity import Principal, User
from desk.vendors import Credential
from tests.cluster import Throwaway

PASSWORD = "a sentence for tests"


def open_market(database: Database) -> None:
    """Switch on the simulator's market, made if the template has none, so that accounts can be opened."""
    with database.connection() as connection:
        connection.execute(
            "insert into markets (id, feed, session, running, trading_date) "
            "values ('sim', 'simulator', 'always', true, '2026-11-23') "
            "on conflict (id) do update set running = true"
        )


def person(database: Database, name: str, role: str = "trader", password: str | None = None) -> User:
    """A user with the account NAME/main."""
    return identity.add_user(database, name, role, password=password)


def moneyed(database: Database, name: str, cash: int) -> None:
    """A trader whose account NAME/main has so many paise."""
    person(database, name)
    wallet.deposit(database, "test", access.by_key(database, f"{name}/main").id, cash, "first")


def template_of(name: str, throwaway: Throwaway, seeded: str, move_in: Callable[[Database], None]) -> str:
    """A template of that name with an open market and whoever moves in; tests copy it."""
    throwaway.run(f"create database {name} template {seeded} strategy file_copy")
    with Database(throwaway.url(name)) as database:
        throwaway.tell(database)
        open_market(database)
        move_in(database)
    return name


def signed_in(database: Database, name: str) -> tuple[str, Principal]:
    """A cookie and its principal, by the way every browser goes."""
    code = identity.session_code(database, identity.find(database, name).id)
    session = identity.start_session(database, code)
    return session.cookie, session.principal


def token(
    database: Database, name: str, account: str | None = None, scopes: tuple[str, ...] = ("read", "trade")
) -> str:
    """An API token of that user."""
    return identity.create_token(database, "test", name, account, scopes=scopes)[0]


def credential_of(database: Database, user_id: int, vendor: Vendor) -> Credential:
    """What a user typed in for a vendor, which must be there."""
    found = vendors.of(database, user_id, vendor)
    assert found is not None
    return found


def reason_of(refusal: Refusal) -> str:
    """The refusal's name, for tables of expectations."""
    return refusal.reason.name
