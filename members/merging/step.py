"""The members' part of a merge: done and taken back in the ledger's own transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.bookkeeping import MergeStep, Side
from loyalty.errors import Conflict
from members.entering import phones
from members.merging import belongings, people, standing
from members.models import Address, Consent, Erasure, Member, Pet


class ErasureWaits(Conflict):
    code = "erasure_waits"
    sentence = gettext_lazy("One of the two has asked to be forgotten. Let them take that back before merging.")


def merge(survivor_id: int, duplicate_id: int, now: datetime) -> Mapping[str, Any]:
    """Makes the duplicate's person the survivor's. Raises ``ErasureWaits``; an account without a person has nothing."""
    found = Member.objects.select_related("user").in_bulk([survivor_id, duplicate_id])
    if len(found) < 2:
        return {}
    if Erasure.objects.filter(account__in=found, state=Erasure.State.WAITING).exists():
        raise ErasureWaits
    survivor, duplicate = found[survivor_id], found[duplicate_id]
    kept = {
        "fields": people.give(survivor, duplicate),
        "links": people.give_links(survivor, duplicate),
        "login": people.give_login(survivor, duplicate),
        "consents": people.give_consents(survivor_id, duplicate_id),
        "avatar": people.give_avatar(survivor_id, duplicate_id),
        "belongings": belongings.give(survivor_id, duplicate_id),
    }
    return kept | {"standing": standing.give(survivor_id, duplicate_id, now)}


def unmerge(survivor_id: int, duplicate_id: int, kept: Mapping[str, Any], now: datetime) -> None:
    """Gives back what moved and is still as it was; what happened since stays with the survivor."""
    if not kept:
        return
    standing.give_back(survivor_id, kept["standing"], now)
    belongings.give_back(survivor_id, duplicate_id, kept["belongings"])
    people.give_avatar_back(survivor_id, duplicate_id, kept["avatar"])
    Consent.objects.filter(pk__in=kept["consents"], member=survivor_id).delete()
    people.give_links_back(survivor_id, duplicate_id, kept["links"])
    people.give_login_back(survivor_id, duplicate_id, kept["login"])
    people.give_back(survivor_id, duplicate_id, kept["fields"])


def preview(survivor_id: int, duplicate_id: int) -> Sequence[Side]:
    """The two people side by side, and who it would be afterwards. Contacts are masked."""
    found = Member.objects.select_related("tier", "user").in_bulk([survivor_id, duplicate_id])
    if len(found) < 2:
        return []
    here, there = found[survivor_id], found[duplicate_id]
    rows = [
        Side(_("name"), here.name, there.name, here.name or there.name),
        _side(_("phone"), *(phones.mask(each.phone) if each.phone else "" for each in (here, there))),
        _side(_("e-mail"), *(masked_email(each.email) for each in (here, there))),
        _side(_("birthday"), *(_day(each.birthday) for each in (here, there))),
        _side(_("tier"), *(str(each.tier or "") for each in (here, there)), then=_("judged by all figures")),
        _side(_("login"), *(_("yes") if each.user_id else "" for each in (here, there)), then=_login(here, there)),
    ]
    for title, model in ((_("pets"), Pet), (_("addresses"), Address)):
        counts = [model.objects.filter(member=each).count() for each in (survivor_id, duplicate_id)]
        rows.append(Side(title, str(counts[0]), str(counts[1]), str(sum(counts))))
    return rows


def masked_email(email: str | None) -> str:
    """``lin@example.com`` → ``l***@example.com``."""
    name, _at, host = (email or "").partition("@")
    return f"{name[:1]}***@{host}" if host else ""


def _side(label: str, here: str, there: str, *, then: str | None = None) -> Side:
    return Side(label, here, there, (here or there) if then is None else then)


def _day(day: Any) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


def _login(here: Member, there: Member) -> str:
    if here.user_id and there.user_id:
        return _("the one that stays; the other is ended")
    return _("yes") if here.user_id or there.user_id else ""


STEP = MergeStep("members", merge, unmerge, preview)
