"""TrueData's hosts for tokens and for candles, in one, on this machine."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

HEAD = "timestamp,open,high,low,close,volume,oi\n"


class TrueDataRest:
    """Both hosts of the vendor, at one port of this machine."""

    def __init__(self) -> None:
        self.csv = HEAD
        self.statuses: list[int] = []  # of the next questions for bars; 200 when there are none
        self.token: tuple[int, bytes] = (200, b'{"access_token":"tok-1","expires_in":3600}')
        self.logins: list[dict[str, str]] = []
        self.questions: list[dict[str, str]] = []
        rest = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Says nothing."""

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                rest.logins.append({name: values[0] for name, values in parse_qs(form).items()})
                self._answer(*rest.token)

            def do_GET(self) -> None:
                asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                rest.questions.append(asked | {"bearer": self.headers["Authorization"]})
                self._answer(rest.statuses.pop(0) if rest.statuses else 200, rest.csv.encode())

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> "TrueDataRest":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
