"""Member numbers as people read and write them, and many fresh ones at once."""

from loyalty import accounts
from loyalty.models import Account

LENGTH = 12


def is_number(text: str) -> bool:
    """Whether ``text`` has the form of a member number, check digit included."""
    plain = text.replace(" ", "")
    return (
        len(plain) == LENGTH and plain.isascii() and plain.isdecimal() and accounts.check_digit(plain[:-1]) == plain[-1]
    )


def draw(count: int) -> list[str]:
    """``count`` different numbers that no account has yet; one query unless some clash."""
    found: set[str] = set()
    while len(found) < count:
        fresh = {accounts.new_number() for _ in range(count - len(found))}
        found |= fresh - set(Account.objects.filter(number__in=fresh).values_list("number", flat=True))
    return sorted(found)


def show(number: str) -> str:
    """In groups of four: ``8866 0217 3391``."""
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))
