"""Keys of requests: repeated they give their first answer, after a month they are forgotten; orders keep names."""

from db.engine import Database
from desk import access, availability, baskets, request_keys, timed, wallet
from desk.principal import Principal
from tests.floor import SBIN, Floor


def age(database: Database, table: str, column: str, days: int) -> None:
    with database.connection() as connection:
        connection.execute(f"update {table} set {column} = {column} - %s * interval '1 day'", [days])


def test_what_was_answered_is_kept_for_thirty_days(database: Database) -> None:
    floor = Floor(database)
    account = floor.account(cash=0)
    assert wallet.deposit(database, "asha", account, 5_000, "monday").status == 201
    age(database, "requests", "created_at", request_keys.REMEMBERED_DAYS - 1)
    timed.forget_keys(database)
    assert wallet.deposit(database, "asha", account, 5_000, "monday").replayed
    age(database, "requests", "created_at", 2)
    assert request_keys.forget_old(database) == 1
    assert request_keys.forget_old(database) == 0
    assert not wallet.deposit(database, "asha", account, 5_000, "monday").replayed
    assert floor.balances(account)["CASH"] == 10_000


def test_many_are_forgotten_part_by_part(database: Database) -> None:
    floor = Floor(database)
    account = floor.account()
    count = request_keys.AT_ONCE + 7
    with database.connection() as connection:
        connection.execute(
            "insert into requests (account_id, key, hash, status, body, created_at)"
            " select %s, 'old' || n, '', 200, '{}', now() - interval '31 days' from generate_series(1, %s) n",
            [account, count],
        )
    assert request_keys.forget_old(database) == count


def test_a_key_that_named_an_order_is_taken_for_good(database: Database) -> None:
    floor = Floor(database)
    account = floor.account(cash=100_000_000)
    floor.price(SBIN, 80_000)
    assert floor.place(account, "BUY", 1, SBIN, 80_000, request="mine").status == 201
    age(database, "requests", "created_at", request_keys.REMEMBERED_DAYS + 1)
    request_keys.forget_old(database)
    told = None
    try:
        floor.place(account, "BUY", 1, SBIN, 80_000, request="mine")
    except Exception as error:
        told = availability.refusal_for(error)
    assert told is not None
    assert told.sentence == "This Idempotency-Key named an order before. Use a new key for a new order."
    with database.connection() as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (1,)
    floor.sound()


def test_keys_of_baskets_are_forgotten_too(database: Database) -> None:
    account = Floor(database).account()
    owner = access.by_key(database, "asha/main")
    assert owner.id == account
    asha = Principal(owner.user_id, "asha", "trader", None, 1, None, ("read", "trade"))
    baskets.add(database, asha, "iron", [], key="make")
    age(database, "basket_requests", "at", request_keys.REMEMBERED_DAYS + 1)
    assert request_keys.forget_old(database) == 1
