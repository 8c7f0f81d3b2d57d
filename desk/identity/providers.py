"""Signing in by an identity provider: what its proof may do, and what links it to a user.

An identity is (issuer, subject); an e-mail address never is. What may link the two is told in
docs/decisions/0011-what-links-a-google-account.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.money import FRESH_CASH
from core.reasons import Reason, Refusal
from db import audit, links
from db import identity as rows
from db.engine import Database
from db.identity import UserRow
from db.links import InvitationRow, LinkRow
from desk.identity.confirming import Confirmed
from desk.identity.users import EMAIL, User, create, find, fund, normal_email, public
from desk.principal import Principal

PROOF_LIFE = timedelta(minutes=5)
"""A proof counts when it is fresh: the cookie in which it reaches us lives for weeks."""
INVITATION_LIFE = timedelta(days=7)
CLOCKS_DIFFER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a provider's signed token said. ``email`` is empty unless the provider has verified it."""

    issuer: str
    subject: str
    email: str
    issued_at: datetime


def proof_of(claims: Mapping[str, Any]) -> Proof | None:
    """The proof in a token's claims, or None where they prove nobody. Whoever calls has checked the signature."""
    issuer, subject, issued = claims.get("iss"), claims.get("sub"), claims.get("iat")
    if not (isinstance(issuer, str) and isinstance(subject, str) and isinstance(issued, int) and issuer and subject):
        return None
    if len(issuer) > 255 or len(subject) > 255 or not 0 < issued < 2**40:
        return None
    email = str(claims.get("email") or "").strip().lower()
    verified = claims.get("email_verified") is True and EMAIL.fullmatch(email) is not None
    return Proof(issuer, subject, email if verified else "", datetime.fromtimestamp(issued, UTC))


def fresh(proof: Proof, now: datetime) -> bool:
    """Whether the proof was given just now; one from the future is none."""
    return -CLOCKS_DIFFER <= now - proof.issued_at <= PROOF_LIFE


def may_sign_up(policy: tuple[str, ...], email: str) -> bool:
    """Whether the setting lets this verified address in: ``anyone``, or a domain that it ends with."""
    return bool(email) and ("anyone" in policy or email.rpartition("@")[2] in policy)


def sign_in(database: Database, proof: Proof, signup: tuple[str, ...] = (), address: str | None = None) -> User | None:
    """The user whom the proof lets in; None when it is stale or was used before: ask for a new one.

    A linked identity is its user. An unknown one links to the user whom an administrator invited by that very
    verified address; else it becomes a new trader where ``signup`` allows. Raises Refusal SIGN_IN otherwise.
    """
    if not fresh(proof, datetime.now(UTC)):
        return None
    with database.connection() as connection:
        found = links.find(connection, proof.issuer, proof.subject)
        if found is not None:
            return _known(connection, found, proof, address)
    if not proof.email:
        raise _no("Google has not verified the e-mail address of this account. Verify it there, then try again.")
    with database.connection() as connection:
        invited = links.redeem_invitation(connection, proof.email)
        if invited is not None:
            return _invited(connection, invited, proof, address)
    if not may_sign_up(signup, proof.email):
        raise _no(
            f"No user here is linked to {proof.email}. Sign in with your password and link it on the page Account, "
            "or ask an administrator to invite this address."
        )
    return _newcomer(database, proof, address)


def _known(connection: Any, found: LinkRow, proof: Proof, address: str | None) -> User | None:
    if not links.use(connection, proof.issuer, proof.subject, proof.email or found.email, proof.issued_at):
        return None
    row = _active(rows.user_by_id(connection, found.user_id))
    _note(connection, row, "SIGNED_IN", {"address": address, "way": proof.issuer})
    return public(row)


def _invited(connection: Any, user_id: int, proof: Proof, address: str | None) -> User:
    row = _active(rows.user_by_id(connection, user_id))
    _insert(connection, row, proof, "invitation")
    _note(connection, row, "SIGNED_IN", {"address": address, "way": proof.issuer})
    return public(row)


def _newcomer(database: Database, proof: Proof, address: str | None) -> User:
    with database.connection() as connection:
        if rows.user_by_email(connection, proof.email) is not None:
            raise _no(
                f"A user here has the address {proof.email} already. Sign in with the password and link this "
                "account on the page Account, or ask an administrator to invite the address."
            )
        name = _free_name(connection, proof.email)
        row, account_id = create(connection, proof.issuer, name, "trader", None, email=proof.email)
        _insert(connection, row, proof, "sign-up")
        _note(connection, row, "SIGNED_IN", {"address": address, "way": proof.issuer})
    fund(database, proof.issuer, row.name, account_id, FRESH_CASH)
    return public(row)


def _free_name(connection: Any, email: str) -> str:
    """A name from an address: its first part, with a number where somebody has it."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", email.partition("@")[0]).strip("._-")[:28] or "trader"
    taken = rows.names_like(connection, plain)
    return next(each for each in (plain, *(f"{plain}{number}" for number in range(2, 1000))) if each not in taken)


def link(database: Database, principal: Principal, proof: Proof, confirmed: Confirmed) -> None:
    """Let a provider's identity sign in as who asks. ``confirmed``: they have just proved themselves anew."""
    confirmed.check(principal)
    if not fresh(proof, datetime.now(UTC)):
        raise _no("That sign-in with Google is too old. Begin again.")
    with database.connection() as connection:
        row = _active(rows.lock_user(connection, principal.user_id))
        _insert(connection, row, proof, "the user")


def unlink(database: Database, principal: Principal, issuer: str, subject: str) -> None:
    """Take a link away; the last way in stays."""
    with database.connection() as connection:
        row = _active(rows.lock_user(connection, principal.user_id))  # two at once must not remove the last two
        others = [
            each for each in links.of_user(connection, row.id) if (each.issuer, each.subject) != (issuer, subject)
        ]
        if row.password_hash is None and not others:
            sentence = "This is your only way in. Set a password first, then unlink it."
            raise Refusal(Reason.FORBIDDEN, sentence, field="subject")
        if not links.remove(connection, row.id, issuer, subject):
            raise Refusal(Reason.NOT_FOUND, "There is no such linked account.", field="subject")
        _note(connection, row, "IDENTITY_UNLINKED", {"issuer": issuer})


def linked(database: Database, principal: Principal) -> list[LinkRow]:
    """One's own links, oldest first."""
    with database.connection() as connection:
        return links.of_user(connection, principal.user_id)


def whose(database: Database, proof: Proof) -> int | None:
    """The id of the user whom this identity is linked to."""
    with database.connection() as connection:
        found = links.find(connection, proof.issuer, proof.subject)
    return None if found is None else found.user_id


def invite(database: Database, actor: str, name: str, email: str) -> str:
    """Let the first Google account that proves ``email`` link to that user, within seven days; the address."""
    user, email = find(database, name), normal_email(email)
    with database.connection() as connection:
        links.invite(connection, email, user.id, actor, INVITATION_LIFE)
        audit.append(connection, actor, "ADDRESS_INVITED", user.name, user_id=user.id, detail={"email": email})
    return email


def withdraw_invitation(database: Database, actor: str, email: str) -> None:
    """Take an invitation back."""
    with database.connection() as connection:
        if not links.withdraw(connection, email):
            raise Refusal(Reason.NOT_FOUND, "There is no such invitation.", field="email")
        audit.append(connection, actor, "INVITATION_WITHDRAWN", email)


def invitations(database: Database, after: str | None = None, limit: int | None = None) -> list[InvitationRow]:
    """Invitations that may still be used, for the administrator's page: all of them, or so many behind an address."""
    with database.connection() as connection:
        return links.invitations(connection, after, limit)


def _insert(connection: Any, row: UserRow, proof: Proof, by: str) -> None:
    made = LinkRow(proof.issuer, proof.subject, row.id, proof.email, proof.issued_at, proof.issued_at)
    if not links.insert(connection, made):
        raise Refusal(Reason.BAD_INPUT, "This Google account is linked to a user already.", field="subject")
    _note(connection, row, "IDENTITY_LINKED", {"issuer": proof.issuer, "email": proof.email, "by": by})


def _note(connection: Any, row: UserRow, action: str, detail: dict[str, Any]) -> None:
    audit.append(connection, row.name, action, row.name, user_id=row.id, detail=detail)


def _active(row: UserRow | None) -> UserRow:
    if row is None or not row.active:
        raise _no("This user may not sign in. Ask an administrator.")
    return row


def _no(sentence: str) -> Refusal:
    return Refusal(Reason.SIGN_IN, sentence)
