"""Labels: given by people, rules, tills and conditions; their ends; what follows from them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import conditions, programme, rules
from loyalty.errors import LoyaltyError
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.models import Event, Rule
from members.groups import tagging, tags
from members.models import Member, Tag, Tagging, Tier
from tests import cast

pytestmark = pytest.mark.django_db
Source = Tagging.Source
GOLD = {"fact": "member.tier", "op": "eq", "value": "gold"}


def tag(code: str = "vip", **known: object) -> Tag:
    return Tag.objects.create(code=code, name_zh=code, name_en=code, **known)


def automatic(**known: object) -> Tag:
    return tag("golden", is_automatic=True, condition=GOLD, **known)


def on(member: Member) -> list[str]:
    return [each.tag.code for each in tags.on(member.pk, now=cast.NOW)]


def lose_gold(member: Member) -> None:
    Member.objects.filter(pk=member.pk).update(tier=Tier.objects.get(code="starter"))


def test_a_tag_is_given_once_and_each_giving_is_an_event() -> None:
    vip, member = tag(), cast.new_member()

    first = tags.give(tag=vip, account_ids=[member.pk, member.pk], source=Source.STAFF, now=cast.NOW)
    again = tags.give(tag=vip, account_ids=[member.pk], source=Source.STAFF, now=cast.NOW + timedelta(hours=1))

    assert (first, again, on(member)) == ([member.pk], [], ["vip"])
    assert [row.payload for row in Event.objects.filter(kind="tag.given")] == [{"tag": "vip", "source": "staff"}]


def test_a_tag_ends_and_given_again_it_lasts_longer() -> None:
    vip, member = tag(expires_days=30), cast.new_member()
    tags.give(tag=vip, account_ids=[member.pk], source=Source.STAFF, now=cast.NOW)

    tags.give(tag=vip, account_ids=[member.pk], source=Source.STAFF, now=cast.NOW, days=10)
    ends = Tagging.objects.get().expires_at
    tags.give(tag=vip, account_ids=[member.pk], source=Source.STAFF, now=cast.NOW + timedelta(days=5))
    later = Tagging.objects.get().expires_at

    assert (ends, later) == (cast.NOW + timedelta(days=30), cast.NOW + timedelta(days=35))
    assert later is not None
    assert tagging.expire_all(later - timedelta(microseconds=1), "") == {"taken": 0}
    assert [each.pk for each in tags.on(member.pk, now=later)] == []
    assert tagging.expire_all(later, "") == {"taken": 1}


def test_a_tag_that_has_ended_but_was_not_swept_is_given_anew() -> None:
    vip, member = tag(expires_days=1), cast.new_member()
    tags.give(tag=vip, account_ids=[member.pk], source=Source.STAFF, now=cast.NOW)
    later = cast.NOW + timedelta(days=2)

    new = tags.give(tag=vip, account_ids=[member.pk], source=Source.STAFF, now=later)

    assert (new, Tagging.objects.get().given_at) == ([member.pk], later)


@pytest.mark.parametrize("source", [Source.STAFF, Source.PARTNER])
def test_a_tag_that_sets_itself_is_not_set_by_hand(source: str) -> None:
    golden, member = automatic(), cast.new_member()

    with pytest.raises(tags.TagSetsItself):
        tags.give(tag=golden, account_ids=[member.pk], source=source, now=cast.NOW)
    with pytest.raises(tags.TagSetsItself):
        tags.take(tag=golden, account_ids=[member.pk], source=source)


def test_a_retired_tag_is_not_given() -> None:
    gone, member = tag(archived_at=cast.NOW), cast.new_member()

    with pytest.raises(tags.TagRetired):
        tags.give(tag=gone, account_ids=[member.pk], source=Source.STAFF, now=cast.NOW)
    with pytest.raises(tags.TagUnknown):
        tags.by_code("vip")


def test_an_automatic_tag_follows_its_condition() -> None:
    golden, gold, new = automatic(), cast.gold_member(), cast.new_member()

    given = tags.settle(golden, now=cast.NOW)
    lose_gold(gold)
    Member.objects.filter(pk=new.pk).update(tier=Tier.objects.get(code="gold"))
    moved = tags.settle(golden, now=cast.NOW + timedelta(days=1))

    golden.refresh_from_db()
    assert (given, moved, golden.settled_at) == ((1, 0), (1, 1), cast.NOW + timedelta(days=1))
    assert (on(gold), on(new)) == ([], ["golden"])


def test_an_automatic_tag_with_an_end_stays_that_long_after_the_last_night() -> None:
    golden, gold = automatic(expires_days=7), cast.gold_member()
    tags.settle(golden, now=cast.NOW)
    tags.settle(golden, now=cast.NOW + timedelta(days=1))

    lose_gold(gold)
    tags.settle(golden, now=cast.NOW + timedelta(days=2))

    row = Tagging.objects.get()
    assert (row.given_at, row.expires_at) == (cast.NOW, cast.NOW + timedelta(days=8))


def test_what_a_rule_gave_stays_when_the_condition_does_not_hold() -> None:
    golden, member = automatic(), cast.new_member()
    tags.put(tag=golden, account_ids=[member.pk], source=Source.RULE, now=cast.NOW)

    tags.settle(golden, now=cast.NOW)

    assert on(member) == ["golden"]


def test_settling_takes_as_many_statements_for_three_as_for_one() -> None:
    cast.ladder()
    golden = automatic()
    counts = []
    for place in range(3):
        cast.member(f"金{place}", phone=f"1390013900{place}", growth=2000)
        with CaptureQueriesContext(connection) as seen:
            tags.settle(golden, now=cast.NOW)
        counts.append(len(seen))

    assert (len(set(counts)), Tagging.objects.count()) == (1, 3)


def test_the_nightly_walk_settles_each_tag_and_tells_the_rules_once() -> None:
    golden, gold = automatic(), cast.gold_member()
    tag("members", is_automatic=True, condition={})
    strides, cursor = 0, ""
    while True:
        stride = tagging.settle_all(cast.NOW, "2026-03-18", cursor)
        repeated = tagging.settle_all(cast.NOW, "2026-03-18", cursor)
        assert repeated.cursor == stride.cursor
        strides, cursor = strides + 1, stride.cursor
        if not cursor:
            break

    told = Event.objects.filter(kind="tag.given", account=gold.pk).order_by("payload__tag")
    assert [row.payload["tag"] for row in told] == ["golden", "members"]
    assert (strides, Tagging.objects.filter(tag=golden).count()) == (5, 1)


def test_rules_give_and_take_tags_and_act_on_them() -> None:
    """A purchase tags the buyer, and the tag brings points."""
    cast.ladder()
    member = cast.new_member()
    vip, lost = tag(expires_days=400), tag("lost")
    tags.put(tag=lost, account_ids=[member.pk], source=Source.STAFF, now=cast.NOW)
    give = [{"effect": "tag.give", "tag": "vip", "days": 30}, {"effect": "tag.take", "tag": "lost"}]
    rule = Rule.objects.create(code="tagging", name_zh="打标", kind="order.paid", effects=give)
    rules.publish(rule, by=None, now=cast.NOW - timedelta(days=1))
    cast.rule("welcome-vip", "tag.given", points=50, condition={"fact": "event.tag", "op": "eq", "value": "vip"})

    for order in ("T-1", "T-2"):
        told = {"order_id": order, "currency": "CNY", "amount_minor": 100, "customer": f"m:{member.account.number}"}
        outcome = intake.post([Incoming("order.paid", told, cast.NOW)], partner=cast.partner(), now=cast.NOW)[0]
        assert outcome.error is None

    row = Tagging.objects.get()
    assert (row.tag, row.source, row.expires_at) == (vip, Source.RULE, cast.NOW + timedelta(days=30))
    assert cast.available(member.pk) == 50
    cause = Event.objects.get(kind="tag.given").cause
    assert cause is not None
    assert cause.payload["order_id"] == "T-1"


def test_a_rule_that_tags_whoever_was_tagged_is_refused() -> None:
    tag()
    rule = Rule.objects.create(
        code="loop", name_zh="循环", kind="tag.given", effects=[{"effect": "tag.give", "tag": "vip"}]
    )

    with pytest.raises(LoyaltyError) as refused:
        rules.publish(rule, by=None, now=cast.NOW)

    assert refused.value.code == "rule_feeds_itself"


def test_tags_are_asked_for_by_conditions() -> None:
    vip, dog, member = tag(), tag("dog"), cast.new_member()
    tags.give(tag=vip, account_ids=[member.pk], source=Source.STAFF, now=cast.NOW)
    tags.give(tag=dog, account_ids=[member.pk], source=Source.STAFF, now=cast.NOW)

    def holds(op: str, *codes: str) -> bool:
        tree = {"fact": "member.tags", "op": op, **({"value": list(codes)} if codes else {})}
        return conditions.accounts(tree, as_of=programme.day_of(cast.NOW)).filter(pk=member.pk).exists()

    assert [holds("has_all", "vip", "dog"), holds("has_all", "vip", "cat"), holds("has_none", "cat")] == [
        True,
        False,
        True,
    ]
    assert [holds("has_any", "cat", "dog"), holds("empty"), holds("not_empty")] == [True, False, True]
    assert conditions.load_facts([member.pk], ["member.tags", "member.tag_count"])[member.pk] == {
        "member.tags": ("dog", "vip"),
        "member.tag_count": 2,
    }
