"""The few pages of a login. They hold no script and load nothing; every word of others is escaped."""

from html import escape

from gateway.reply import Reply

HTML = "text/html; charset=utf-8"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_STYLE = """
:root { color-scheme: light dark; --line: #d5d8dd; --muted: #6b7280; --accent: #2563eb; --loss: #c2410c; }
@media (prefers-color-scheme: dark) { :root { --line: #3a3f47; --muted: #9aa1ac; --accent: #3b82f6; --loss: #fb923c; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center;
  padding: 16px; }
main { width: 100%; max-width: 380px; border: 1px solid var(--line); border-radius: 8px; padding: 24px; }
h1 { font-size: 18px; margin: 0 0 4px; } p { margin: 0 0 16px; } .muted { color: var(--muted); font-size: 13px; }
.wrong { color: var(--loss); } label { display: block; margin-bottom: 12px; }
input { display: block; width: 100%; font: inherit; padding: 8px 10px; margin-top: 4px;
  border: 1px solid var(--line); border-radius: 4px; background: transparent; color: inherit; }
button { font: inherit; font-weight: 600; width: 100%; padding: 9px; border: 0; border-radius: 4px; color: #fff;
  background: var(--accent); cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code { display: block; padding: 10px; border: 1px solid var(--line); border-radius: 4px; overflow-wrap: anywhere;
  font-size: 14px; margin-bottom: 16px; user-select: all; }
"""


def _page(title: str, body: str, status: int = 200) -> Reply:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · Kagaz</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f'<body><main><h1>{escape(title)}</h1>{body}<p class="muted">Kagaz trades paper: no order leaves this '
        "server.</p></main></body></html>"
    )
    return Reply(status, text.encode(), {"content-security-policy": POLICY}, HTML)


def sign_in(program: str, wrong: str | None = None) -> Reply:
    """Asks who is there."""
    told = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    return _page(
        "Sign in",
        f"<p>to let <b>{escape(program)}</b> trade for you.</p>{told}"
        '<form method="post"><label>Name<input name="name" autocomplete="username" maxlength="64" required autofocus>'
        '</label><label>Password<input name="password" type="password" autocomplete="current-password" '
        'maxlength="200" required></label><button>Sign in</button></form>'
        '<p class="muted" style="margin-top:16px">Signed in at the terminal of this host already? Load this page '
        "again.</p>",
    )


def consent(program: str, person: str, account: str) -> Reply:
    """Asks whether the program may be let in."""
    return _page(
        f"Let {program} in?",
        f"<p>It will see the account <b>{escape(account)}</b> of {escape(person)}, and place, change and cancel "
        'orders in it, until 06:00 tomorrow or until you revoke it.</p><form method="post">'
        '<input type="hidden" name="allow" value="yes"><button>Let it in</button></form>'
        '<p class="muted" style="margin-top:16px">To keep it out, close this page.</p>',
    )


def token(program: str, request_token: str) -> Reply:
    """Shows the token of a login to a program that has no address."""
    return _page(
        f"{program} is let in",
        f"<p>Give it this request token within a few minutes. It is good once.</p><code>{escape(request_token)}</code>",
    )


def stop(sentence: str, status: int) -> Reply:
    """Says why there is nothing to do here."""
    return _page("This login cannot go on", f'<p class="wrong" role="alert">{escape(sentence)}</p>', status)
