"""Which member a partner means in an address: ``m:`` number, ``x:`` its own id, ``p:`` phone, or bare."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import LoyaltyError, NotFound
from loyalty.events import customers
from loyalty.models import Account, Partner
from members.models import Member


class MemberUnknown(NotFound):
    code = "member_not_found"
    sentence = _("No member of this programme goes by that reference. Please check it, or enrol the member.")


class MemberErased(LoyaltyError):
    code = "member_erased"
    sentence = _("This member has left and was erased.")
    status = 410
    kind = "not_found"


def member(reference: str, partner: Partner, *, param: str = "ref") -> Member:
    """The member, with account and tier; another partner's own ids are not looked at."""
    word = reference.replace("\x00", "")
    account_id = customers.resolve({word}, partner_id=partner.pk).get(word)
    if account_id is None:
        raise MemberUnknown(param=param)
    found = Member.objects.select_related("account", "tier").filter(account_id=account_id).first()
    if found is not None:
        return found
    if Account.objects.filter(pk=account_id, status=Account.Status.CLOSED).exists():
        raise MemberErased(param=param)
    raise MemberUnknown(param=param)
