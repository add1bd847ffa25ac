"""Two members made one, and apart again: gaps filled, nothing lost, all of it back."""

from datetime import date, timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core import serializers
from django.db.models import Model
from django.utils import translation

from community.models import CheckinDay
from loyalty.events import customers
from loyalty.ledger import merging, verify
from loyalty.models import ChannelPreference, Merge, Message, User
from members import consent
from members.climbing import granting
from members.merging import step, suspects
from members.models import (
    Address,
    Benefit,
    BenefitClaim,
    Consent,
    Erasure,
    Member,
    Pet,
    Plan,
    PlanTerm,
    Referral,
    ReferralCode,
    StaffNote,
    Standing,
    Tag,
    Tagging,
    Tier,
)
from members.privacy import wishes
from rewards.web import tickets
from tests import cast
from tests.loyalty import till
from tests.loyalty.till import NOW
from tests.members.privacy import canaries

pytestmark = pytest.mark.django_db
ROWS: tuple[type[Model], ...] = (
    Member,
    Consent,
    Address,
    Pet,
    Tagging,
    BenefitClaim,
    PlanTerm,
    StaffNote,
    Referral,
    ReferralCode,
    Standing,
    Message,
    ChannelPreference,
    CheckinDay,
    SocialAccount,
    User,
)


@pytest.fixture(autouse=True)
def _programme() -> None:
    till.one_for_one()
    cast.ladder()


def two() -> tuple[Member, Member]:
    """The one who stays, with phone and password; the duplicate, marked all over."""
    survivor = cast.member("林小满", phone="13800138000", now=NOW - timedelta(days=200), password=cast.PASSWORD)
    duplicate = canaries.somebody()
    canaries.mark_person(duplicate)
    canaries.mark_words(duplicate)
    return survivor, duplicate


def merge(survivor: Member, duplicate: Member) -> Merge:
    return merging.merge(survivor_id=survivor.pk, duplicate_id=duplicate.pk, reason="same", by=None, now=NOW)


def unmerge(row: Merge) -> Merge:
    return merging.unmerge(merge_id=row.pk, reason="mistake", by=None, now=NOW + timedelta(minutes=1))


def snapshot() -> dict[str, Any]:
    """Every row of every table that a merge may touch."""
    return {
        model._meta.label: sorted(serializers.serialize("jsonl", model._default_manager.all()).splitlines())
        for model in ROWS
    }


def fresh(member: Member) -> Member:
    return Member.objects.select_related("tier", "user").get(pk=member.pk)


def test_taken_back_everything_is_exactly_as_it_was() -> None:
    """A merge and its way back leave every row of the people as it was."""
    survivor, duplicate = two()
    CheckinDay.objects.create(account=survivor.account, day=date(2026, 11, 10), created_at=NOW)
    for day in (10, 11):
        CheckinDay.objects.create(account=duplicate.account, day=date(2026, 11, day), created_at=NOW)
    before = snapshot()

    row = merge(survivor, duplicate)
    during = snapshot()
    unmerge(row)

    after = snapshot()
    assert during != before
    assert {label: rows for label, rows in after.items() if rows != before[label]} == {}


def test_the_survivors_words_win_and_gaps_are_filled() -> None:
    survivor, duplicate = two()

    merge(survivor, duplicate)

    kept, gone = fresh(survivor), fresh(duplicate)
    assert (kept.name, kept.phone, kept.email) == ("林小满", "+8613800138000", canaries.EMAIL)
    assert (kept.birthday, kept.guardian_name) == (date(1994, 5, 21), "金丝雀监护人")
    assert (gone.phone, gone.email) == ("+8613911112222", None)
    assert kept.avatar_id is not None
    assert gone.avatar_id is None


def test_tills_still_find_the_person_by_the_phone_that_both_had() -> None:
    survivor, duplicate = two()

    merge(survivor, duplicate)

    found = customers.resolve({"p:13911112222", "p:13800138000"}, partner_id=None)
    assert set(found.values()) == {survivor.pk}


@pytest.mark.parametrize("has_login", [True, False])
def test_the_login_is_taken_over_or_ended(*, has_login: bool) -> None:
    survivor, duplicate = two()
    if not has_login:
        Member.objects.filter(pk=survivor.pk).update(user=None)

    merge(survivor, duplicate)

    assert (fresh(survivor).user_id == duplicate.user_id) is not has_login
    assert User.objects.get(member=duplicate if has_login else survivor).is_active is not has_login
    assert SocialAccount.objects.get().user_id == fresh(survivor).user_id


def test_of_two_answers_the_later_counts_and_the_stricter_of_one_instant() -> None:
    survivor, duplicate = cast.member(), cast.member("二", phone="13800138010")
    for member, purpose, is_given, minute in (
        (survivor, "marketing", True, 0),
        (duplicate, "marketing", False, 1),
        (survivor, "profiling", True, 5),
        (duplicate, "profiling", False, 5),
    ):
        consent.answer(member, {purpose: is_given}, now=NOW + timedelta(minutes=minute))

    merge(survivor, duplicate)

    assert consent.given(survivor) == {"terms": True, "marketing": False, "profiling": False}


def test_what_hangs_on_the_duplicate_comes_along_and_clashes_step_aside() -> None:
    survivor, duplicate = two()
    tag, benefit = Tag.objects.get(), Benefit.objects.get()
    Address.objects.update(is_usual=True)
    Address.objects.create(member=survivor, recipient="我", phone="1", street="x", is_usual=True, written_at=NOW)
    Tagging.objects.create(member=survivor, tag=tag, source="staff", given_at=NOW)
    BenefitClaim.objects.create(member=survivor, benefit=benefit, period="2026", place=1, code="S1", claimed_at=NOW)

    row = merge(survivor, duplicate)

    assert (Pet.objects.get().member_id, StaffNote.objects.get().member_id) == (survivor.pk, survivor.pk)
    assert sorted(Address.objects.values_list("member", "is_usual")) == [(survivor.pk, False), (survivor.pk, True)]
    assert sorted(Tagging.objects.values_list("member", flat=True)) == [survivor.pk, duplicate.pk]
    assert sorted(BenefitClaim.objects.values_list("member", "place")) == [(survivor.pk, 1), (survivor.pk, 2)]
    unmerge(row)
    assert BenefitClaim.objects.get(code="CANARY1").place == 1


def test_a_trial_of_both_stays_with_each() -> None:
    survivor, duplicate = cast.member(), cast.member("二", phone="13800138010")
    plan = Plan.objects.create(code="plus", name_zh="会员", name_en="Plus")
    common = {"plan": plan, "starts_on": canaries.TODAY, "through_on": canaries.TODAY, "bought_at": NOW}
    for number, (member, source) in enumerate(((survivor, "trial"), (duplicate, "trial"), (duplicate, "order"))):
        PlanTerm.objects.create(member=member, source=source, key=str(number), **common)

    merge(survivor, duplicate)

    found = dict(PlanTerm.objects.values_list("key", "member"))
    assert found == {"0": survivor.pk, "1": duplicate.pk, "2": survivor.pk}


def test_the_survivor_is_judged_by_all_figures_and_a_granted_tier_comes_along() -> None:
    survivor, duplicate = cast.member(), cast.member("二", phone="13800138010", growth=700)
    cast.give(survivor.pk, 1400, currency="growth", now=NOW)
    platinum = Tier.objects.get(code="platinum").pk
    granting.grant(account_id=duplicate.pk, tier_id=platinum, through=date(2099, 1, 1), reason="大使", now=NOW)

    row = merge(survivor, duplicate)

    standing = Standing.objects.select_related("earned", "granted").get(member=survivor.pk)
    assert (standing.earned.code if standing.earned else "") == "gold"
    assert (standing.granted.code if standing.granted else "", fresh(survivor).tier_id) == ("platinum", platinum)
    unmerge(row)
    assert Standing.objects.filter(member=survivor.pk, granted__isnull=False).exists() is False


def test_the_days_of_both_make_one_streak() -> None:
    survivor, duplicate = cast.member(), cast.member("二", phone="13800138010")
    for member, days in ((survivor, (9, 11)), (duplicate, (10, 11))):
        for day in days:
            CheckinDay.objects.create(account=member.account, day=date(2026, 11, day), created_at=NOW)

    merge(survivor, duplicate)

    streak = CheckinDay.objects.filter(account=survivor.account).order_by("day").values_list("day", flat=True)
    assert [each.day for each in streak] == [9, 10, 11]
    assert CheckinDay.objects.filter(account=duplicate.account).count() == 1


def test_the_inbox_and_the_tickets_are_one() -> None:
    survivor, duplicate = two()
    count = Message.objects.filter(account=duplicate.account).count()

    merge(survivor, duplicate)

    assert Message.objects.filter(account=duplicate.account).count() == 0
    assert Message.objects.filter(account=survivor.account).count() >= count
    assert tickets.count_ready(survivor.pk) == 0
    assert [breach for breach in verify.run(now=NOW) if breach.invariant not in {"I21", "I22"}] == []


def test_what_changed_since_stays_with_the_survivor() -> None:
    survivor, duplicate = two()
    row = merge(survivor, duplicate)
    Member.objects.filter(pk=survivor.pk).update(email="new@example.com")
    pet = Pet.objects.get()
    Pet.objects.filter(pk=pet.pk).update(name="改名")

    unmerge(row)

    assert (fresh(survivor).email, fresh(duplicate).email) == ("new@example.com", None)
    assert (Pet.objects.get().name, Pet.objects.get().member_id) == ("改名", duplicate.pk)


def test_who_asked_to_be_forgotten_is_not_merged() -> None:
    survivor, duplicate = cast.member(), cast.member("二", phone="13800138010")
    wishes.ask(account_id=duplicate.pk, now=NOW)

    with pytest.raises(step.ErasureWaits):
        merge(survivor, duplicate)

    assert (Merge.objects.count(), Erasure.objects.get().state) == (0, "waiting")


def test_the_two_are_shown_side_by_side_with_contacts_masked() -> None:
    survivor, duplicate = two()

    with translation.override("en"):
        found = merging.preview(survivor_id=survivor.pk, duplicate_id=duplicate.pk, now=NOW)

    rows = {str(side.label): (side.here, side.there, side.then) for side in found.sides}
    assert rows["name"] == ("林小满", canaries.NAME, "林小满")
    assert rows["phone"] == ("138****8000", "139****2222", "138****8000")
    assert rows["e-mail"] == ("", "c***@example.com", "c***@example.com")
    assert rows["pets"] == ("0", "1", "1")


def test_pairs_that_look_like_one_person_are_found_with_what_speaks_for_it() -> None:
    first, second = cast.member("同名"), cast.member("同名", phone="13800138011")
    cast.member("同名不同日", phone="13800138012")
    Member.objects.filter(name="同名不同日").update(birthday=date(2000, 1, 1))
    web = cast.partner("webshop")
    third = canaries.somebody(name="甲", till_id="WECHAT-4711")
    fourth = cast.member("乙", phone="13800138013")
    fourth.account.references.create(partner=web, external_id="WECHAT-4711")

    found = [(each.first.pk, each.second.pk, each.by, each.evidence) for each in suspects.pairs()]

    assert found == [
        (first.pk, second.pk, "person", "1994-05-21"),
        (third.pk, fourth.pk, "reference", "WECHAT-4711"),
    ]
