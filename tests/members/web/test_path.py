"""The growth path and the greeting on a new tier."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from loyalty.models import Account
from members.climbing import granting, ladders, progress, tiers
from members.models import Ladder, Member, Standing, Tier
from tests import cast, visits
from tests.conftest import Opener
from tests.members.benefits import perks
from tests.pages import accessibility_faults, overflows

pytestmark = pytest.mark.django_db
PATH = "/path/"
THREE = {"fact": "metric.orders", "op": "gte", "value": 3, "window": {"days": 365}}
PHONE = {"fact": "member.has_phone", "op": "is_true"}


def risen(growth: int = 2500, **policies: Any) -> Member:
    """Gold since this noon."""
    cast.ladder(**policies)
    member = cast.member(password=cast.PASSWORD)
    cast.give(member.pk, growth, currency="growth")
    tiers.review([member.pk], {}, cast.NOW)
    member.refresh_from_db()
    return member


def shown(member: Member, path: str = PATH, *, language: str = "en") -> str:
    answer = visits.as_member(member, language=language).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_path_says_what_is_missing_in_both_languages(noon: datetime) -> None:
    member = risen()

    assert "2,500 more growth, and you are Platinum." in shown(member)
    assert "再攒 2,500 成长值，就能升级为铂金。" in shown(member, language="zh-hans")


def test_each_thing_a_tier_asks_for_is_a_bar(noon: datetime) -> None:
    cast.ladder()
    Tier.objects.filter(code="platinum").update(requirement={"at_least": 1, "of": [THREE, PHONE]}, threshold=None)
    ladders.publish(Ladder.objects.get(is_main=True), by=None, now=cast.NOW)
    member = cast.member(growth=2500)

    [path] = progress.paths(member, now=cast.NOW)

    assert path.next is not None
    assert [(bar.have, bar.need, bar.percent, bar.is_met) for bar in path.next.bars] == [
        (0, 3, 0, False),
        (1, 1, 100, True),
    ]
    assert (path.next.needed, path.next.percent) == (1, 100)


def test_several_demands_are_joined_in_one_sentence(noon: datetime) -> None:
    cast.ladder()
    Tier.objects.filter(code="platinum").update(requirement=THREE)
    ladders.publish(Ladder.objects.get(is_main=True), by=None, now=cast.NOW)
    member = cast.member(growth=2500)

    [path] = progress.paths(member, now=cast.NOW)

    assert path.next is not None
    assert [bar.percent for bar in path.next.bars] == [50, 0]
    assert path.next.percent == 25


@pytest.mark.parametrize(
    ("days", "near"), [(0, False), (250, False), (280, True)], ids=["at once", "long before", "in December"]
)
def test_what_keeps_the_tier_is_told_and_warned_of_in_time(days: int, *, near: bool) -> None:
    member = risen(window="calendar_year", validity="calendar_year", validity_length=2)
    Standing.objects.update(valid_through=date(2026, 12, 31), term_from=date(2025, 1, 1), reached_on=date(2025, 1, 1))
    Account.objects.get(pk=member.pk).balances.update(available=0)
    now = cast.NOW + timedelta(days=days)

    [path] = progress.paths(member, now=now)

    assert path.keep is not None
    assert (path.keep.is_safe, path.keep.through) == (True, date(2026, 12, 31))
    Tier.objects.filter(code="gold").update(keep_threshold=4000)
    ladders.publish(Ladder.objects.get(is_main=True), by=None, now=cast.NOW)
    [path] = progress.paths(member, now=now)
    assert path.keep is not None
    assert (path.keep.is_safe, path.keep.is_near) == (False, near)
    assert "1,500" in path.keep.sentence


def test_a_granted_tier_says_so(noon: datetime) -> None:
    member = risen()
    platinum = Tier.objects.get(code="platinum").pk
    granting.grant(account_id=member.pk, tier_id=platinum, through=date(2026, 5, 1), reason="大使", now=cast.NOW)

    assert "Platinum is our gift to you, through May 1, 2026." in shown(member)


def test_tiers_by_invitation_are_not_given_away(noon: datetime) -> None:
    cast.ladder()
    Tier.objects.filter(code="platinum").update(is_invitation_only=True)
    ladders.publish(Ladder.objects.get(is_main=True), by=None, now=cast.NOW)
    member = cast.member(growth=2500, password=cast.PASSWORD)

    assert "Platinum" not in shown(member)


def test_without_a_ladder_the_page_is_there_too(noon: datetime) -> None:
    member = cast.member(password=cast.PASSWORD)

    assert "Nothing to climb yet" in shown(member)


def test_a_rise_is_celebrated_once(noon: datetime) -> None:
    member = risen()
    Tier.objects.filter(code="gold").update(greeting_en="Gold suits you.")

    first, second = shown(member, "/"), shown(member, "/")

    assert ("Gold suits you." in first, "Congratulations, you are Gold now!" in first) == (True, True)
    assert "Congratulations" not in second


def test_home_and_the_greeting_name_the_benefits_a_tier_really_brings(noon: datetime) -> None:
    member = risen()
    Tier.objects.update(benefits_zh="旧文案", benefits_en="Old words")
    perks.offer("everyone")
    perks.offer("wash", tier="silver")
    perks.offer("lounge", tier="gold")
    perks.offer("adviser", tier="platinum")

    page = shown(member, "/")

    greeted, _rest, onward = page.partition("Next stop: Platinum")
    assert [name in greeted for name in ("Lounge", "Wash", "Everyone", "Old words")] == [True, True, False, False]
    assert [name in onward.partition("My growth path")[0] for name in ("Adviser", "Lounge", "Old words")] == [
        True,
        False,
        False,
    ]


def test_without_benefits_the_operators_words_stay(noon: datetime) -> None:
    member = risen()
    Tier.objects.update(benefits_zh="旧文案", benefits_en="Old words")

    page = shown(member, "/")

    assert page.count("Old words") == 2


def test_benefits_cost_the_home_page_no_question_while_they_stand(noon: datetime) -> None:
    member = risen()
    client = visits.as_member(member)
    before = visits.queries(client, "/")
    perks.offer("lounge", tier="platinum")

    assert visits.queries(client, "/") <= before + 1


def test_a_fall_is_not_celebrated(noon: datetime) -> None:
    member = risen()
    shown(member, "/")
    Account.objects.get(pk=member.pk).balances.filter(currency__code="growth").update(available=0)
    tiers.review([member.pk], {}, cast.NOW)

    assert "Congratulations" not in shown(member, "/")


def test_more_tiers_cost_no_more_queries(noon: datetime) -> None:
    member = risen()
    client = visits.as_member(member)
    before = visits.queries(client, PATH)
    for rank in range(5, 9):
        Tier.objects.create(code=f"t{rank}", name_zh="高", name_en="High", rank=rank, threshold=rank * 10000)
    ladders.publish(Ladder.objects.get(is_main=True), by=None, now=cast.NOW)

    assert visits.queries(client, PATH) == before


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("language", "width", "dark"),
    [("zh-CN", 390, False), ("en-US", 390, True), ("zh-CN", 1280, True), ("en-US", 1280, False)],
)
def test_the_path_reads_well(live: str, browse: Opener, language: str, width: int, *, dark: bool) -> None:
    member = risen(window="rolling", window_length=12, window_unit="months")
    faults = []

    with browse(language=language, width=width, dark=dark) as page:
        page.goto("/sign-in/")
        page.fill("#id_login", member.account.number)
        page.fill("#id_password", cast.PASSWORD)
        page.click("main form button.btn.big")
        page.wait_for_selector(".cheer")
        for name in ("home", "path"):
            faults += [f"{name}: {fault}" for fault in accessibility_faults(page)]
            if overflows(page):
                faults.append(f"{name}: scrolls sideways")
            page.goto(PATH)

    assert faults == []
