"""What tags do by themselves: the nightly walk over automatic ones, ends, what rules may do, and merges."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from loyalty import periods
from loyalty.bookkeeping import MergeStep
from loyalty.registry import Effect, EffectParam, EventField, EventKind, Grant, Happening, Job, Stride, Text, ValueType
from members.groups import tags
from members.models import SegmentMember, Tag, Tagging

RANGES_A_STRIDE = 10
OVERLAP = timedelta(days=2)  # so that what was settled by hand since the last night is told as well


def choices() -> Sequence[tuple[str, Text]]:
    """All tags in use."""
    return [(tag.code, tag.name) for tag in Tag.objects.filter(archived_at=None)]


def by_hand() -> Sequence[tuple[str, Text]]:
    """Those that do not set themselves."""
    return [(tag.code, tag.name) for tag in Tag.objects.filter(archived_at=None, is_automatic=False)]


def settle_all(as_of: datetime, _period: str, cursor: str) -> Stride:
    """One automatic tag at a time: first its rows, then the telling, range by range.

    The cursor is the tag, and from when on what is told and to whom it was.
    """
    tag_id, at, told = _place(cursor)
    tag = Tag.objects.filter(is_automatic=True, archived_at=None, pk__gte=tag_id).order_by("pk").first()
    if tag is None:
        return Stride("")
    if tag.pk != tag_id or at is None:
        given, taken = tags.settle(tag, now=as_of)
        return Stride(f"{tag.pk}|{as_of.isoformat()}|0", {"given": given, "taken": taken})
    for _range in range(RANGES_A_STRIDE):
        told = tags.tell(tag, since=at - OVERLAP, after=told, now=as_of)
        if not told:
            return Stride(f"{tag.pk + 1}||0")
    return Stride(f"{tag.pk}|{at.isoformat()}|{told}")


def _place(cursor: str) -> tuple[int, datetime | None, int]:
    tag_id, at, told = cursor.split("|") if cursor else ("0", "", "0")
    return int(tag_id), datetime.fromisoformat(at) if at else None, int(told)


def expire_all(as_of: datetime, _period: str) -> Mapping[str, int]:
    return {"taken": tags.expire(now=as_of)}


JOBS = (
    Job("settle_tags", gettext_lazy("Set and take automatic tags"), periods.day, walk=settle_all, catch_up=0),
    Job("end_tags", gettext_lazy("Take off tags that have ended"), periods.every(1), expire_all, catch_up=0),
)


def give(grants: Sequence[Grant], now: datetime) -> list[Happening]:
    """Tags each, one range of members for each tag and length."""
    wishes: dict[tuple[str, int], list[Grant]] = {}
    for each in grants:
        wishes.setdefault((str(each.params["tag"]), int(each.params.get("days") or 0)), []).append(each)
    known = {tag.code: tag for tag in Tag.objects.filter(archived_at=None)}
    told: list[Happening] = []
    for (code, days), wanted in sorted(wishes.items()):
        if code in known:
            told += _given(known[code], days, wanted, now)
    return told


def _given(tag: Tag, days: int, wanted: Sequence[Grant], now: datetime) -> list[Happening]:
    ids = [each.account_id for each in wanted]
    new = set(tags.put(tag=tag, account_ids=ids, source=Tagging.Source.RULE, now=now, days=days or None))
    causes = {each.account_id: each for each in reversed(wanted) if each.account_id in new}
    return [
        Happening(
            tags.GIVEN,
            f"{tags.GIVEN}:{each.key}",
            account_id,
            each.occurred_at,
            {"tag": tag.code, "source": Tagging.Source.RULE.value},
            each.event_id,
        )
        for account_id, each in sorted(causes.items())
    ]


def take(grants: Sequence[Grant], now: datetime) -> list[Happening]:
    """Takes tags off; an automatic one comes back the night its condition holds."""
    del now
    wishes: dict[str, set[int]] = {}
    for each in grants:
        wishes.setdefault(str(each.params["tag"]), set()).add(each.account_id)
    for tag in Tag.objects.filter(code__in=wishes):
        tags.take(tag=tag, account_ids=wishes[tag.code], source=Tagging.Source.RULE)
    return []


def _named(params: Mapping[str, Any]) -> str:
    tag = Tag.objects.filter(code=params.get("tag") or "").first()
    return tag.name if tag else str(params.get("tag") or "?")


def _giving(params: Mapping[str, Any]) -> str:
    days = int(params.get("days") or 0)
    if not days:
        return _("tag “%(tag)s”") % {"tag": _named(params)}
    text = ngettext("tag “%(tag)s” for %(days)s day", "tag “%(tag)s” for %(days)s days", days)
    return text % {"tag": _named(params), "days": days}


def _taking(params: Mapping[str, Any]) -> str:
    return _("take tag “%(tag)s” off") % {"tag": _named(params)}


_TAG = EffectParam("tag", gettext_lazy("tag"), ValueType.CHOICE, choices=by_hand)
EFFECTS = (
    Effect(
        "tag.give",
        gettext_lazy("give a tag"),
        (_TAG, EffectParam("days", gettext_lazy("for so many days"), ValueType.NUMBER, required=False)),
        give,
        _giving,
        emits=(tags.GIVEN,),
    ),
    Effect("tag.take", gettext_lazy("take a tag off"), (_TAG,), take, _taking),
)
EVENT = EventKind(
    tags.GIVEN,
    gettext_lazy("tag given"),
    dict,
    title=gettext_lazy("A gift for you"),
    icon="gift",
    fields=(
        EventField("tag", gettext_lazy("tag"), ValueType.CHOICE, lambda payload: payload["tag"], choices),
        EventField(
            "source",
            gettext_lazy("set by"),
            ValueType.CHOICE,
            lambda payload: payload["source"],
            lambda: Tagging.Source.choices,
        ),
    ),
)


def merge(survivor: int, duplicate: int, now: datetime) -> Mapping[str, Any]:
    """Tags and places on fixed lists go over where the survivor has none of that name."""
    del now
    return {"tags": _over(Tagging, "tag_id", survivor, duplicate), "lists": _lists(survivor, duplicate)}


def _over(model: type[Tagging] | type[SegmentMember], name: str, survivor: int, duplicate: int) -> list[int]:
    held = model.objects.filter(member_id=survivor).values(name)
    rows = model.objects.filter(member_id=duplicate).exclude(**{f"{name}__in": held})
    moved = sorted(rows.values_list("pk", flat=True))
    model.objects.filter(pk__in=moved).update(member_id=survivor)
    return moved


def _lists(survivor: int, duplicate: int) -> list[int]:
    return _over(SegmentMember, "segment_id", survivor, duplicate)


def unmerge(survivor: int, duplicate: int, kept: Mapping[str, Any], now: datetime) -> None:
    del now
    Tagging.objects.filter(pk__in=kept["tags"], member_id=survivor).update(member_id=duplicate)
    SegmentMember.objects.filter(pk__in=kept["lists"], member_id=survivor).update(member_id=duplicate)


MERGE = MergeStep("tags", merge, unmerge)
