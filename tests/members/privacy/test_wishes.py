"""The wish to be forgotten: asked, waited for, taken back."""

from datetime import timedelta

import pytest

from loyalty import accounts, approvals
from loyalty.models import Account, AuditRecord, Message, User
from members.models import Erasure, Member, MemberSettings
from members.privacy import erasing, wishes
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db
TODAY = (NOW + timedelta(hours=8)).date()


def night(days: int) -> dict[str, int]:
    day = TODAY + timedelta(days=days)
    return dict(erasing.due(NOW + timedelta(days=days), day.isoformat()))


def test_a_wish_waits_as_many_days_as_the_brand_says_and_no_less() -> None:
    member = cast.member(points=80)
    MemberSettings.objects.update_or_create(pk=1, defaults={"erasure_days": 3})

    row = wishes.ask(account_id=member.pk, now=NOW)
    seen = [(night(days)["erased"], Member.objects.count()) for days in (0, 2, 3)]

    assert row.due_on == TODAY + timedelta(days=3)
    assert seen == [(0, 1), (0, 1), (1, 0)]


def test_asking_twice_is_one_wish() -> None:
    member = cast.member()

    first, second = (wishes.ask(account_id=member.pk, now=NOW + timedelta(days=each)) for each in (0, 2))

    assert (first.pk, Erasure.objects.count()) == (second.pk, 1)


def test_taken_back_nothing_happens_and_one_may_ask_again() -> None:
    member = cast.member(points=80)
    wishes.ask(account_id=member.pk, now=NOW)

    wishes.take_back(account_id=member.pk, now=NOW + timedelta(days=1))

    assert (night(7)["erased"], cast.available(member.pk)) == (0, 80)
    with pytest.raises(wishes.NothingToTakeBack):
        wishes.take_back(account_id=member.pk, now=NOW)
    assert wishes.ask(account_id=member.pk, now=NOW + timedelta(days=8)).state == "waiting"


def test_the_price_is_told_before() -> None:
    member = cast.member(points=80, growth=500)

    price = wishes.price(member.pk, now=NOW)

    assert [(loss.points, loss.is_spendable) for loss in price.losses] == [(80, True), (500, False)]
    assert (price.points, price.holds, price.purse) == (80, 0, "")


def test_the_member_is_told_at_once_and_the_day_before() -> None:
    member = cast.member(points=80)
    wishes.ask(account_id=member.pk, now=NOW)
    asked = Message.objects.filter(key__startswith="erasure:").count()

    for days in (5, 6, 6):
        night(days)

    told = set(Message.objects.filter(key__contains=":due:").values_list("account", flat=True))
    assert (asked > 0, told) == (True, {member.pk})
    assert Message.objects.filter(key__contains=":due:", channel="in_app").count() == 1


def test_staff_give_a_reason_and_leave_their_own_membership_to_a_colleague() -> None:
    operator, member = cast.operator(), cast.member()
    own = cast.member("店员", phone="13800138009", password=cast.PASSWORD)
    User.objects.filter(member=own).update(is_staff=True)

    with pytest.raises(approvals.ReasonNeeded):
        wishes.ask(account_id=member.pk, by=operator, reason=" ", now=NOW)
    for by in (User.objects.get(member=own), None):
        with pytest.raises(approvals.OwnMembership):
            wishes.ask(account_id=own.pk, by=by, reason="x", now=NOW)

    row = wishes.ask(account_id=member.pk, by=operator, reason="asked in the shop", now=NOW)
    record = AuditRecord.objects.get(deed="members.erasure.asked")
    assert (row.asked_by, record.actor, record.reason) == (operator, operator, "asked in the shop")


def test_who_has_left_cannot_ask_again() -> None:
    member = cast.member()
    Account.objects.filter(pk=member.pk).update(status=Account.Status.CLOSED)

    with pytest.raises(accounts.AccountNotFound):
        wishes.ask(account_id=member.pk, now=NOW)


def test_one_who_cannot_be_erased_tonight_waits_and_the_others_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = cast.member(), cast.member("二", phone="13800138010")
    for each in (first, second):
        wishes.ask(account_id=each.pk, now=NOW)
    carry_out = erasing.carry_out

    def stubborn(account_id: int, **more: object) -> Erasure:
        if account_id == first.pk:
            raise accounts.SpendingStopped
        return carry_out(account_id, **more)  # type: ignore[arg-type]  # as called

    monkeypatch.setattr(erasing, "carry_out", stubborn)

    assert night(7) == {"erased": 1, "put_off": 1, "emptied": 0}
    assert list(Member.objects.values_list("pk", flat=True)) == [first.pk]
