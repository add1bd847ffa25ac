"""Who is behind an account, and how an address looks to those who need not know it."""

from collections.abc import Collection

from loyalty.registry import Address, Addressee, registry


def find(account_ids: Collection[int]) -> dict[int, Address]:
    """Account id → how to reach the person; who has left is missing. A constant number of queries."""
    found: dict[int, Address] = {}
    for each in registry.all(Addressee):
        found |= each.find(account_ids)
    return found


def mask(to: str) -> str:
    """``lin@example.com`` → ``l***@example.com``; ``+8613812345678`` → ``138****5678``."""
    if "@" in to:
        name, _at, host = to.partition("@")
        return f"{name[:1]}***@{host}"
    digits = to.removeprefix("+86")
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 7 else f"****{digits[-2:]}"
