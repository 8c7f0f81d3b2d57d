"""The pool: what a session is set to, and what a caller is told when there is no connection."""

from db.engine import Database


def test_a_block_that_ends_well_is_committed_and_one_that_raises_is_not(clean_database: Database) -> None:
    with clean_database.autocommit() as connection:
        connection.execute("create table t (n integer)")
    with clean_database.connection() as connection:
        connection.execute("insert into t values (1)")
    try:
        with clean_database.connection() as connection:
            connection.execute("insert into t values (2)")
            raise KeyError("stop")
    except KeyError:
        pass
    with clean_database.connection() as connection:
        assert connection.execute("select n from t").fetchall() == [(1,)]
