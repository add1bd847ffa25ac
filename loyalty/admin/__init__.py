"""The operators' face. Importing this package registers every page of the ground floor."""

from loyalty.admin import (
    accounts,
    approvals,
    audit,
    events,
    holds,
    imports,
    ledger,
    logins,
    messages,
    orders,
    partners,
    programme,
    rules,
    schedules,
    system,
)

__all__ = [
    "accounts",
    "approvals",
    "audit",
    "events",
    "holds",
    "imports",
    "ledger",
    "logins",
    "messages",
    "orders",
    "partners",
    "programme",
    "rules",
    "schedules",
    "system",
]
