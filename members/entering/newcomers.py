"""What joining brings to the house: ages, invitations, words about how one is reached, and what WeChat told."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.utils.translation import gettext_lazy as _

from loyalty.personal import Dossier, Person, Table, table_of
from members.entering import ages, contact_words, referrals


def _tell(account_ids: Collection[int]) -> Sequence[Table]:
    tied = SocialAccount.objects.filter(user__member__in=account_ids)
    return [table_of(tied, "provider", "uid", "date_joined", title=_("WeChat"), code="wechat")]


def _forget(person: Person, _now: datetime) -> Mapping[str, int]:
    return {"wechat": SocialAccount.objects.filter(user__member__in=person.account_ids).delete()[0]}


CONTRIBUTED = (
    *ages.FACTS,
    *referrals.CONTRIBUTED,
    *contact_words.KINDS,
    Dossier("wechat", _("WeChat"), _tell, _forget, tables=("socialaccount.SocialAccount",), rank=10),
)
