"""A gateway as a process: its database is prepared in a thread, while it answers 503 already."""

import socket
import threading
from typing import Any

import uvicorn

import log
from desk import installation
from gateway.app import Application
from gateway.wire import Http, Protocol
from settings import Settings

GRACE = 3
"""Seconds that open connections are given when the process ends."""
LARGEST_MESSAGE = 64 * 1024
_logger = log.get(__name__)


def config(app: Application, **options: Any) -> uvicorn.Config:
    """How a gateway is served."""
    return uvicorn.Config(
        app,
        http=Http,
        ws=Protocol,
        # A context of compression for each connection costs thirty times what is saved.
        ws_per_message_deflate=False,
        ws_max_size=LARGEST_MESSAGE,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        **options,
    )


class Process:
    """How far the start is, and the server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database: Any = None
        self.waiting_for: list[str] = ["database"]
        self._stopping = threading.Event()
        self.app = Application(self)
        self.server = uvicorn.Server(config(self.app, lifespan="on"))

    @property
    def ready(self) -> bool:
        """Whether the database may be used."""
        return self.database is not None and not self.waiting_for

    def serve(self, listener: socket.socket) -> None:
        """Serve until the process is told to end."""
        starting = threading.Thread(target=self._prepare, name="start", daemon=True)
        starting.start()
        try:
            self.server.run(sockets=[listener])
        finally:
            self._stopping.set()
            self.app.close()
            starting.join(installation.PATIENCE)
            if self.database is not None:
                self.database.close()
            installation.release()

    def _prepare(self) -> None:
        try:
            self.database = installation.prepare_patiently(self.settings, self._stopping, self._step)
        except (ValueError, RuntimeError) as error:
            # Wrong settings, an unfit server, an unknown schema: sentences for a person. No retry helps.
            _logger.error(str(error))  # noqa: TRY400
            self.server.should_exit = True
            return
        if self.database is not None:
            self.waiting_for = []
            installation.collect_seldom()  # with thousands of sockets it would stop every frame's way for a while
            _logger.info("The gateway serves", extra={"port": self.settings.gateway_port})

    def _step(self, name: str) -> None:
        self.waiting_for = [name]
