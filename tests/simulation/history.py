"""What the clients know: what they asked, what they were told, and what they never heard the end of."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from desk.answers import Answer

FINAL = ("COMPLETE", "CANCELLED", "REJECTED")


@dataclass
class Request:
    """One thing a client asked. ``answers`` is None while its outcome is unknown."""

    kind: str
    account: int
    key: str | None
    arguments: tuple[Any, ...] = ()
    answers: list[Answer] | None = None
    tries: int = 0

    def key_of(self, place: int) -> str | None:
        """The key of the answer at a place: each order of a basket has its own, and each after the first of an exit."""
        if self.key is None or (self.kind != "basket" and not place):
            return self.key
        return f"{self.key}-{place + 1 if self.kind == 'basket' else place}"


@dataclass
class History:
    """Everything the clients asked, and the orders they were told of."""

    requests: list[Request] = field(default_factory=list)
    orders: dict[int, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    final: dict[int, tuple[str, int]] = field(default_factory=dict)
    anonymous: Counter[int] = field(default_factory=Counter)

    def asked(self, request: Request) -> None:
        """A client sends it; it may have an effect from now on, whatever is heard."""
        if request.tries == 0:
            self.requests.append(request)
        request.tries += 1
        if request.key is None and request.kind in ("place", "bracket", "exit_position", "exit_all", "leave"):
            self.anonymous[request.account] += (
                50 if request.kind == "exit_all" else 1 if request.kind in ("place", "bracket") else 20
            )

    def heard(self, request: Request, answers: list[Answer]) -> None:
        """The answers reached the client."""
        request.answers = answers
        for place, answer in enumerate(answers):
            number = answer.body.get("order_id")
            if number is None or (request.kind in ("modify", "cancel") and not answer.ok):
                continue
            told = answer.ok and request.kind != "basket"  # of a basket's orders nothing is told but the number
            body = answer.body if told else {"client_order_id": request.key_of(place)}
            self.orders.setdefault(int(number), (request.account, body))
            status = str(answer.body.get("status"))
            if told and status in FINAL:
                self.final[int(number)] = (status, int(answer.body["filled_quantity"]))

    def unknown(self) -> list[Request]:
        """Requests with a key whose outcome nobody heard."""
        return [one for one in self.requests if one.answers is None and one.key is not None]

    def keys(self, account: int) -> set[str]:
        """Every key that was used in an account."""
        return {one.key for one in self.requests if one.account == account and one.key is not None}

    def money(self, account: int) -> Iterator[Request]:
        """Deposits and withdrawals that were asked of an account."""
        return (one for one in self.requests if one.account == account and one.kind in ("deposit", "withdraw"))

    def violations(self, connection: Any) -> list[str]:
        """Where the database is not what the clients were told."""
        rows = connection.execute(
            "select id, account_id, client_order_id, origin, status, filled, side, quantity, parent_id from orders"
        ).fetchall()
        stored = {row[0]: row for row in rows}
        found = []
        for number, (account, body) in self.orders.items():
            row = stored.get(number)
            if row is None or row[1] != account:
                found.append(f"order {number} was acknowledged and is not there")
            elif body.get("client_order_id") not in (None, row[2]) or body.get("side") not in (None, row[6]):
                found.append(f"order {number} is not the one that was acknowledged")
        for number, (status, filled) in self.final.items():
            row = stored.get(number)
            if row is not None and (row[4], row[5]) != (status, filled):
                found.append(f"order {number} ended as {status} at {filled} and is {row[4]} at {row[5]}")
        return found + self._uninvited(rows) + self._flows(connection)

    def _uninvited(self, rows: list[tuple[Any, ...]]) -> list[str]:
        """Orders that nobody asked for, or that are there twice."""
        found, nameless = [], Counter[int]()
        keys = {account: self.keys(account) for account in {row[1] for row in rows}}
        for (account, name), times in Counter((row[1], row[2]) for row in rows).items():
            if times > 1:
                found.append(f"account {account} has {times} orders of the one request {name}")
        for number, account, name, origin, *_rest, parent in rows:
            if parent is not None and parent != number:  # a slice of the order that was asked for
                continue
            if origin != "USER" or name in keys[account] or name.rsplit("-", 1)[0] in keys[account]:
                continue
            nameless[account] += 1
            if name != f"auto-{number}":
                found.append(f"order {number} of account {account} answers no request ({name})")
        for account, times in nameless.items():
            if times > self.anonymous[account]:
                found.append(f"account {account} has {times} orders without key, {self.anonymous[account]} were asked")
        return found

    def _flows(self, connection: Any) -> list[str]:
        """Money that came and went is what was acknowledged, or stored under its key."""
        known = set(connection.execute("select account_id, key from requests where status = 201").fetchall())
        moved = dict(
            connection.execute(
                "select account_id, sum(case from_ledger when 'BANK' then amount else -amount end)::bigint"
                " from transfers where 'BANK' in (from_ledger, to_ledger) and reference not like 'reset%' group by 1"
            ).fetchall()
        )
        expected: Counter[int] = Counter()
        for request in self.requests:
            if request.kind in ("deposit", "withdraw") and self._happened(request, known):
                expected[request.account] += request.arguments[0] * (1 if request.kind == "deposit" else -1)
        return [
            f"account {each}: {moved.get(each, 0)} paise came and went, {expected[each]} were acknowledged"
            for each in sorted(moved.keys() | expected.keys())
            if moved.get(each, 0) != expected[each]
        ]

    @staticmethod
    def _happened(request: Request, known: set[tuple[int, str]]) -> bool:
        if request.answers is not None:
            return request.answers[0].ok
        return (request.account, request.key) in known
