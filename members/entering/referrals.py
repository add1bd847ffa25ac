"""Who brought whom: every member has a code to pass on, and joining with it is told to both sides' rules.

What it is worth is said by rules alone: ``member.joined`` knows whether somebody was brought
(``referred``), and ``referral.joined`` happens on the account of who brought them. A code that nobody has
keeps no one from joining.
"""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, ids
from loyalty.models import Account
from loyalty.registry import BuiltinMetric, EventField, EventKind, Happening, ValueType
from members.models import Member, Referral, ReferralCode

KIND = "referral.joined"
LENGTH = 8
LONGEST = 40
_ATTEMPTS = 5


def code_of(member: Member) -> str:
    """The member's own code, made the first time it is asked for."""
    for _attempt in range(_ATTEMPTS):
        found = ReferralCode.objects.filter(pk=member.pk).values_list("code", flat=True).first()
        if found is not None:
            return found
        try:
            with transaction.atomic():
                ReferralCode.objects.create(member=member, code=ids.code(LENGTH))
        except IntegrityError:  # asked for twice at once, or somebody has this one already
            continue
    return ReferralCode.objects.get(pk=member.pk).code


def read(text: str) -> str:
    """A code as it is kept, however it was typed; empty for what can be none."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).upper()
    code = "".join(sign for sign in plain if sign.isalnum())
    return code if len(code) == LENGTH and code.isascii() else ""


def referrer(text: str) -> Member | None:
    """Whose code it is, while the membership lasts."""
    code = read(text)
    open_codes = ReferralCode.objects.exclude(member__account__status=Account.Status.CLOSED)
    found = open_codes.select_related("member").filter(code=code).first() if code else None
    return found.member if found else None


def keep(member: Member, text: str, *, now: datetime) -> Happening | None:
    """Notes who brought a new member and says what that is on their account; ``None`` without such a code.

    Call it in the transaction that makes the member.
    """
    by = referrer(text)
    if by is None or by.pk == member.pk:
        return None
    accounts.lock([by.pk])  # so that of two at once each has a number of its own
    Referral.objects.create(member=member, referrer=by, code=read(text), joined_at=now)
    number = Referral.objects.filter(referrer=by).count()
    return Happening(
        kind=KIND,
        key=f"{KIND}:{member.pk}",
        account_id=by.pk,
        occurred_at=now,
        payload={"number": number, "source": member.source},
    )


def _source(payload: Mapping[str, Any]) -> str | None:
    return payload.get("source") or None


CONTRIBUTED = (
    EventKind(
        KIND,
        _("somebody joined by their invitation"),
        dict,
        title=_("Thank you for bringing a friend"),
        icon="heart",
        fields=(
            EventField("number", _("how many they have brought"), ValueType.NUMBER, lambda payload: payload["number"]),
            EventField("source", _("joined through"), ValueType.CHOICE, _source, lambda: Member.Source.choices),
        ),
    ),
    BuiltinMetric("referrals", _("members brought"), KIND, lambda _payload: 1),
)
