"""Jobs of fixed times, against a real database."""

from db.engine import Database
from desk import admin
from jobs import timed
from tests.floor import Floor


def test_the_hourly_check_is_what_the_administrator_s_badge_shows(database: Database) -> None:
    floor = Floor(database)
    account = floor.account(cash=10_000_000)
    assert admin.verified(database)["ok"] is None
    timed.verify(database)
    assert admin.verified(database)["ok"] is True
    with database.connection() as connection:
        connection.execute("update accounts set cash = cash + 1 where id = %s", [account])
    timed.verify(database)
    told = admin.verified(database)
    assert told["ok"] is False
    assert str(account) in told["violations"][0]
