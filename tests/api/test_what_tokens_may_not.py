"""What a leaked token cannot do: give entry, or change more than the account that it was made for."""

import pytest

from desk import access, verify
from tests.api.conftest import as_bot, as_browser

SHARES, BOOKS, CHECK = "/api/v1/accounts/shares", "/api/v1/accounts", "/api/v1/admin/books/check"
SPLIT = {"kind": "SPLIT", "instrument": "NSE:SBIN", "ex_date": "2030-01-15", "ratio": "5:1"}
OF_ADMINISTRATORS = [
    ("POST", "/admin/books/check", None),
    ("POST", "/admin/actions", SPLIT),
    ("DELETE", "/admin/actions/1", None),
    ("POST", "/admin/calendar", {"date": "2030-01-15", "name": "Founders day"}),
    ("DELETE", "/admin/calendar?date=2030-01-15&kind=holiday", None),
    ("POST", "/risk/restrictions", {"instrument": "NSE:SBIN", "kind": "HALTED"}),
    ("DELETE", "/risk/restrictions/1", None),
    ("POST", "/risk/kill", {"scope": "MARKET", "market": "sim"}),
]


def test_a_token_shares_no_book_but_takes_a_share_back(client, desk, alice):
    answer = alice.put(SHARES, json={"user": "bob"})
    assert (answer.status_code, answer.json()["reason_code"]) == (403, 801)
    assert "signed in" in answer.json()["detail"]
    browser = as_browser(client, desk, "alice")
    assert browser.put(SHARES, json={"user": "bob"}, headers={"idempotency-key": "k"}).status_code == 204
    assert [each["user"] for each in alice.get(SHARES).json()["items"]] == ["ana", "bob"]
    assert alice.delete(f"{SHARES}?user=bob").status_code == 204
    assert [each["user"] for each in alice.get(SHARES).json()["items"]] == ["ana"]


def test_a_token_for_one_account_opens_no_other(client, desk, alice):
    bound = as_bot(client, desk, "alice", account="alice/main")
    answer = bound.post(BOOKS, json={"name": "swing"})
    assert answer.status_code == 403
    assert "one account" in answer.json()["detail"]
    assert alice.post(BOOKS, json={"name": "swing"}).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "sent"), OF_ADMINISTRATORS, ids=[" ".join(e[:2]) for e in OF_ADMINISTRATORS]
)
def test_an_administrators_token_for_one_account_or_for_reading_changes_nothing_of_the_house(
    client, desk, method, path, sent
):
    for named in ({"account": "root/main"}, {"scopes": ("read",)}):
        bot = as_bot(client, desk, "root", **named)
        assert bot.request(method, f"/api/v1{path}", json=sent).status_code == 403, named
    whole = as_bot(client, desk, "root")
    assert whole.request(method, f"/api/v1{path}", json=sent).status_code != 403


def test_a_token_for_one_account_neither_stops_nor_limits_its_owners_other_books(client, desk, alice):
    bound = as_bot(client, desk, "alice", account="alice/main")
    limit = {"scope": "USER", "account": "alice/main", "name": "ORDER_VALUE", "value": 5000}
    limits, kill, rearm = "/api/v1/risk/limits", "/api/v1/risk/kill", "/api/v1/risk/rearm"
    for path, sent in ((limits, limit), (kill, {"scope": "USER"}), (rearm, {"scope": "USER"})):
        answer = bound.post(path, json=sent)
        assert (answer.status_code, "one account" in answer.json()["detail"]) == (403, True), path
    assert alice.get("/api/v1/risk", params={"account": "alice/main"}).json()["state"] == "ACTIVE"
    own = bound.post(limits, json=limit | {"scope": "ACCOUNT"})
    over_all = alice.post(limits, json=limit)
    assert (own.status_code, over_all.status_code) == (201, 201)
    ends = f"{limits}/{over_all.json()['id']}?account=alice/main"
    assert bound.delete(ends).status_code == 403
    assert alice.delete(ends).status_code == 204
    assert bound.delete(f"{limits}/{own.json()['id']}?account=alice/main").status_code == 204
    assert bound.post(kill, json={"account": "alice/main"}).status_code == 200
    assert bound.post(rearm, json={"account": "alice/main"}).status_code == 200
    assert alice.post(kill, json={"scope": "USER"}).status_code == 200
    assert bound.post(rearm, json={"scope": "USER"}).status_code == 403
    assert alice.post(rearm, json={"scope": "USER"}).status_code == 200


def test_books_are_counted(alice, bob):
    made = [alice.post(BOOKS, json={"name": f"book{n}"}).status_code for n in range(1, access.MOST_BOOKS)]
    assert made == [201] * (access.MOST_BOOKS - 1)  # with main
    answer = alice.post(BOOKS, json={"name": "more"})
    assert answer.status_code == 400, answer.text
    assert f"{access.MOST_BOOKS} books" in answer.json()["detail"]
    assert bob.post(BOOKS, json={"name": "more"}).status_code == 201


def test_one_check_of_the_books_runs_at_a_time(client, desk, monkeypatch):
    root = as_bot(client, desk, "root")
    real = verify.verify
    during: list[tuple[int, int]] = []

    def asked_meanwhile(database):
        if not during:
            answer = as_bot(client, desk, "root").post(CHECK)
            during.append((answer.status_code, answer.json().get("reason_code")))
        return real(database)

    monkeypatch.setattr(verify, "verify", asked_meanwhile)
    assert root.post(CHECK).status_code == 200
    assert during == [(503, 901)]
    assert root.post(CHECK).status_code == 200, "the next may run once the first has ended"
