"""What of Streamlit's own routes is shut, and the door for files that a page opens."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

import settings
from web import streamlit_doors
from web.security import SecurityHeaders
from web.streamlit_doors import Files, StreamlitDoors

UPLOAD = "/_stcore/upload_file/a-session/a-file"


async def streamlit(_request: Any) -> PlainTextResponse:
    return PlainTextResponse("Streamlit answers")


async def stream(line: WebSocket) -> None:
    await line.accept()
    await line.send_text("Streamlit answers")
    await line.close()


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def port(files: Files) -> TestClient:
    routes: list[BaseRoute] = [WebSocketRoute("/_stcore/stream", stream)]
    routes += [Route("/{rest:path}", streamlit, methods=["GET", "PUT", "POST", "DELETE", "OPTIONS"])]
    middleware = [Middleware(SecurityHeaders), Middleware(StreamlitDoors, files=files)]
    return TestClient(Starlette(routes=routes, middleware=middleware), base_url="http://desk.test")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("before", ["", "/a/base"])
def test_a_file_is_taken_of_a_session_whose_page_takes_one(port, files, method, before):
    refused = port.request(method, before + UPLOAD)
    assert (refused.status_code, refused.headers["x-content-type-options"]) == (403, "nosniff")
    files.let("another-session")
    assert port.request(method, before + UPLOAD).status_code == 403
    files.let("a-session")
    assert port.request(method, before + UPLOAD).text == "Streamlit answers"
    assert port.request(method, before + UPLOAD, headers={"origin": "http://desk.test"}).status_code == 200
    assert port.request(method, before + UPLOAD, headers={"origin": "http://evil.test"}).status_code == 403
    assert port.request(method, before + UPLOAD, headers={"origin": "null"}).status_code == 403


def test_an_operators_other_address_is_a_page_of_ours(port, files, monkeypatch):
    monkeypatch.setenv("KAGAZ_ORIGINS", "https://team.example")
    settings.load.cache_clear()
    files.let("a-session")
    assert port.put(UPLOAD, headers={"origin": "https://team.example"}).status_code == 200


def test_a_page_takes_files_for_a_while_and_few_do(files, monkeypatch):
    monkeypatch.setattr(streamlit_doors, "LIFE", 0.0)
    files.let("old")
    assert not files.may("old")
    monkeypatch.undo()
    for number in range(streamlit_doors.MOST + 1):
        files.let(str(number))
    assert (files.may("0"), files.may("1"), files.may(str(streamlit_doors.MOST))) == (False, True, True)


@pytest.mark.parametrize(
    ("origin", "let_in"),
    [(None, True), ("http://desk.test", True), ("http://evil.test", True), ("http://[", False), ("null", False)],
)
def test_a_socket_from_no_address_is_refused_before_streamlit_reads_it(port, origin, let_in):
    """Whose page it is, is Streamlit's to look at, by our words: tests/pages/test_own_origins.py."""
    headers = {} if origin is None else {"origin": origin}
    if not let_in:
        with pytest.raises(WebSocketDisconnect), port.websocket_connect("/_stcore/stream", headers=headers):
            pass
        return
    with port.websocket_connect("/_stcore/stream", headers=headers) as line:
        assert line.receive_text() == "Streamlit answers"


def test_what_the_process_holds_is_told_to_nobody(port):
    assert port.get("/_stcore/metrics").status_code == 404
    assert port.get("/_stcore/health").text == "Streamlit answers"
    assert port.get(UPLOAD).text == "Streamlit answers"
