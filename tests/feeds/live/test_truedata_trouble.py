"""What TrueData's link survives, how it ends, and that nothing ever shows its password."""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from feeds.live.link import Happened
from feeds.live.supervisor import Denied, Lost
from feeds.live.ticks import Board
from feeds.live.websocket import Address
from tests.feeds.live.ears import CREDENTIALS, NOWHERE, Ears, ears
from tests.feeds.standins.certificates import self_signed
from tests.feeds.standins.truedata import PASSWORD, USER, Moods, TrueDataStandIn
from tests.patience import PATIENCE


@pytest.mark.parametrize("words", ["", "User Already Connected", f"no user {USER} with {PASSWORD}"])
def test_a_refused_login_is_told_once_and_never_tried_again(stand: TrueDataStandIn, words: str) -> None:
    stand.moods.refuse = words
    with ears(stand, CREDENTIALS if words else {"user": USER, "password": "wrong-one"}) as one:
        one.link.open()
        ended = one.ended()
        assert isinstance(ended, Denied)
        assert ended.why
        assert PASSWORD not in ended.why
        assert USER not in ended.why
        time.sleep(0.3)
        assert len(stand.logins) == 1


@pytest.mark.parametrize(("status", "kind"), [(401, Denied), (403, Denied), (302, Lost), (500, Lost), (200, Lost)])
def test_an_answer_without_a_socket_is_a_refusal_or_a_loss(
    stand: TrueDataStandIn, one: Ears, status: int, kind: type[Happened]
) -> None:
    stand.moods.status = status
    one.link.open()
    assert isinstance(one.ended(), kind)
    assert len(stand.logins) == 1, "no other address is followed with a password in it"


def test_a_login_without_an_answer_ends_in_time(stand: TrueDataStandIn) -> None:
    stand.moods.deaf = True
    with ears(stand, connect=1.0) as one:
        one.link.open()
        assert one.ended() == Lost("TrueData did not answer the login in time.")


def test_an_answer_that_comes_letter_by_letter_does_not_hold_the_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            taken, _ = server.accept()
            with taken:
                for letter in b"HTTP/1.1 101 Switching Protocols\r\nX: " + b"x" * 1_000:
                    try:
                        taken.sendall(bytes([letter]))
                    except OSError:
                        return
                    time.sleep(0.02)

        thread = threading.Thread(target=trickle)
        thread.start()
        with ears(Address("127.0.0.1", server.getsockname()[1], tls=None), connect=0.4) as one:
            one.link.open()
            ended = one.ended()
        thread.join()
    assert isinstance(ended, Lost)
    assert "did not answer in time" in ended.why


def test_nobody_there_is_a_loss() -> None:
    with ears(NOWHERE) as one:
        one.link.open()
        ended = one.ended()
    assert isinstance(ended, Lost)
    assert "cannot be reached" in ended.why


@pytest.mark.parametrize("how", ["drop", "broken frames", "closed with a code"])
def test_a_connection_that_ends_is_a_loss(stand: TrueDataStandIn, one: Ears, how: str) -> None:
    one.opened("INFY")
    if how == "drop":
        stand.drop()
    elif how == "broken frames":
        stand.bytes(b"\xff\xff\xff\xff no frame at all")
    else:
        stand._connections[0].close(1012, "")
    assert isinstance(one.ended(), Lost)


def test_garbage_is_counted_by_name_and_ends_nothing(stand: TrueDataStandIn, one: Ears) -> None:
    one.opened("INFY")
    stand.raw("{", "[]", b"\x00\xff", '{"marketstatus":1}', '{"trade":["1"]}', '{"trade":5}', '{"success":"?"}')
    stand.say(stand.trade("INFY", 100_000, 7))
    one.row("INFY", volume=7)
    counted = one.link.words.counted
    names = ("not_json", "not_an_object", "unknown_message", "too_few_fields", "wrong_shape")
    assert [counted[name] for name in names] == [2, 1, 1, 1, 2]
    assert one.board.garbage == 7


def test_a_half_open_connection_is_noticed_by_its_missing_heartbeats(stand: TrueDataStandIn) -> None:
    with ears(stand, dead=2.5) as one:
        one.opened("INFY")
        time.sleep(3.0)
        assert one.link._thread.is_alive(), "heartbeats alone show that somebody is there"
        stand.moods.silent = True
        ended = one.ended()
    assert isinstance(ended, Lost)
    assert "heartbeats" in ended.why


def test_prices_without_heartbeats_are_life_enough(stand: TrueDataStandIn) -> None:
    stand.moods.heartless = True
    with ears(stand, dead=2.5) as one:
        one.opened("INFY")
        for volume in range(15):
            stand.say(stand.trade("INFY", 100_000, volume))
            time.sleep(0.2)
        assert one.link._thread.is_alive()


def test_a_flood_that_nobody_drains_grows_nothing_and_the_newest_wins(
    stand: TrueDataStandIn, one: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Board, "PILE", 500)
    one.opened("INFY", "SBIN")
    flood = [stand.trade(("INFY", "SBIN")[n % 2], 100_000 + n, n) for n in range(4_000)]
    stand.say(*flood)
    one.until(lambda: one.board.ticks >= 3_500)
    assert sum(map(len, one.board._pile)) <= 1_500
    one.row("SBIN", volume=3_999, last_price=103_999)


@pytest.mark.parametrize("mood", ["deaf", "silent", ""])
def test_a_link_is_closed_within_a_moment_in_any_state(stand: TrueDataStandIn, one: Ears, mood: str) -> None:
    if mood == "deaf":
        stand.moods.deaf = True
        one.link.open()
        stand.until(lambda: stand.logins)
    else:
        one.opened("INFY")
        stand.moods.silent = mood == "silent"
    began, told = time.monotonic(), list(one.told)
    one.link.close()
    assert time.monotonic() - began < PATIENCE / 4, "it waits for no answer"
    assert not one.link._thread.is_alive()
    stand.moods = Moods()
    stand.drop()
    assert one.told == told, "afterwards nothing is told"


# -- what is never told ---------------------------------------------------------------------------


@pytest.fixture
def everything_logged() -> Iterator[list[str]]:
    """Every record of every logger at its most talkative, but those of the stand-in, as text."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith("websockets.server"):
                lines.append(f"{record.getMessage()} {vars(record)} {record.exc_info}")

    names = {"", "websockets", "websockets.client", "kagaz", "kagaz.feeds.live.truedata"}
    before = {name: logging.getLogger(name).level for name in names}
    keep = Keep(0)
    logging.getLogger().addHandler(keep)
    for name in names:
        logging.getLogger(name).setLevel(1)
    yield lines
    logging.getLogger().removeHandler(keep)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def test_neither_logs_nor_words_nor_pictures_of_objects_show_a_credential(
    everything_logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"user": USER, "password": "another-pässword"}
    shown: list[str] = []
    for mood, credentials, fault in (
        (Moods(), CREDENTIALS, True),
        (Moods(), wrong, False),
        (Moods(refuse=f"user={USER}&password={PASSWORD}"), CREDENTIALS, False),
        (Moods(status=403), CREDENTIALS, False),
        (Moods(ends=1011), CREDENTIALS, False),
        (Moods(deaf=True), CREDENTIALS, False),
    ):
        with TrueDataStandIn() as stand:
            stand.moods = mood
            with ears(stand, credentials, connect=1.0 if mood.deaf else PATIENCE) as one:
                if fault:
                    one.opened("INFY")
                    monkeypatch.setattr(one.link.words, "read", lambda _: 1 / 0)
                else:
                    one.link.open()
                one.ended()
                shown += [repr(one.told), repr(one.link), repr(one.link._address), repr(vars(one.link._thread))]
    assert any("ZeroDivisionError" in line for line in everything_logged)
    said = "\n".join([*everything_logged, *shown])
    for secret in (PASSWORD, wrong["password"], "s3cret", "another-p", USER):
        assert secret not in said


# -- TLS ------------------------------------------------------------------------------------------


@pytest.fixture
def trusted(tmp_path: Path) -> Iterator[tuple[TrueDataStandIn, ssl.SSLContext]]:
    """The stand-in behind TLS, and a client's context that trusts its certificate, which is good for localhost."""
    context, file = self_signed(tmp_path)
    with TrueDataStandIn(tls=context) as made:
        yield made, ssl.create_default_context(cafile=str(file))


def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    trusted: tuple[TrueDataStandIn, ssl.SSLContext],
) -> None:
    secure, _ = trusted
    with ears(Address("localhost", secure.port)) as one:
        one.link.open()
        ended = one.ended()
    assert isinstance(ended, Lost)
    assert "certificate" in ended.why
    assert secure.logins == []


def test_a_certificate_of_another_host_gets_no_password(tmp_path: Path) -> None:
    context, file = self_signed(tmp_path, "elsewhere.example")
    with TrueDataStandIn(tls=context) as secure:
        trusting = ssl.create_default_context(cafile=str(file))
        with ears(Address("localhost", secure.port, tls=trusting)) as one:
            one.link.open()
            assert isinstance(one.ended(), Lost)
        assert secure.logins == []


def test_through_tls_the_same_is_heard(trusted: tuple[TrueDataStandIn, ssl.SSLContext]) -> None:
    secure, context = trusted
    with ears(Address("localhost", secure.port, tls=context)) as one:
        one.opened("INFY")
        secure.say(secure.trade("INFY", 100_055, 7))
        assert one.row("INFY", volume=7)["last_price"] == 100_055


def test_without_tls_no_other_machine_is_talked_to() -> None:
    with ears(Address("push.truedata.in", 8084, tls=None)) as one:
        one.link.open()
        ended = one.ended()
    assert isinstance(ended, Lost)
    assert "must be reached by TLS" in ended.why
