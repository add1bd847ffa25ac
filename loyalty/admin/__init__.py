"""The operators' face. Importing this package registers every page of the ground floor."""

from loyalty.admin import (
    accounts,
    events,
    imports,
    ledger,
    logins,
    orders,
    partners,
    programme,
    rules,
    schedules,
    system,
)

__all__ = [
    "accounts",
    "events",
    "imports",
    "ledger",
    "logins",
    "orders",
    "partners",
    "programme",
    "rules",
    "schedules",
    "system",
]
