"""A guardian's word after joining: kept, renewed, taken back."""

from datetime import date, timedelta
from typing import Any

import pytest

from loyalty import programme
from loyalty.errors import NotFound
from loyalty.messaging import codes
from loyalty.models import Account, AuditRecord, Message, OneTimeCode
from members import consent
from members.entering import details, enrolment, guardians
from members.entering.guardians import Guardian
from members.models import Consent, Erasure, Member
from members.privacy import erasing, guarding, persons, wishes
from members.profile import profiles
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
CHILD, TEEN = date(2015, 6, 1), date(2010, 6, 1)
MOTHER = Guardian("周妈妈", "+8613500135000")


def child(**told: Any) -> Member:
    return enrolment.enrol(
        source="web",
        phone="13600136000",
        name="周小满",
        birthday=CHILD,
        guardian=MOTHER,
        consents={"terms": True},
        now=cast.NOW,
        **told,
    )


def grown(birthday: date | None = None) -> Member:
    return enrolment.enrol(source="api", phone="13600136000", name="周小满", birthday=birthday, now=cast.NOW)


def again(member: Member) -> Member:
    return Member.objects.select_related("account").get(pk=member.pk)


def test_the_guardians_contact_is_kept_told_and_forgotten_with_the_child() -> None:
    """PIPL 31, 14.2.7: what a withdrawal needs is kept, and no longer than the child's own."""
    member = child()
    told = {table.code: table for _dossier, kept in persons.tell([member.pk]) for table in kept}
    names = [name for name, _title in told["member"].columns]
    rows = [dict(zip(names, row, strict=True)) for row in told["member"].rows()]
    words = persons.gather(member.pk).words

    persons.forget(persons.gather(member.pk), cast.NOW)

    assert (rows[0]["guardian_name"], rows[0]["guardian_contact"]) == tuple(MOTHER)
    assert {"周妈妈", "+8613500135000", "13500135000"} - words == set()
    assert Member.objects.filter(guardian_contact=MOTHER.contact).exists() is False


def test_taking_it_back_stops_the_membership_and_asks_for_it_to_be_forgotten() -> None:
    """PIPL 15, 47: consent is withdrawn as easily as given; until erasure nothing but storage goes on."""
    member = child()

    guarding.withdraw(member.pk, contact=MOTHER.contact, now=cast.NOW)

    row = Erasure.objects.get()
    assert (again(member).guardian_agreed_at, again(member).account.status) == (None, Account.Status.FROZEN)
    assert (consent.given(member)["guardian"], row.reason) == (False, guarding.BY_GUARDIAN)
    assert row.due_on == programme.day_of(cast.NOW) + timedelta(days=wishes.days_to_think())
    assert set(Message.objects.values_list("template__kind", flat=True)) == {"erasure.guardian"}
    assert AuditRecord.objects.filter(deed="members.guardian.withdrawn").count() == 1


def test_taken_back_twice_is_taken_back_once() -> None:
    member = child()

    for _turn in range(2):
        guarding.withdraw(member.pk, contact=MOTHER.contact, now=cast.NOW)

    assert (Erasure.objects.count(), Consent.objects.filter(purpose="guardian", is_given=False).count()) == (1, 1)


def test_the_child_cannot_undo_it_and_the_guardian_can() -> None:
    member = child()
    guarding.withdraw(member.pk, contact=MOTHER.contact, now=cast.NOW)

    with pytest.raises(details.GuardianNeeded):
        wishes.take_back(account_id=member.pk, now=cast.NOW)
    with pytest.raises(guarding.AnotherGuardian):
        guarding.agree(member.pk, Guardian("哥哥", "+8613400134000"), now=cast.NOW)
    guarding.agree(member.pk, MOTHER, now=cast.NOW)

    assert (again(member).guardian_agreed_at, again(member).account.status) == (cast.NOW, Account.Status.ACTIVE)
    assert (Erasure.objects.get().state, consent.given(member)["guardian"]) == (Erasure.State.TAKEN_BACK, True)


def test_who_was_suspended_before_stays_so() -> None:
    member = child()
    Account.objects.filter(pk=member.pk).update(status=Account.Status.FROZEN)

    guarding.withdraw(member.pk, contact=MOTHER.contact, now=cast.NOW)
    guarding.agree(member.pk, MOTHER, now=cast.NOW)

    assert again(member).account.status == Account.Status.FROZEN


def test_on_its_day_the_child_is_forgotten() -> None:
    member = child()
    guarding.withdraw(member.pk, contact=MOTHER.contact, now=cast.NOW)
    later = cast.NOW + timedelta(days=wishes.days_to_think())

    done = erasing.due(later, programme.day_of(later).isoformat())

    assert (done["erased"], Member.objects.filter(pk=member.pk).exists()) == (1, False)


def test_nobody_else_takes_it_back() -> None:
    member = child()
    other = grown_with("13700137000")

    for account_id, contact in ((member.pk, "+8613400134000"), (other.pk, MOTHER.contact), (member.pk, "")):
        with pytest.raises(NotFound):
            guarding.withdraw(account_id, contact=contact, now=cast.NOW)

    assert (Erasure.objects.count(), again(member).account.status) == (0, Account.Status.ACTIVE)


def grown_with(phone: str) -> Member:
    return enrolment.enrol(source="api", phone=phone, birthday=date(1990, 1, 1), now=cast.NOW)


def test_a_changed_text_is_agreed_to_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Consent is by version."""
    member = child()
    monkeypatch.setattr(guardians, "TEXT_VERSION", "2027-01")
    before = guardians.agreed_to(member)

    guarding.agree(member.pk, MOTHER, now=cast.NOW)

    assert (before, guardians.agreed_to(member)) == ("2026-11", "2027-01")


def test_only_a_kept_contact_gets_the_code_of_the_guardians_page() -> None:
    """14.2: who asks does not learn whose guardian is known."""
    child()
    sent = [
        guarding.ask_in(contact=contact, language="en", network="n", now=cast.NOW)
        for contact in ("135 0013 5000", "134 0013 4000")
    ]

    typed = codes.code_of(sent[0])
    proven = guarding.prove(challenge_id=str(sent[0].pk), typed=typed, now=cast.NOW)

    assert ([each.kind for each in sent], proven) == (["code.guarding", ""], MOTHER.contact)
    with pytest.raises(codes.WrongCode):
        guarding.prove(challenge_id=str(sent[0].pk), typed=typed, now=cast.NOW)


def test_at_14_the_guardian_is_forgotten_and_has_no_say() -> None:
    member = child()
    eve, day = date(2029, 5, 31), date(2029, 6, 1)

    before = guarding.release(cast.NOW, eve.isoformat())
    after = guarding.release(cast.NOW, day.isoformat())

    assert (before, after, again(member).guardian_contact) == ({"released": 0}, {"released": 1}, "")


def test_a_child_by_a_correction_of_staff_waits_for_a_guardian_without_advertising() -> None:
    """PIPL 28, 31: who turns out to be under 14 needs a guardian as well."""
    member = grown()
    consent.answer(member, {"marketing": True, "profiling": True}, now=cast.NOW)

    profiles.correct_birthday(member.pk, birthday=CHILD, reason="id card", by=None, now=cast.NOW)

    assert guardians.is_missing(again(member), programme_day()) is True
    assert consent.given(member) == {"marketing": False, "profiling": False}


def programme_day() -> date:
    return programme.day_of(cast.NOW)


def test_minors_from_14_on_agree_themselves_but_are_not_profiled() -> None:
    """Rules on Minors Online 24: no advertising to minors by what a machine made of them."""
    member = grown(TEEN)

    consent.answer(member, {"marketing": True, "profiling": True}, now=cast.NOW)

    assert consent.given(member) == {"marketing": True, "profiling": False}
    assert guardians.is_missing(member, programme_day()) is False


def test_a_code_for_joining_is_no_code_for_another_guardian() -> None:
    member = child()
    sent = guarding.ask(member, MOTHER, language="en", network="n", now=cast.NOW)

    with pytest.raises(codes.WrongCode):
        guarding.prove(challenge_id=str(sent.pk), typed=codes.code_of(sent), contact="+8613400134000", now=cast.NOW)

    assert OneTimeCode.objects.filter(used_at=None).exists() is False
