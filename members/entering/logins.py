"""A member's login: made when they join or claim a card from the till, and its password."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from loyalty.errors import LoyaltyError
from loyalty.models import User
from members.models import Member


class PasswordTooWeak(LoyaltyError):
    code = "password_too_weak"
    sentence = "%(reasons)s"


def check_password(password: str, *, contact: str = "", email: str = "", name: str = "") -> None:
    """Raises ``PasswordTooWeak`` with every reason; what is known of the person is not to be repeated in it."""
    hints = User(username=contact, email=email, display_name=name)
    try:
        validate_password(password, hints)
    except ValidationError as refusal:
        raise PasswordTooWeak(param="password", reasons=" ".join(refusal.messages)) from None


def open_login(member: Member, *, hashed: str) -> User:
    """The login of a member who has none yet, named by the member number; ``hashed`` is the password's."""
    number = member.account.number
    user = User.objects.create(username=number, password=hashed, display_name=member.name, language=member.language)
    Member.objects.filter(pk=member.pk).update(user=user)
    member.user = user
    return user


def may_use_codes(member: Member) -> bool:
    """Whether a code may stand in for the password: never for staff, nor where the login was disabled."""
    user = member.user
    return user is None or (user.is_active and not user.is_staff and not user.is_superuser)
