"""Groups of members by condition or list: who is in, how rules use them, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import conditions, rules
from loyalty import programme as programmes
from loyalty.conditions.faults import CrowdCircle, CrowdsTooDeep, CrowdsTooLarge
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.ledger import merging
from loyalty.models import Account, Decision, Lifetime, Lot, Metric, Rule, Tally
from members.groups import segments, tags
from members.models import Member, Segment, SegmentMember, Tag
from tests import cast

pytestmark = pytest.mark.django_db
TODAY = programmes.day_of
GOLD = {"fact": "member.tier", "op": "eq", "value": "gold"}


def named(*codes: str, op: str = "has_any") -> dict[str, Any]:
    return {"fact": segments.FACT, "op": op, "value": list(codes)}


def segment(code: str, condition: dict[str, Any] | None = None) -> Segment:
    kind = Segment.Kind.STATIC if condition is None else Segment.Kind.DYNAMIC
    return Segment.objects.create(code=code, name_zh=code, name_en=code, kind=kind, condition=condition or {})


def people(count: int) -> list[Member]:
    return [cast.member(f"会员{place}", phone=f"1380013900{place}") for place in range(count)]


def buy(*members: Member, first: int = 1) -> list[Any]:
    batch = [
        Incoming(
            "order.paid",
            {
                "order_id": f"S-{first + place}",
                "currency": "CNY",
                "amount_minor": 5000,
                "customer": f"m:{member.account.number}",
            },
            cast.NOW,
        )
        for place, member in enumerate(members)
    ]
    return intake.post(batch, partner=cast.partner(), now=cast.NOW)


def double_points(condition: dict[str, Any]) -> None:
    effects = [{"effect": "points.fixed", "currency": "points", "points": 100}]
    rule = Rule.objects.create(
        code="lovers", name_zh="爱猫人双倍", kind="order.paid", condition=condition, effects=effects
    )
    rules.publish(rule, by=None, now=cast.NOW - timedelta(days=1))


def test_a_condition_or_a_list_says_who_is_in() -> None:
    gold, new = cast.gold_member(), cast.new_member()
    golden, listed = segment("golden", GOLD), segment("listed")

    segments.add(listed, [new.pk, gold.pk, new.pk], now=cast.NOW)
    segments.take(listed, [gold.pk], now=cast.NOW)

    day = TODAY(cast.NOW)
    assert [row.pk for row in segments.people(golden, as_of=day)] == [gold.pk]
    assert [row.pk for row in segments.people(listed, as_of=day)] == [new.pk]
    assert (segments.recount(golden, now=cast.NOW), Segment.objects.get(code="listed").count) == (1, 1)


def test_who_has_left_is_in_no_segment() -> None:
    gold = cast.gold_member()
    golden, listed = segment("golden", GOLD), segment("listed")
    segments.add(listed, [gold.pk], now=cast.NOW)

    Account.objects.filter(pk=gold.pk).update(status=Account.Status.CLOSED)

    assert [segments.recount(each, now=cast.NOW) for each in (golden, listed)] == [0, 0]


def test_freezing_keeps_who_is_in_now_in_a_constant_number_of_statements() -> None:
    members = people(3)
    everyone = segment("everyone", {"fact": "account.status", "op": "eq", "value": "active"})
    counts = []
    for size, code in ((1, "one"), (3, "three")):
        Account.objects.filter(pk__in=[each.pk for each in members[size:]]).update(status="frozen")
        with CaptureQueriesContext(connection) as seen:
            kept = segments.freeze(everyone, code=code, name_zh=code, name_en=code, now=cast.NOW)
        counts.append(len(seen))
        Account.objects.update(status="active")
        assert kept.count == size

    Member.objects.filter(pk=members[0].pk).update(name="改名")

    assert counts[0] == counts[1]
    assert SegmentMember.objects.filter(segment__code="three").count() == 3
    with pytest.raises(segments.CodeTaken):
        segments.freeze(everyone, code="three", name_zh="三", name_en="three", now=cast.NOW)


def test_the_overlap_of_two_tells_each_part() -> None:
    gold, new, other = cast.gold_member(), cast.new_member(), cast.member("第三", phone="13700137000")
    golden, listed = segment("golden", GOLD), segment("listed")
    segments.add(listed, [gold.pk, new.pk, other.pk], now=cast.NOW)

    found = segments.overlap(golden, listed, now=cast.NOW)

    assert (found.first, found.second, found.both) == (1, 3, 1)
    assert (found.only_first, found.only_second, found.either) == (0, 2, 3)


def test_a_list_is_read_from_numbers_and_phones() -> None:
    gold, new = cast.gold_member(), cast.new_member()
    spaced = " ".join(gold.account.number[at : at + 4] for at in range(0, 12, 4))

    found = segments.find(segments.read_list(f"{spaced}\n{str(new.phone)[3:]}，nobody\n\n{spaced}"))

    assert (found.account_ids, found.unknown) == (sorted([gold.pk, new.pk]), ["nobody"])


def test_a_list_that_is_too_long_is_refused() -> None:
    with pytest.raises(segments.ListTooLong):
        segments.find([str(place) for place in range(segments.LONGEST_LIST + 1)])


def test_only_a_fixed_list_is_written_to() -> None:
    golden, gold = segment("golden", GOLD), cast.gold_member()

    with pytest.raises(segments.ListNeeded):
        segments.add(golden, [gold.pk], now=cast.NOW)
    with pytest.raises(segments.ListNeeded):
        segments.take(golden, [gold.pk], now=cast.NOW)


def test_a_segment_that_leads_back_to_itself_is_refused() -> None:
    cast.ladder()
    segment("inner", named("outer"))
    segment("outer", GOLD)

    with pytest.raises(CrowdCircle) as itself:
        segments.validate({"all": [GOLD, named("outer")]}, code="outer")
    with pytest.raises(CrowdCircle) as around:
        segments.validate({"all": [GOLD, named("inner")]}, code="outer")

    assert (itself.value.param, around.value.param) == ("all.1.value", "all.1.value")


def test_segments_upon_segments_are_bounded() -> None:
    cast.ladder()
    segment("s0", GOLD)
    for place in range(1, 4):
        segment(f"s{place}", named(f"s{place - 1}"))
    segment("wide", {"any": [GOLD] * 59})

    conditions.validate(named("s2"), kind="order.paid")
    with pytest.raises(CrowdsTooDeep):
        conditions.validate(named("s3"), kind="order.paid")
    with pytest.raises(CrowdsTooLarge) as large:
        conditions.validate({"all": [GOLD, named("wide")]}, kind=None)

    assert large.value.numbers == {"count": 61, "limit": 60}


def test_a_circle_two_people_made_at_once_holds_nobody_and_ends() -> None:
    gold = cast.gold_member()
    segment("a", named("b"))
    segment("b", named("a"))
    double_points(named("a"))

    outcome = buy(gold)[0]

    assert (outcome.error, list(conditions.accounts(named("a"), as_of=TODAY(cast.NOW)))) == (None, [])
    assert cast.available(gold.pk) == 3280


def test_a_rule_gives_to_a_segment_and_keeps_in_the_receipt_who_was_in() -> None:
    """The rule judges by the segment as it is at the event."""
    gold, new = cast.gold_member(), cast.new_member()
    lovers = segment("lovers", {"all": [named("golden")]})
    segment("golden", GOLD)
    double_points(named("lovers"))

    buy(gold, new)
    Segment.objects.filter(pk=lovers.pk).update(condition={"none": [GOLD]})
    buy(gold, new, first=3)

    facts = [
        row.receipt["facts"][segments.FACT]
        for row in Decision.objects.filter(event__kind="order.paid").order_by("event__key")
    ]
    assert facts == [["lovers"], [], [], ["lovers"]]
    assert [cast.available(each.pk) - given for each, given in ((gold, 3280), (new, 0))] == [100, 100]


def test_a_refund_judges_by_who_was_in_the_segment_at_the_purchase() -> None:
    gold = cast.gold_member()
    lovers = segment("lovers", GOLD)
    double_points({"all": [named("lovers"), {"fact": "event.amount", "op": "gte", "value": 1000}]})
    buy(gold)

    Segment.objects.filter(pk=lovers.pk).update(condition={"none": [GOLD]})
    told = {"order_id": "S-1", "refund_id": "R-1", "amount_minor": 1000, "currency": "CNY"}
    outcome = intake.post([Incoming("order.refunded", told, cast.NOW)], partner=cast.partner(), now=cast.NOW)[0]

    assert (outcome.error, cast.available(gold.pk)) == (None, 3280 + 100)


def test_a_batch_asks_as_often_for_one_member_as_for_five() -> None:
    members = list(Member.objects.filter(pk__in=[each.pk for each in people(6)]).select_related("account"))
    segment("golden", {"all": [GOLD, {"fact": "member.tags", "op": "has_any", "value": ["vip"]}]})
    segment("lovers", {"any": [named("golden"), {"fact": "order.count", "op": "gte", "value": 3}]})
    double_points(named("lovers"))
    buy(members[5], first=90)
    counts = []
    for size, first in ((1, 1), (5, 10)):
        with CaptureQueriesContext(connection) as seen:
            buy(*members[:size], first=first)
        counts.append(len(seen))

    assert counts[0] == counts[1]


def test_points_of_a_segment_can_live_longer() -> None:
    gold, new = cast.gold_member(), cast.new_member()
    segment("golden", GOLD)
    points = Account.objects.get(pk=gold.pk).balances.get(currency__code="points").currency
    Lifetime.objects.create(
        currency=points, rank=1, name_zh="金卡长期", condition=named("golden"), mode="days", length=900
    )
    double_points({})

    buy(gold, new)

    ends = dict(Lot.objects.filter(amount=100).values_list("account", "expires_at"))
    assert [(end - cast.NOW).days for each in (gold, new) if (end := ends[each.pk])] == [900, 365]


def test_what_leans_on_a_segment_keeps_it() -> None:
    inner = segment("inner", GOLD)
    outer = segment("outer", named("inner"))
    double_points(named("outer"))

    with pytest.raises(segments.SegmentInUse) as used:
        segments.retire(inner, now=cast.NOW)
    with pytest.raises(segments.SegmentInUse) as ruled:
        segments.retire(outer, now=cast.NOW)
    Rule.objects.get().versions.update(effective_until=cast.NOW)
    segments.retire(outer, now=cast.NOW)

    assert (used.value.numbers, ruled.value.numbers) == ({"names": "outer"}, {"names": "爱猫人双倍"})
    assert Segment.objects.get(code="outer").archived_at == cast.NOW


def test_the_segments_of_a_member_are_found_in_two_queries(django_assert_num_queries: Any) -> None:
    gold = cast.gold_member()
    for place in range(3):
        segment(f"golden-{place}", GOLD)
    segment("listed")

    with django_assert_num_queries(3):  # the programme's day, the segments, all of them asked at once
        found = segments.held_by(gold.pk, now=cast.NOW)

    assert [each.code for each in found] == ["golden-0", "golden-1", "golden-2"]


def test_all_are_counted_at_night() -> None:
    cast.gold_member()
    segment("golden", GOLD)
    segment("listed")

    counts = segments.recount_all(cast.NOW, "2026-03-18")

    rows = Segment.objects.order_by("code").values_list("count", "counted_at")
    assert (counts, list(rows)) == ({"segments": 2}, [(1, cast.NOW), (0, cast.NOW)])


def test_tags_and_lists_follow_a_merge_and_come_back() -> None:
    kept, gone = people(2)
    vip, dog = (Tag.objects.create(code=code, name_zh=code, name_en=code) for code in ("vip", "dog"))
    listed = segment("listed")
    tags.give(tag=vip, account_ids=[kept.pk, gone.pk], source="staff", now=cast.NOW)
    tags.give(tag=dog, account_ids=[gone.pk], source="staff", now=cast.NOW)
    segments.add(listed, [gone.pk], now=cast.NOW)

    row = merging.merge(survivor_id=kept.pk, duplicate_id=gone.pk, reason="同一人", by=None, now=cast.NOW)
    after = (
        [each.tag.code for each in tags.on(kept.pk, now=cast.NOW)],
        list(listed.listed.values_list("member", flat=True)),
    )
    merging.unmerge(merge_id=row.pk, reason="看错了", by=None, now=cast.NOW)

    assert after == (["dog", "vip"], [kept.pk])
    assert [each.tag.code for each in tags.on(gone.pk, now=cast.NOW)] == ["dog", "vip"]
    assert list(listed.listed.values_list("member", flat=True)) == [gone.pk]


def test_metrics_and_sets_of_a_segment_are_loaded_with_the_batch() -> None:
    """A tier or a rule may ask for a segment that counts days and sets nobody else asks for."""
    gold = cast.gold_member()
    metric = Metric.objects.get(code="orders")
    Tally.objects.create(account_id=gold.pk, metric=metric, day=TODAY(cast.NOW) - timedelta(days=40), value=4)
    counted = {"fact": "metric.orders", "op": "gte", "value": 4, "window": {"days": 90}}
    segment("often", {"all": [counted, {"fact": "order.stores", "op": "empty"}]})
    double_points(named("often"))

    buy(gold)

    assert cast.available(gold.pk) == 3280 + 100
