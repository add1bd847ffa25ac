"""Why a second factor was not taken, set up or taken away."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import Conflict, LoyaltyError


class WrongCode(LoyaltyError):
    code = "wrong_second_factor"
    sentence = _("This code does not fit. Please look at the app again; a code lives for 30 seconds.")


class CodeUsed(WrongCode):
    """Said only to somebody who knew the right code."""

    code = "second_factor_used"
    sentence = _("This code was used already. Please wait for the next one, at most 30 seconds.")


class WrongRecoveryCode(WrongCode):
    code = "wrong_recovery_code"
    sentence = _("This recovery code does not fit, or was used before. Please try another one of yours.")


class Unreadable(LoyaltyError):
    """Sealed with a key this place no longer has."""

    code = "second_factor_unreadable"
    sentence = _(
        "What we keep of your app can't be read any more. Use a recovery code, or ask a superuser to reset it."
    )
    status = 409


class NotSetUp(Conflict):
    code = "no_second_factor"
    sentence = _("There is no second factor on this login.")


class AlreadySetUp(Conflict):
    code = "second_factor_exists"
    sentence = _("There is a second factor on this login already. Switch it off first to move to another app.")


class NotYours(LoyaltyError):
    code = "not_a_superuser"
    sentence = _("Only a superuser can reset the second factor, and only somebody else's.")
    status = 403
    kind = "permission"
