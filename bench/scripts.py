"""A browser tab as Streamlit's server sees it: protobuf over one WebSocket, with the session's cookie.

It asks for runs as Streamlit's own page does (first by the page's name, then by the hash that the server gave
it) and reads every message of a run to its end. Nothing is drawn, so that what is timed is the server.
"""

import asyncio
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from desk.identity import COOKIE

PATIENCE = 30.0  # seconds for one run


@dataclass(slots=True)
class Run:
    """One run of the script as the tab saw it."""

    seconds: float
    deltas: int = 0
    size: int = 0  # bytes
    trouble: list[str] = field(default_factory=list)


class Tab:
    """One tab; ``async with Tab(port, cookie) as tab``."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port = port
        self._cookie = cookie
        self._page = ""
        self._name = ""
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> Self:
        self._socket = await connect(
            f"ws://127.0.0.1:{self._port}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            additional_headers={"Cookie": f"{COOKIE}={self._cookie}"},
            compression=None,
            max_size=None,
            open_timeout=PATIENCE,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def open(self, name: str) -> Run:
        """The run that shows the page of this name: from the address, or by a click in the menu."""
        self._page, self._name = "", name
        return await self.rerun()

    async def rerun(self) -> Run:
        """One more run of the page that is open; from the request to the end of the script."""
        if self._socket is None:
            raise RuntimeError("the tab is not open")
        asked = BackMsg()
        asked.rerun_script.page_script_hash = self._page
        asked.rerun_script.page_name = self._name
        asked.rerun_script.context_info.timezone = "Asia/Kolkata"
        began = time.perf_counter()
        await self._socket.send(asked.SerializeToString())
        return await asyncio.wait_for(self._finished(self._socket, began), PATIENCE)

    async def _finished(self, socket: ClientConnection, began: float) -> Run:
        run = Run(0.0)
        while True:
            body = await socket.recv(decode=False)
            run.size += len(body)
            told = ForwardMsg.FromString(body)
            kind = told.WhichOneof("type")
            if kind == "delta":
                run.deltas += 1
                if told.delta.new_element.HasField("exception"):
                    run.trouble.append(told.delta.new_element.exception.message)
            elif kind == "navigation":
                self._page = told.navigation.page_script_hash
            elif kind == "page_not_found":
                run.trouble.append("there is no such page")
            elif kind == "session_event" and told.session_event.HasField("script_compilation_exception"):
                run.trouble.append(told.session_event.script_compilation_exception.message)
            elif kind == "script_finished":
                if told.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
                    continue
                if told.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                run.seconds = time.perf_counter() - began
                return run
