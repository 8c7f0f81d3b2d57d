"""Upstox's login, candles and quotes on this machine, with the vendor's rules and its bad days."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.feeds.standins.upstox import TOKEN

API_KEY, API_SECRET, REDIRECT = "app-key-of-asha", "app-secret-4711-asha", "http://127.0.0.1:8501/Feeds"


class UpstoxRest:
    """``asked`` are (method, path, query) of every question; ``answers`` replaces an answer: (status, body)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.codes: set[str] = set()
        self.candles: list[Any] = []
        self.quotes: dict[str, Any] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.serve(self, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                outer.serve(self, {name: values[0] for name, values in parse_qs(body).items()})

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "UpstoxRest":
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def serve(self, request: Any, form: dict[str, str]) -> None:
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append((request.command, unquote(parts.path), query))
        status, body, headers = self._answer(request, parts.path, query, form)
        request.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def _answer(
        self, request: Any, path: str, query: dict[str, str], form: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        for begin, (status, body) in self.answers.items():
            if path.startswith(begin):
                return status, body, {"Location": "http://127.0.0.1:1/elsewhere"} if status == 302 else {}
        if path == "/v2/login/authorization/dialog":
            if query.get("client_id") != API_KEY or query.get("redirect_uri") != REDIRECT:
                return *_error(401, "Invalid client_id or redirect_uri", "UDAPI100068"), {}
            code = f"code{len(self.codes)}"
            self.codes.add(code)
            return 302, b"", {"Location": f"{REDIRECT}?{urlencode({'code': code, 'state': query['state']})}"}
        if path == "/v2/login/authorization/token":
            right = form.get("client_id") == API_KEY and form.get("client_secret") == API_SECRET
            if not right or form.get("code") not in self.codes or form.get("grant_type") != "authorization_code":
                return *_error(401, "Invalid Auth code", "UDAPI100057"), {}
            self.codes.discard(form["code"])  # good once
            return 200, json.dumps({"access_token": TOKEN, "user_id": "AB1234", "extended_token": None}).encode(), {}
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return *_error(401, "Invalid token used to access API", "UDAPI100050"), {}
        if path.startswith("/v3/historical-candle/"):
            return 200, json.dumps({"status": "success", "data": {"candles": self.candles}}).encode(), {}
        if path == "/v3/market-quote/ltp":
            wanted = query["instrument_key"].split(",")
            data = {name: one for name, one in self.quotes.items() if one["instrument_token"] in wanted}
            return 200, json.dumps({"status": "success", "data": data}).encode(), {}
        if path == "/v2/user/profile":
            return 200, b'{"status": "success", "data": {"user_id": "AB1234"}}', {}
        return *_error(404, "Resource not Found.", "UDAPI100060"), {}


def _error(status: int, message: str, code: str) -> tuple[int, bytes]:
    said = {"status": "error", "errors": [{"errorCode": code, "message": message, "propertyPath": None}]}
    return status, json.dumps(said).encode()
