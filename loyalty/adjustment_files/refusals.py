"""What can be wrong with a file of adjustments or with one of its cells."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from loyalty.errors import Conflict, LoyaltyError
from loyalty.faults import Fault


class AlreadyFiled(Conflict):
    """The same bytes came before, whatever became of them."""

    code = "already_imported"
    sentence = _("This file is there already as #%(number)s (%(state)s). Nothing was changed.")


class NothingLeft(LoyaltyError):
    """Not one row of the file can be done."""

    code = "nothing_to_adjust"
    sentence = _("Not one row of this file can be done. Please look at the reasons beside the rows.")


class RowsRefused(LoyaltyError):
    """Some rows can't be done, and nobody said to leave them out."""

    code = "bad_rows"
    sentence = _("Rows that cannot be done: %(count)s. Correct the file, or choose to leave them out.")


class UnknownMember(Fault):
    code = "member_not_found"
    sentence = _("We know no member of this number, phone or id.")


class PartnerMissing(Fault):
    """A partner's own customer id without the partner."""

    code = "partner_needed"
    sentence = _("This is a partner's own id of a customer. Please choose the partner above.")


class OwnPoints(Fault):
    code = "own_membership"
    sentence = _("This is your own membership. Please leave it to a colleague.")


class NoPoints(Fault):
    code = "zero"
    sentence = _("Zero moves nothing. Write how many points to give, or to take with a minus sign.")


class NotWhole(Fault):
    code = "whole_number"
    sentence = _("Write whole points such as 200 or -50.")


class Again(Fault):
    """No fault: both rows count."""

    code = "same_member"
    sentence = _("The same member as in row %(first)s. Both count.")


class Suspended(Fault):
    """No fault yet: it can be lifted before the file is done."""

    code = "member_frozen"
    sentence = _("This membership is suspended. The row is done only if that is over by then.")


class Short(LoyaltyError):
    """Less is there than the row takes."""

    code = "insufficient_points"
    sentence = _("%(missing)s points are missing on this account.")


class StillSuspended(LoyaltyError):
    code = "member_frozen"
    sentence = _("This membership is suspended. Once that is over, send the row again.")


class Gone(LoyaltyError):
    code = "member_not_found"
    sentence = _("This account was closed in the meantime.")


IN_LINES: Mapping[str, type[LoyaltyError]] = {each.code: each for each in (Short, StillSuspended, Gone)}


def of_line(refusal: LoyaltyError) -> str:
    """Why a line was not done, as said to staff: the ledger speaks to members."""
    said = IN_LINES.get(refusal.code)
    return said(**refusal.numbers).message if said else refusal.message
