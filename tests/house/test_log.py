"""Logs: one line an event, with its ids, without a secret."""

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest

import log


class Written:
    """What this process wrote to standard error since the test began."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured
        self._text = ""

    def getvalue(self) -> str:
        self._text += self._captured.readouterr().err
        return self._text


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """What the process writes to standard error, as JSON; the logs are afterwards as they were."""
    root, own = logging.getLogger(), logging.getLogger(log.ROOT)
    handlers, level, known = list(root.handlers), own.level, set(log._known_secrets)
    log.configure("info", "json")
    yield Written(capsys)
    root.handlers[:] = handlers
    own.setLevel(level)
    log._known_secrets.clear()
    log._known_secrets.update(known)


def last(written: Written) -> dict[str, object]:
    return dict(json.loads(written.getvalue().splitlines()[-1]))


def test_a_line_carries_its_ids_and_fields(lines: Written) -> None:
    with log.bind(request_id="r1", user="alice"), log.bind(order_id=7, frame=9):
        log.get("desk.trading").info("Order %s placed", 7, extra={"paise": 12_50})
    line = last(lines)
    assert line.pop("time")
    assert line.pop("process")
    assert line == {
        "level": "info",
        "logger": "desk.trading",
        "message": "Order 7 placed",
        "request_id": "r1",
        "user": "alice",
        "order_id": 7,
        "frame": 9,
        "paise": 1250,
    }


def test_ids_end_with_their_block_and_do_not_leak_between_tasks(lines: Written) -> None:
    async def one(name: str) -> dict[str, object]:
        log.bind(user=name)
        await asyncio.sleep(0)
        return log.bound()

    async def both() -> list[dict[str, object]]:
        return list(await asyncio.gather(one("alice"), one("bob")))

    with log.bind(market="sim"):
        assert asyncio.run(both()) == [{"market": "sim", "user": "alice"}, {"market": "sim", "user": "bob"}]
        assert log.bound() == {"market": "sim"}
    assert log.bound() == {}


SECRETS = [
    "postgresql://kagaz:geheim@db:5432/kagaz",
    "postgres://kagaz:geh/eim@geheim@db/kagaz",
    "https://user:geheim@mirror.example/simple",
    "connection failed: host=db user=u password=geheim dbname=d",
    "password='gehe im' host=db",
    '{"password": "geheim", "access_token":"geheim"}',
    "GET /ws?api_key=geheim&access_token=geheim HTTP/1.1",
    "Authorization: Bearer geheim",
    "Authorization: token geheim:geheim",
    "{'authorization': 'Basic geheim12'}",
    "[(b'host', b'x'), (b'cookie', b'kagaz_session=geheim; other=geheim')]",
    "Set-Cookie: kagaz=geheim; HttpOnly; geheim=1",
    "bearer geheimlong",
    "KAGAZ_ADMIN_PASSWORD=geheim",
    "client_secret = geheim",
    "hash $2b$12$geheim78901234567890123456789012345678901234567890123",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_never_written(lines: Written, text: str) -> None:
    logger = log.get("test")
    logger.info(text)
    logger.info("%s", text, extra={"detail": text, "nested": {"deep": [text]}})
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception("It failed")
    logging.getLogger("some.library").warning(text)
    assert len(lines.getvalue().splitlines()) == 4
    assert "geh" not in lines.getvalue()
    assert "eim" not in lines.getvalue()


PLAIN = [
    "GET http://localhost:8501/orders?mail=a@b.example",
    "no cookie, so the request is refused",
    "3 tokens are left",
    "token_id=5 user=alice",
    "basic information follows",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_secret_stays(text: str) -> None:
    assert log.redact(text) == text


def test_a_field_is_hidden_by_its_name(lines: Written) -> None:
    log.get("test").info("x", extra={"api_token": 5, "headers": {"Cookie": ["a"]}, "tokens_left": 3})
    line = last(lines)
    assert (line["api_token"], line["headers"], line["tokens_left"]) == ("***", {"Cookie": "***"}, 3)


def test_a_known_secret_is_hidden_wherever_it_turns_up(lines: Written) -> None:
    log.hide("plain-word")
    log.hide(None)
    log.hide("a")
    log.get("test").info("it is plain-word, a word", extra={"detail": "xplain-wordx"})
    line = last(lines)
    assert (line["message"], line["detail"]) == ("it is ***, a word", "x***x")


def test_text_is_one_line_even_if_a_message_is_not(lines: Written) -> None:
    log.configure("info", "human")
    log.get("test").info("first\n2026-01-01T00:00:00Z ERROR forged: second", extra={"who": "a\nb"})
    assert len(lines.getvalue().splitlines()) == 1


def test_only_kagaz_is_heard_below_warning(lines: Written) -> None:
    log.configure("debug", "json")
    log.configure("debug", "json")
    logging.getLogger("some.library").info("no")
    log.get("test").debug("yes")
    assert [json.loads(line)["message"] for line in lines.getvalue().splitlines()] == ["yes"]
