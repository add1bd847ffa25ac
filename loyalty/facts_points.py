"""What the books tell of a member beyond the balance: earned, spent, gone, and what goes next.

Sums are over all entries of ``points``; what a refund took back is apart. Contributed in ``contributions``.
"""

from collections.abc import Callable

from django.db.models import F, OuterRef, QuerySet, Sum
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from loyalty.conditions import figures
from loyalty.conditions.codes import Codes
from loyalty.models import Account, AccountReference, Balance, Entry, Hold, Lot, Partner, PoolMembership, Transfer
from loyalty.registry import ValueType

CODE = "points"
NUMBER, DATE, BOOLEAN = ValueType.NUMBER, ValueType.DATE, ValueType.BOOLEAN
Counter = Entry.Counter


def _entries(*counters: str, **only: object) -> QuerySet[Entry]:
    return Entry.objects.filter(account=OuterRef("pk"), currency__code=CODE, counter__in=counters, **only)


def _sum(counter: str, *, given: bool = False) -> Callable[[], BaseExpression]:
    """What came (or, ``given``, what went: told as a positive number)."""
    sign = -1 if given else 1
    only = {"amount__lt": 0} if given else {"amount__gt": 0}
    return lambda: figures.total(_entries(counter, **only), F("amount") * sign)


def _lots() -> QuerySet[Lot]:
    """Points that have an end, those that go first in front."""
    rows = Lot.objects.open().filter(account=OuterRef("pk"), currency__code=CODE, expires_at__isnull=False)
    return rows.order_by("expires_at", "pk")


def _next_lot() -> BaseExpression:
    """How many go on the day the next ones go."""
    together = Lot.objects.open().filter(
        account=OuterRef("account"), currency=OuterRef("currency"), expires_at=OuterRef("expires_at")
    )
    left = together.order_by().values("expires_at").annotate(left=Sum("remaining")).values("left")[:1]
    return Coalesce(figures.top(_lots().annotate(left=left), "left"), 0)


def _held(column: str) -> Callable[[], BaseExpression]:
    def expression() -> BaseExpression:
        rows = Balance.objects.filter(account=OuterRef("pk"), currency__code=CODE)
        return Coalesce(figures.top(rows, column), 0)

    return expression


_fact = figures.Family("points", _("Points"), moves=True).fact


FACTS = (
    _fact("pending", _("points still to come"), NUMBER, _held("pending")),
    _fact("held", _("points set aside"), NUMBER, _held("held")),
    _fact("debt", _("points owed"), NUMBER, _held("debt")),
    _fact("earned", _("points earned ever"), NUMBER, _sum(Counter.ISSUED)),
    _fact("redeemed", _("points spent ever"), NUMBER, _sum(Counter.REDEEMED, given=True)),
    _fact("expired", _("points expired ever"), NUMBER, _sum(Counter.EXPIRED, given=True)),
    _fact("taken_back", _("points taken back ever"), NUMBER, _sum(Counter.CLAWED_BACK, given=True)),
    _fact("adjusted", _("points given by hand ever"), NUMBER, _sum(Counter.ADJUSTED)),
    _fact("entry_count", _("number of entries"), NUMBER, lambda: figures.count(_entries(*Counter.values))),
    _fact(
        "last_earned_on",
        _("points last earned on"),
        DATE,
        lambda: figures.most(_entries(Counter.ISSUED, amount__gt=0), "effective_on"),
    ),
    _fact(
        "last_spent_on",
        _("points last spent on"),
        DATE,
        lambda: figures.most(_entries(Counter.REDEEMED, amount__lt=0), "effective_on"),
    ),
    _fact(
        "first_earned_on",
        _("points first earned on"),
        DATE,
        lambda: figures.least(_entries(Counter.ISSUED, amount__gt=0), "effective_on"),
    ),
    _fact("next_expiry_on", _("next points expire on"), DATE, lambda: figures.day(figures.top(_lots(), "expires_at"))),
    _fact("next_expiry", _("points that expire next"), NUMBER, _next_lot),
    _fact(
        "last_expired_on",
        _("points last expired on"),
        DATE,
        lambda: figures.most(_entries(Counter.EXPIRED, amount__lt=0), "effective_on"),
    ),
    _fact(
        "holds",
        _("has points set aside for something"),
        BOOLEAN,
        lambda: figures.some(Hold.objects.filter(account=OuterRef("pk"), state=Hold.State.HELD)),
    ),
    _fact(
        "given_count",
        _("gifts of points given"),
        NUMBER,
        lambda: figures.count(Transfer.objects.filter(giver=OuterRef("pk")), owner="giver"),
    ),
    _fact(
        "received_count",
        _("gifts of points received"),
        NUMBER,
        lambda: figures.count(Transfer.objects.filter(receiver=OuterRef("pk")), owner="receiver"),
    ),
)
_account = figures.Family("account", _("Account")).fact
ACCOUNT = (
    _account("opened_on", _("account opened on"), DATE, lambda: figures.day(F("opened_at"))),
    _account(
        "stopped",
        _("spending stopped while the books are checked"),
        BOOLEAN,
        lambda: figures.some(Account.objects.filter(pk=OuterRef("pk"), spending_stopped_at__isnull=False)),
    ),
    _account(
        "shares",
        _("shares a purse"),
        BOOLEAN,
        lambda: figures.some(PoolMembership.objects.filter(account=OuterRef("pk"), left_at=None)),
    ),
    _account(
        "known_to",
        _("known to tills and shops"),
        ValueType.SET,
        lambda: Codes(AccountReference.objects.filter(account=OuterRef("pk")), "partner__code"),
        lambda: list(Partner.objects.order_by("code").values_list("code", "name")),
    ),
    _account(
        "merged",
        _("has taken in another account"),
        BOOLEAN,
        lambda: figures.some(Account.objects.filter(merged_into=OuterRef("pk"))),
    ),
)
