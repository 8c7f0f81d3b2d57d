"""Reading the audit trail."""

from core.reasons import Reason, Refusal
from db import audit
from db.audit import AuditRow
from db.engine import Database
from desk.principal import Principal

MOST = 500


def audit_log(database: Database, principal: Principal, before: int | None = None, limit: int = 100) -> list[AuditRow]:
    """The newest entries, or those before an id; administrators alone may read them."""
    if not principal.is_admin:
        raise Refusal(Reason.FORBIDDEN, "Only an administrator reads the audit trail.")
    with database.connection() as connection:
        return audit.page(connection, before, max(1, min(limit, MOST)))
