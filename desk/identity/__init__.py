"""Who may come in: users, passwords, sessions, links, API tokens, and the trail of what was done."""

from desk.identity.links import change_password, link_owner, password_link, set_password_by_link
from desk.identity.passwords import check_rules, generate
from desk.identity.proof import check_password, credentials
from desk.identity.sessions import (
    COOKIE,
    SESSION_LIFE,
    NewSession,
    open_session,
    principal_from_cookie,
    principal_from_token,
    revoke_all,
    revoke_session,
    session_code,
    sessions,
    start_session,
    still_valid,
)
from desk.identity.tokens import create_token, revoke_token, tokens
from desk.identity.trail import audit_log
from desk.identity.users import (
    ROLES,
    User,
    add_user,
    by_proof,
    everyone,
    find,
    link_proof,
    set_active,
    set_role,
    unlock,
)
from desk.principal import Principal

__all__ = [
    "COOKIE",
    "ROLES",
    "SESSION_LIFE",
    "NewSession",
    "Principal",
    "User",
    "add_user",
    "audit_log",
    "by_proof",
    "change_password",
    "check_password",
    "check_rules",
    "create_token",
    "credentials",
    "everyone",
    "find",
    "generate",
    "link_owner",
    "link_proof",
    "open_session",
    "password_link",
    "principal_from_cookie",
    "principal_from_token",
    "revoke_all",
    "revoke_session",
    "revoke_token",
    "session_code",
    "sessions",
    "set_active",
    "set_password_by_link",
    "set_role",
    "start_session",
    "still_valid",
    "tokens",
    "unlock",
]
