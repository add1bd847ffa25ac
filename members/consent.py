"""What a person agreed to: every answer is a row, the latest one counts."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from loyalty import programme
from loyalty.errors import LoyaltyError
from members.entering import ages
from members.models import Consent, Member

TEXT_VERSION = "2026-01"
"""Version of the terms and notices that are shown now; a changed text gets a new one."""
NOT_FOR_CHILDREN = frozenset({Consent.Purpose.MARKETING.value, Consent.Purpose.PROFILING.value})
"""Who is under 14 is neither advertised to nor studied, whoever ticks what."""
NOT_FOR_MINORS = frozenset({Consent.Purpose.PROFILING.value})
"""Who is under 18 is not advertised to by what a machine made of them (Rules on Minors Online, article 24)."""


class TermsNeeded(LoyaltyError):
    code = "terms_needed"
    sentence = _("Please agree to the membership terms first; everything else is up to you.")


def answer(
    member: Member,
    answers: Mapping[str, bool],
    *,
    now: datetime,
    version: str = TEXT_VERSION,
    source: str = Consent.Source.WEB,
) -> None:
    """Records an answer to each purpose named; an answer that changes nothing writes no row.

    A child's yes to ``NOT_FOR_CHILDREN``, or a minor's to ``NOT_FOR_MINORS``, is recorded as a no.
    """
    barred = barred_from(member, now)
    answers = {purpose: said and purpose not in barred for purpose, said in answers.items()}
    standing = given(member)
    Consent.objects.bulk_create(
        Consent(member=member, purpose=purpose, version=version, is_given=is_given, answered_at=now, source=source)
        for purpose, is_given in answers.items()
        if standing.get(purpose) is not is_given
    )


def barred_from(member: Member, now: datetime) -> frozenset[str]:
    """What nobody of that age may agree to."""
    today = programme.day_of(now)
    if ages.is_child(member.birthday, today):
        return NOT_FOR_CHILDREN
    return NOT_FOR_MINORS if ages.is_under(ages.ADULT_FROM, member.birthday, today) else frozenset()


def settle(member: Member, *, now: datetime) -> None:
    """Takes back what a birthday that was told since does not allow."""
    standing = given(member)
    answer(member, {each: False for each in barred_from(member, now) if standing.get(each)}, now=now)


def given(member: Member) -> dict[str, bool]:
    """Purpose → the latest answer; purposes never answered are missing (and count as no)."""
    rows = Consent.objects.filter(member=member).order_by("answered_at", "id")
    return dict(rows.values_list("purpose", "is_given"))


def latest(member: Member) -> list[Consent]:
    """The row of the latest answer to each purpose, by purpose."""
    found = {row.purpose: row for row in Consent.objects.filter(member=member).order_by("answered_at", "id")}
    return [found[purpose] for purpose in sorted(found)]


def given_by(account_ids: Collection[int]) -> dict[int, dict[str, bool]]:
    """The same for many members, by account. One query."""
    rows = Consent.objects.filter(member_id__in=account_ids).order_by("answered_at", "id")
    found: dict[int, dict[str, bool]] = {}
    for member_id, purpose, is_given in rows.values_list("member_id", "purpose", "is_given"):
        found.setdefault(member_id, {})[purpose] = is_given
    return found
