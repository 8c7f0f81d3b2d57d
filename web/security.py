"""Headers that every answer of this process carries, as plain ASGI so that streams pass untouched.

The pages' policy allows what Streamlit's own page does: the one script inline by its hash, components as modules of
``blob:`` addresses, inline styles. No text becomes a script. Nothing but this server may be loaded or asked, nobody
else's page may frame us.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web import inline

_PAGES = (
    f"default-src 'none'; script-src 'self' blob: {inline.of_the_pages()}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; "
    "worker-src 'self' blob:; frame-src 'self' blob:; manifest-src 'self'; base-uri 'self'; form-action 'self'; "
    "object-src 'none'; frame-ancestors 'self'"
)
_DATA = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_ON_PAGES = (*_ALWAYS, (b"content-security-policy", _PAGES.encode()), (b"x-frame-options", b"SAMEORIGIN"))
_ON_API = (
    *_ALWAYS,
    (b"content-security-policy", _DATA.encode()),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
)
# A year. Neighbours of this host are not ours to speak for.
_ON_HTTPS = ((b"strict-transport-security", b"max-age=31536000"),)
_API_PATH = "/api/"
_CALLBACK = "/oauth2callback"
_PROOF = b"_streamlit_user="
FAILED = "sign_in=failed"
"""What the address of the front door says after a provider's answer that was not taken."""


class SecurityHeaders:
    """Adds what the answer does not set itself; over https every cookie becomes Secure."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        secure = is_https(scope)
        wanted = (_ON_API if scope["path"].startswith(_API_PATH) else _ON_PAGES) + (_ON_HTTPS if secure else ())
        returning = scope["path"].endswith(_CALLBACK)

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers += [pair for pair in wanted if pair[0] not in present]
                if secure:
                    headers = [_secured(name, value) for name, value in headers]
                if returning:
                    headers = _told(headers)
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, complete)


def cookie(name: str, value: str, seconds: int, *, secure: bool) -> str:
    """Set-Cookie for a session: no script reads it, no other site's form or frame sends it."""
    parts = f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"
    return parts + ("; Secure" if secure else "")


def is_https(scope: Scope) -> bool:
    """Whether the browser speaks https, to us or to the proxy before us."""
    return scheme(scope) in ("https", "wss")


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


def _told(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Streamlit sends a browser whose provider's answer is not valid to the front door without a word."""
    proofs = [value for name, value in headers if name.lower() == b"set-cookie" and value.startswith(_PROOF)]
    if any(b"max-age=0" not in value.lower() for value in proofs):
        return headers
    return [
        (name, value + b"?" + FAILED.encode() if name.lower() == b"location" and value.endswith(b"/") else value)
        for name, value in headers
    ]
