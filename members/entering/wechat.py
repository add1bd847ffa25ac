"""A member's WeChat as a way in: which login it opens, tying it to one and untying it.

Who they are at WeChat is the ``unionid`` where it gives one (the same in every app of the brand), else the
``openid`` of the one app. Nothing else of the person is kept, no token either.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from loyalty.errors import Conflict, LoyaltyError
from loyalty.models import User
from members.models import Member

PROVIDER = "weixin"


class WeChatTaken(Conflict):
    """This WeChat, or this member, is tied to another one."""

    code = "wechat_taken"
    sentence = _("This WeChat opens another membership already. Please disconnect it there first.")


class OnlyWayIn(LoyaltyError):
    code = "only_way_in"
    sentence = _("WeChat is your only way in. Please add a phone number or an e-mail address first.")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who WeChat says it is. ``name`` is what they call themselves there, to start the form with."""

    uid: str
    openid: str
    name: str = ""

    def kept(self) -> dict[str, Any]:
        """As plain JSON, for a session."""
        return asdict(self)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        return cls(**kept)


def holder(identity: Identity) -> User | None:
    """Whose login it opens. One known by ``openid`` is known by ``unionid`` once WeChat tells it."""
    tied = SocialAccount.objects.select_related("user").filter(provider=PROVIDER)
    found: SocialAccount | None = tied.filter(uid=identity.uid).first()
    if found is None and identity.openid != identity.uid:
        found = tied.filter(uid=identity.openid).first()
        if found is not None:
            SocialAccount.objects.filter(pk=found.pk).update(uid=identity.uid)
    return found.user if found else None


def is_tied(user: User) -> bool:
    """Whether this login has a WeChat."""
    found: bool = SocialAccount.objects.filter(provider=PROVIDER, user=user).exists()
    return found


def tie(user: User, identity: Identity) -> None:
    """From now on it opens this login; again it changes nothing. Raises ``WeChatTaken``."""
    holding = holder(identity)
    if holding == user:
        return
    if holding is not None or is_tied(user):
        raise WeChatTaken
    try:
        with transaction.atomic():
            SocialAccount.objects.create(
                provider=PROVIDER, uid=identity.uid, user=user, extra_data={"openid": identity.openid}
            )
    except IntegrityError:  # tied somewhere at the same moment
        raise WeChatTaken from None


def untie(member: Member) -> None:
    """It opens nothing any more. Raises ``OnlyWayIn`` where neither password nor address would let them in."""
    user = member.user
    if user is None:
        return
    with transaction.atomic():
        held = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
        if not (user.has_usable_password() or held.phone or held.email):
            raise OnlyWayIn
        SocialAccount.objects.filter(provider=PROVIDER, user=user).delete()
