"""Reading the audit trail."""

from core.reasons import Reason, Refusal
from db import audit
from db.audit import AuditFilter, AuditRow
from db.engine import Database
from desk.principal import Principal

MOST = 500


def audit_log(
    database: Database,
    principal: Principal,
    before: int | None = None,
    limit: int = 100,
    wanted: AuditFilter = audit.EVERYTHING,
) -> list[AuditRow]:
    """The newest entries, or those before an id, that the filter wants; administrators alone may read them."""
    _require(principal)
    with database.connection() as connection:
        return audit.page(connection, before, max(1, min(limit, MOST)), wanted)


def audit_actions(database: Database, principal: Principal) -> list[str]:
    """Every kind of entry that was ever written, for the filter."""
    _require(principal)
    with database.connection() as connection:
        return audit.actions(connection)


def _require(principal: Principal) -> None:
    if not principal.is_admin:
        raise Refusal(Reason.FORBIDDEN, "Only an administrator reads the audit trail.")
