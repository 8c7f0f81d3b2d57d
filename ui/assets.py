"""What the browser loads from us: our own modules, named by their content, and the chart libraries.

The modules import each other by relative paths, so one version of the folder is one version of the
program: the address carries a hash of everything in it, and may be cached for ever. Plotly is large and changes
seldom, so its address carries its own version: an upgrade of ours leaves it in the browsers' caches.
"""

import gzip
import hashlib
from functools import cache
from importlib import metadata, resources
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route

FOLDER = Path(__file__).parent / "components" / "js"
FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@cache
def version() -> str:
    """Twelve hex digits over the names and contents of every module."""
    digest = hashlib.sha256()
    for file in sorted(FOLDER.iterdir()):
        if file.suffix in _TYPES:
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    digest.update(str(chart_library().stat().st_size).encode())
    return digest.hexdigest()[:12]


@cache
def chart_library() -> Path:
    """The chart library's browser file, as the installed package ships it."""
    return Path(str(resources.files("lwcharts"))) / "vendor" / "lightweight-charts.standalone.production.js"


@cache
def plotly_version() -> str:
    """Version of the installed package, which its browser file shares."""
    return metadata.version("plotly")


def plotly_library() -> Path:
    """The analytics charts' browser file, as the installed package ships it."""
    return Path(str(resources.files("plotly"))) / "package_data" / "plotly.min.js"


@cache
def plotly_packed() -> bytes:
    """A third of its size; made once, by the first who asks."""
    return gzip.compress(plotly_library().read_bytes(), mtime=0)


def address(name: str) -> str:
    """Path of a module below the root, without the prefix that some hosts add."""
    return f"/assets/kagaz/{version()}/{name}"


async def _module(request: Request) -> Response:
    file = FOLDER / request.path_params["name"]
    if file.suffix not in _TYPES or not file.is_file():
        return Response("no such file", status_code=404)
    # An old address (a tab from before an upgrade) still gets a module, but must not be kept.
    fresh = request.path_params["version"] == version()
    headers = {"Cache-Control": FOR_EVER if fresh else "no-store", "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, media_type=_TYPES[file.suffix], headers=headers)


async def _charts(request: Request) -> Response:
    return FileResponse(chart_library(), media_type=_TYPES[".js"], headers={"Cache-Control": FOR_EVER})


def _plotly(request: Request) -> Response:
    """Not a coroutine: packing takes a while, and the loop has others to serve."""
    if request.path_params["version"] != plotly_version():
        return Response("no such version", status_code=404, headers={"Cache-Control": "no-store"})
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(plotly_library(), media_type=_TYPES[".js"], headers=headers)
    return Response(plotly_packed(), media_type=_TYPES[".js"], headers={**headers, "Content-Encoding": "gzip"})


def mount() -> Mount:
    """The route that serves all of it; the addresses of the libraries carry a version too."""
    return Mount(
        "/assets",
        routes=[
            Route("/kagaz/{version}/lightweight-charts.js", _charts),
            Route("/kagaz/{version}/{name}", _module),
            Route("/plotly/{version}/plotly.min.js", _plotly),
        ],
    )
