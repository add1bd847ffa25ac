"""What the apps contribute to the ground: the seams of the house.

A leaf. Every installed app may have a ``contributions.py`` whose ``CONTRIBUTES`` lists instances of
the classes below; they are collected once at start-up, as Django collects ``admin.py``. A duplicate
name fails at start-up. Nothing here touches the database; callables are called by operations.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db.models import F
from django.db.models.expressions import BaseExpression

from loyalty.bookkeeping import Check, MergeStep
from loyalty.crowds import Crowd
from loyalty.letters import Address, Addressee, MessageKind, Shipped, Variable
from loyalty.pages import Caption, DemoData, FirstStep, Panel, Tab
from loyalty.personal import Dossier, Strand
from loyalty.values import Text, ValueType

__all__ = [
    "Address",
    "Addressee",
    "Belonging",
    "BuiltinMetric",
    "Caption",
    "Check",
    "Configuration",
    "Contribution",
    "Crowd",
    "DemoData",
    "Directory",
    "Dossier",
    "Effect",
    "EffectParam",
    "Enroller",
    "EventField",
    "EventKind",
    "Fact",
    "FirstStep",
    "Follower",
    "Foresight",
    "Grant",
    "Happening",
    "Job",
    "MergeStep",
    "MessageKind",
    "Occurrence",
    "Panel",
    "Registry",
    "Shipped",
    "Strand",
    "Stride",
    "Tab",
    "Text",
    "ValueType",
    "Variable",
    "Watcher",
    "registry",
]


@dataclass(frozen=True, slots=True)
class EventField:
    """One field of an event's payload that conditions and metrics may name (``order.amount``)."""

    code: str
    label: Text
    type: ValueType
    read: Callable[[Mapping[str, Any]], Any]
    choices: Callable[[], Sequence[tuple[str, Text]]] | None = None


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of thing that happens. ``parse`` turns raw input into the stored payload or raises.

    ``external`` kinds may be posted by partners; others are recorded by our own operations.
    ``title`` and ``icon`` are what a member's statement calls points that come from it.
    ``reverses`` names the kind whose awards an event of this kind takes back (or gives again);
    ``follows`` the kind of event it is about, told by the same order: it waits until that has come.
    ``subject`` is the payload field that, with partner and kind, makes the business key of an external
    event. ``is_activity`` says that the member did something, which keeps points alive that expire
    without activity; what gives points does so anyway.
    """

    code: str
    label: Text
    parse: Callable[[Mapping[str, Any]], dict[str, Any]]
    fields: tuple[EventField, ...] = ()
    external: bool = False
    reverses: str | None = None
    follows: str | None = None
    is_activity: bool = False
    subject: str = ""
    title: Text = ""
    icon: str = "spark"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known about a person, told as an ORM expression over ``Account``.

    The same expression is selected for a batch of accounts (predicate) and filtered by (SQL), so
    the two can't drift apart; for a ``SET`` it is a ``conditions.Codes``. ``moves`` says that deciding an
    event may change it (a tier, a balance), so an account's next event must look again.
    """

    code: str
    label: Text
    type: ValueType
    expression: Callable[[], BaseExpression | F]
    choices: Callable[[], Sequence[tuple[str, Text]]] | None = None
    group: Text = ""
    moves: bool = False


@dataclass(frozen=True, slots=True)
class BuiltinMetric:
    """A number counted per account and business day. ``measure`` gives the step for a payload."""

    code: str
    label: Text
    kind: str
    measure: Callable[[Mapping[str, Any]], int]
    type: ValueType = ValueType.NUMBER


@dataclass(frozen=True, slots=True)
class Configuration:
    """Tables whose rows operators edit and every event reads: a change of any of them renews the stamp."""

    code: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """One non-points effect that a decision wants carried out for one account."""

    key: str
    account_id: int
    event_id: UUID
    rule_version_id: int
    params: Mapping[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """An event still to be recorded, as operations and effects hand it to ``events.intake.record``."""

    kind: str
    key: str
    account_id: int | None
    occurred_at: datetime
    payload: Mapping[str, Any]
    cause_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class EffectParam:
    """One setting of an effect, shown as a widget in the rule editor."""

    code: str
    label: Text
    type: ValueType
    required: bool = True
    choices: Callable[[], Sequence[tuple[str, Text]]] | None = None
    default: Any = None


@dataclass(frozen=True, slots=True)
class Effect:
    """A thing a rule can give besides points. ``apply`` runs in the event's transaction.

    It receives every new grant of a batch at once (each key comes once, ever) and may return
    happenings, of the kinds it ``emits``, that are recorded and decided in the next pass.
    """

    code: str
    label: Text
    params: tuple[EffectParam, ...]
    apply: Callable[[Sequence[Grant], datetime], Sequence[Happening]]
    sentence: Callable[[Mapping[str, Any]], Text]
    emits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Follower:
    """Told, in the same transaction, which accounts a batch moved; may answer with happenings.

    With ``kinds`` it is told instead of the accounts that an event of these kinds was about, moved or not.
    """

    code: str
    follow: Callable[[Sequence[int], Mapping[int, UUID], datetime], Sequence[Happening]]
    kinds: tuple[str, ...] = ()


class Occurrence(Protocol):
    """A recorded event as watchers see it."""

    @property
    def id(self) -> UUID: ...
    @property
    def kind(self) -> str: ...
    @property
    def partner_id(self) -> int | None: ...
    @property
    def account_id(self) -> int | None: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def occurred_on(self) -> date: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Watcher:
    """Told, in the same transaction, of the events of its ``kinds`` that a batch decided; may answer with happenings.

    By then all that the events moved is written, orders among it, and the accounts are locked. An event may
    be seen again (an order is claimed, corrected), so a watcher looks at what stands and brings its own in line.
    """

    code: str
    kinds: tuple[str, ...]
    watch: Callable[[Sequence[Occurrence], datetime], Sequence[Happening]]


# (account id, points gained by currency, metrics counted by code) → facts by code
Outlook = Callable[[int, Mapping[str, int], Mapping[str, int]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Foresight:
    """Says which facts about accounts what an event gives will change. ``load`` asks a constant number of queries.

    ``recall`` says of events decided long ago which facts they led to: event id → facts by code, one query.
    """

    code: str
    load: Callable[[Collection[int], datetime], Outlook]
    recall: Callable[[Collection[UUID]], Mapping[UUID, Mapping[str, Any]]] = lambda _event_ids: {}


@dataclass(frozen=True, slots=True)
class Directory:
    """Finds accounts by a reference the ground does not hold, such as a phone number."""

    code: str
    find: Callable[[Sequence[str]], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Belonging:
    """Says which accounts are a login's own, so that nobody decides about themselves."""

    code: str
    accounts_of: Callable[[Any], Collection[int]]


@dataclass(frozen=True, slots=True)
class Enroller:
    """Makes members for customer references met in an import. Returns reference → account id."""

    code: str
    enrol: Callable[[int, Sequence[str], datetime], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Stride:
    """How far one piece of a long job came; an empty ``cursor`` says that its period is done."""

    cursor: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """Scheduled work, claimed once per ``(code, period)``; ``period`` names the one of an instant.

    A short job is ``run(as_of, period)``. A long one is ``walk(as_of, period, cursor)``: it does a
    bounded, repeatable piece from ``cursor`` ("" at first) and says where the next one begins.
    ``catch_up`` is how many missed periods are made up for; 0 suits work that looks for all that is
    due, since its next period does what the last one left.
    """

    code: str
    label: Text
    period: Callable[[datetime], str]
    run: Callable[[datetime, str], Mapping[str, int]] | None = None
    walk: Callable[[datetime, str, str], Stride] | None = None
    catch_up: int = 31


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of outbox row and what delivers it, outside any transaction."""

    code: str
    deliver: Callable[[Mapping[str, Any]], None]


Contribution = (
    EventKind
    | Fact
    | Crowd
    | BuiltinMetric
    | Configuration
    | Effect
    | Follower
    | Foresight
    | Watcher
    | Directory
    | Belonging
    | Enroller
    | Job
    | Topic
    | Check
    | MergeStep
    | Addressee
    | MessageKind
    | Panel
    | FirstStep
    | Caption
    | Tab
    | DemoData
    | Dossier
    | Strand
)
T = TypeVar("T")


@dataclass(slots=True)
class Registry:
    """Everything contributed, by class and code."""

    _items: dict[type, dict[str, Any]] = field(default_factory=dict)

    def add(self, items: Iterable[Contribution]) -> None:
        """Takes in one app's contributions; a name met twice raises ``ImproperlyConfigured``."""
        for item in items:
            shelf = self._items.setdefault(type(item), {})
            if item.code in shelf:
                raise ImproperlyConfigured(f"{type(item).__name__} '{item.code}' is contributed twice")
            shelf[item.code] = item

    def all(self, cls: type[T]) -> list[T]:
        """Everything of one class, by rank where it has one, else as contributed."""
        return sorted(self._items.get(cls, {}).values(), key=lambda item: getattr(item, "rank", 0))

    def find(self, cls: type[T], code: str) -> T | None:
        """The contribution of that class and code, or ``None``."""
        return self._items.get(cls, {}).get(code)

    def get(self, cls: type[T], code: str) -> T:
        """The contribution of that class and code; raises ``KeyError`` where there is none."""
        item: T = self._items[cls][code]
        return item


registry = Registry()
