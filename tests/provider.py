"""A stand-in for an identity provider: discovery, authorize, token and keys over HTTP, with tokens really signed.

``mood`` names how it misbehaves; a browser that comes to authorize sees one button.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "kagaz-of-the-tests"
SECRET = "the client's secret"
MOODS = (
    "wrong nonce",
    "no nonce",
    "wrong audience",
    "wrong issuer",
    "expired",
    "wrong signature",
    "unsigned",
    "denied",
)
"""Ways to misbehave after which nobody may be signed in."""


@dataclass
class Provider:
    """One provider. ``person`` are the claims about who sits before it."""

    address: str = ""
    mood: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    age: int = 0
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}))
    forged: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    used: list[str] = field(default_factory=list)

    def is_now(self, subject: str, email: str, *, verified: Any = True, mood: str = "", age: int = 0) -> None:
        """Who sits before it from here on, and how it behaves; tokens are ``age`` seconds old."""
        self.person = {"sub": subject, "email": email, "email_verified": verified, "name": "Somebody"}
        self.mood, self.age = mood, age

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def back(self, asked: dict[str, str]) -> str:
        """Where the browser is sent with its code."""
        told = {"state": asked["state"]}
        if self.mood == "denied":
            told["error"] = "access_denied"
        else:
            told["code"] = secrets.token_urlsafe(16)
            self.codes[told["code"]] = asked
        return f"{asked['redirect_uri']}?{urlencode(told)}"

    def token(self, sent: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The answer to a code; None where the client, the code or its verifier is wrong."""
        asked = self.codes.pop(sent.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        known = authorization == f"Basic {basic}" or sent.get("client_secret") == SECRET
        if asked is None or not known or sent.get("redirect_uri") != asked["redirect_uri"]:
            return None
        verifier = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() != asked.get("code_challenge"):
            return None
        self.used.append(asked["scope"])
        token = self.id_token(asked.get("nonce", ""))
        return {"access_token": "opaque", "token_type": "Bearer", "expires_in": 3600, "id_token": token}

    def id_token(self, nonce: str) -> str:
        now = int(time.time()) - self.age
        claims = {"iss": self.address, "aud": CLIENT, "nonce": nonce, "iat": now, "exp": now + 3600, **self.person}
        if self.mood == "wrong nonce":
            claims["nonce"] = "another's"
        elif self.mood == "no nonce":
            del claims["nonce"]
        elif self.mood == "wrong audience":
            claims["aud"] = "another client"
        elif self.mood == "wrong issuer":
            claims["iss"] = "https://evil.test"
        elif self.mood == "expired":
            claims |= {"iat": now - 7200, "exp": now - 3600}
        elif self.mood == "unsigned":
            parts = ({"alg": "none", "typ": "JWT"}, claims)
            return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts) + "."
        key = self.forged if self.mood == "wrong signature" else self.key
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


@contextmanager
def standing() -> Iterator[Provider]:
    """A provider on a port of its own, gone at the end."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/.well-known/openid-configuration":
                self.answer(provider.discovery())
            elif parts.path == "/keys":
                self.answer({"keys": [provider.key.as_dict(private=False)]})
            elif parts.path == "/authorize" and asked.get("client_id") == CLIENT:
                self.page(f"<a href='{provider.back(asked)}'>Continue as {provider.person.get('email')}</a>")
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
            sent = {name: values[0] for name, values in parse_qs(body).items()}
            told = provider.token(sent, self.headers.get("authorization", ""))
            self.answer(told or {"error": "invalid_grant"}, 200 if told else 400)

        def answer(self, body: dict[str, Any], status: int = 200) -> None:
            self.send(json.dumps(body), "application/json", status)

        def page(self, body: str) -> None:
            self.send(f"<!doctype html><title>Provider</title>{body}", "text/html; charset=utf-8", 200)

        def send(self, text: str, media: str, status: int) -> None:
            raw = text.encode()
            self.send_response(status)
            self.send_header("content-type", media)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *arguments: Any) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def secrets_file(provider: Provider, redirect_uri: str) -> str:
    """The secrets of a Kagaz whose Google is this provider."""
    return f"""
[auth]
redirect_uri = "{redirect_uri}"
cookie_secret = "a long random text for the tests"

[auth.google]
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{provider.address}/.well-known/openid-configuration"
"""
