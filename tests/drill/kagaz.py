"""A real Kagaz to be hurt: its web process, sidecar and Postgres, in a folder of its own on a free port."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil

from db.embedded import server
from db.embedded.cluster import NAME
from db.embedded.places import Places, settle
from db.engine import Database
from tests.ports import free_port

PROJECT = Path(__file__).resolve().parents[2]
# Seconds that a start may take on a busy machine before the drill gives up.
PATIENCE = 120.0


def until(true: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until it is so. Raises TimeoutError, which says what was waited for."""
    deadline = time.monotonic() + patience
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {patience:.0f} s")
        time.sleep(0.05)


class Kagaz:
    """Its processes, by the ids that they have now; only what this object started is ever touched."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/api/v1"
        self.places: Places = settle(home)
        self.web: subprocess.Popen[bytes] | None = None
        self.standby: subprocess.Popen[bytes] | None = None
        self.database = Database(self.places.url(NAME), pool_size=3)
        self._http = httpx.Client(timeout=5)

    def start(self) -> None:
        """Start the web process as a user would; what it needs it starts itself."""
        options = ["--server.port", str(self.port), "--server.address", "127.0.0.1", "--server.headless", "true"]
        self.web = self._run("web", "-m", "streamlit", "run", "app.py", *options)

    def start_standby(self) -> None:
        """Start a second sidecar, and wait until it knows that another one leads."""
        log = self._log("standby")
        seen = log.stat().st_size if log.exists() else 0
        self.standby = self._run("standby", "-m", "jobs")
        until(lambda: b"Another process leads" in log.read_bytes()[seen:], "the second sidecar stands by")

    def end_standby(self) -> None:
        """End the second sidecar in good order."""
        if self.standby is not None:
            self.standby.terminate()
            self.standby.wait(PATIENCE)
            self.standby = None

    def ready(self) -> bool:
        """Whether it says that orders can be placed and filled."""
        try:
            return self._http.get(f"{self.url}/ready").status_code == 200
        except httpx.HTTPError:
            return False

    def sidecar(self) -> psutil.Process | None:
        """The sidecar that the web process started, None while there is none. Its spare, if any, is the younger."""
        assert self.web is not None
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(self.web.pid).children()
            found = [child for child in children if "desk.child" in child.cmdline()]
            return min(found, key=lambda child: child.create_time(), default=None)
        return None

    def postmaster(self) -> psutil.Process | None:
        """The process that serves this Kagaz's own folder."""
        return server.postmaster(self.places.data)

    def backends(self) -> list[psutil.Process]:
        """The server's processes for clients of Kagaz."""
        postmaster = self.postmaster()
        found = []
        for child in postmaster.children() if postmaster else ():
            with contextlib.suppress(psutil.Error):
                if f" {NAME} [local]" in " ".join(child.cmdline()):
                    found.append(child)
        return found

    def verify(self) -> tuple[int, str]:
        """What ``python -m desk verify`` answers: its exit status and its output."""
        done = subprocess.run(
            [sys.executable, "-m", "desk", "verify"],
            cwd=PROJECT,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout.strip() or done.stderr.strip()

    def told(self, lines: int = 40) -> str:
        """The last lines of every log, for a person who asks what happened."""
        logs = (self._log("web"), self._log("standby"), self.places.server_log)
        tails = (path.read_text(errors="replace").splitlines()[-lines:] for path in logs if path.exists())
        return "\n".join(line for tail in tails for line in tail)

    def stop(self) -> None:
        """End all of it."""
        self.database.close()
        self._http.close()
        self.end_standby()
        if self.web is not None:
            self.web.terminate()
            try:
                self.web.wait(30)
            except subprocess.TimeoutExpired:
                self.web.kill()
                self.web.wait()
        # The keeper would wait some seconds for the next client, who never comes.
        for process in psutil.process_iter(["cmdline"]):
            command = process.info["cmdline"] or []
            if "db.embedded.keeper" in command and str(self.home) in command:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)
                    process.wait(PATIENCE)
        server.stop(self.places)

    def _run(self, log: str, *command: str) -> "subprocess.Popen[bytes]":
        with self._log(log).open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=PROJECT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def _log(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KAGAZ_", "STREAMLIT_"))}
        for name in ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE"):
            kept.pop(name, None)  # the second as `make run` does
        given = {"KAGAZ_HOME": str(self.home), "KAGAZ_ORDER_RATE": "0", "KAGAZ_LOG_FORMAT": "json"}
        if "KAGAZ_PG_BIN" in os.environ:
            given["KAGAZ_PG_BIN"] = os.environ["KAGAZ_PG_BIN"]
        return kept | given | {"PORT": str(self.port), "GATEWAY_PORT": "0"}


@contextlib.contextmanager
def running() -> Iterator[Kagaz]:
    """A Kagaz that trades; nothing of it is left afterwards."""
    home = Path(tempfile.mkdtemp(prefix="kagaz-drill-"))
    home.chmod(0o711)
    kagaz = Kagaz(home)
    try:
        kagaz.start()
        until(kagaz.ready, "Kagaz is ready")
        yield kagaz
    finally:
        kagaz.stop()
        shutil.rmtree(home, ignore_errors=True)
