"""Everything that all apps keep of one person, through their dossiers."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from loyalty import accounts
from loyalty.models import Account
from loyalty.personal import Attachment, Dossier, Person, Table
from loyalty.registry import registry


def dossiers() -> list[Dossier]:
    """Every app's, in order of rank."""
    return registry.all(Dossier)


def gather(account_id: int) -> Person:
    """The account, those merged into it, and every word that names them. Nothing is changed."""
    account_ids = accounts.family(account_id)
    words: set[str] = set()
    own: set[str] = set()
    for dossier in dossiers():
        theirs, only_theirs = dossier.names(account_ids)
        words |= {word for word in theirs if word}
        own |= {word for word in only_theirs if word}
    numbers = Account.objects.filter(pk__in=account_ids).values_list("number", flat=True)
    return Person(account_ids, frozenset(numbers), frozenset(words), frozenset(own))


def tell(account_ids: Collection[int]) -> Iterator[tuple[Dossier, Sequence[Table]]]:
    """What each app keeps of the accounts."""
    for dossier in dossiers():
        yield dossier, dossier.tell(account_ids)


def files(account_ids: Collection[int]) -> Iterator[Attachment]:
    for dossier in dossiers():
        yield from dossier.files(account_ids)


def forget(person: Person, now: datetime) -> Mapping[str, int]:
    """Lets every app forget the person, in the caller's transaction; counts, those of nothing left out."""
    counts: dict[str, int] = {}
    for dossier in dossiers():
        found = dossier.forget(person, now)
        counts |= {f"{dossier.code}.{name}": count for name, count in found.items() if count}
    return counts
