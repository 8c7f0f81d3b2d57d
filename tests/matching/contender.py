"""A process that leads when it can and writes one row a transaction while it does; see test_leadership."""

import sys
import threading
import time

from db.engine import Database
from desk.leadership import Leadership, NotLeader


def say(*words: object) -> None:
    print(*words, flush=True)


def main(url: str, name: str) -> None:
    with Database(url, pool_size=2) as database:
        lead = Leadership(database, "sim", role=name)
        while True:
            say("waiting")
            lead.campaign(threading.Event())
            say("leads", lead.term)
            try:
                while True:
                    with database.connection() as connection:
                        lead.guard(connection)
                        connection.execute("insert into written values (%s, %s)", (name, lead.term))
                    time.sleep(0.02)
            except NotLeader:
                say("fenced")
            except Exception as error:
                say("broken", type(error).__name__)


if __name__ == "__main__":
    main(*sys.argv[1:])
