"""Headers that every answer of this process carries, as plain ASGI so that streams pass untouched."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", b"frame-ancestors 'self'"),
)
_API = ((b"cache-control", b"no-store"),)
_API_PATH = "/api/"


class SecurityHeaders:
    """Adds what the answer does not set itself; over https every cookie becomes Secure."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        wanted = _ALWAYS + (_API if scope["path"].startswith(_API_PATH) else ())
        secure = is_https(scope)

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers += [pair for pair in wanted if pair[0] not in present]
                if secure:
                    headers = [_secured(name, value) for name, value in headers]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, complete)


def cookie(name: str, value: str, seconds: int, *, secure: bool) -> str:
    """Set-Cookie for a session: no script reads it, no other site's form or frame sends it."""
    parts = f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"
    return parts + ("; Secure" if secure else "")


def is_https(scope: Scope) -> bool:
    """Whether the browser speaks https, to us or to the proxy before us."""
    return scheme(scope) == "https"


def scheme(scope: Scope) -> str:
    """The scheme the browser used: a proxy before us tells it by X-Forwarded-Proto.

    A page of another site cannot set that header on a request that carries our cookie.
    """
    for name, value in scope["headers"]:
        if name == b"x-forwarded-proto":
            return str(value.decode("latin-1").split(",")[0].strip().lower())
    return str(scope.get("scheme", "http"))


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name.lower() == b"set-cookie" and b"secure" not in value.lower():
        return name, value + b"; Secure"
    return name, value
