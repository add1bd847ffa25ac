"""What the mall knows of a member, for conditions. Contributed in ``contributions``.

Redemptions that were cancelled don't count, but where the label says so.
"""

from collections.abc import Sequence

from django.db.models import Avg, BigIntegerField, OuterRef, QuerySet
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from loyalty.conditions import figures
from loyalty.conditions.codes import Codes
from loyalty.models import Balance
from loyalty.registry import Text, ValueType
from rewards.models import Redemption, Reward

NUMBER, DATE, SET = ValueType.NUMBER, ValueType.DATE, ValueType.SET


def _taken() -> QuerySet[Redemption]:
    return Redemption.objects.filter(account=OuterRef("pk")).exclude(state=Redemption.State.CANCELLED)


def _rewards() -> Sequence[tuple[str, Text]]:
    return [(reward.code, reward.name) for reward in Reward.objects.order_by("code")]


def _within_reach() -> BaseExpression:
    """Whether the available points pay for something that is on the shelf."""
    offered = Reward.objects.filter(is_on_shelf=True, stock_left__gt=0, price_points__lte=OuterRef("available"))
    purses = Balance.objects.filter(account=OuterRef("pk"), currency__code="points")
    return figures.some(purses.filter(figures.there(offered)))


_fact = figures.Family("reward", _("Mall")).fact


FACTS = (
    _fact("count", _("redemptions ever"), NUMBER, lambda: figures.count(_taken())),
    _fact("piece_count", _("rewards taken ever"), NUMBER, lambda: figures.total(_taken(), "quantity")),
    _fact("points", _("points spent on rewards ever"), NUMBER, lambda: figures.total(_taken(), "points")),
    _fact(
        "points_average",
        _("points spent on a redemption"),
        NUMBER,
        lambda: Cast(figures.measured(_taken(), Avg("points")), BigIntegerField()),
    ),
    _fact("points_most", _("points spent on the dearest redemption"), NUMBER, lambda: figures.most(_taken(), "points")),
    _fact(
        "kind_count", _("number of different rewards"), NUMBER, lambda: figures.count(_taken(), "reward", distinct=True)
    ),
    _fact(
        "open_count",
        _("rewards not yet handed over"),
        NUMBER,
        lambda: figures.count(_taken().filter(state=Redemption.State.CONFIRMED)),
    ),
    _fact(
        "cancelled_count",
        _("cancelled redemptions"),
        NUMBER,
        lambda: figures.count(Redemption.objects.filter(account=OuterRef("pk"), state=Redemption.State.CANCELLED)),
    ),
    _fact("first_on", _("first redemption"), DATE, lambda: figures.day(figures.least(_taken(), "redeemed_at"))),
    _fact("last_on", _("last redemption"), DATE, lambda: figures.day(figures.most(_taken(), "redeemed_at"))),
    _fact("taken", _("rewards taken"), SET, lambda: Codes(_taken(), "reward__code"), _rewards),
    _fact(
        "last",
        _("reward of the last redemption"),
        ValueType.CHOICE,
        lambda: figures.top(_taken().order_by("-redeemed_at", "-pk"), "reward__code"),
        _rewards,
    ),
    _fact("within_reach", _("can afford a reward"), ValueType.BOOLEAN, _within_reach),
)
