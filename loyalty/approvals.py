"""Four eyes on value: who asks, who decides, and how much a role may do alone.

A deed is done at once where it is within the asker's own limits (the highest of their roles, for one
deed and for the business day); else it waits for another person. A deed is done exactly once, in the
transaction of its decision, and its entry is tied to it. Nobody decides what they asked for, or
anything that touches their own membership; whatever is not allowed here is refused. Superusers may
ask and decide everything, but over the highest limit of any role they need a second person too.

A file of adjustments is one wish: agreed to as a whole, then carried out line by line by a worker
(``adjustment_files.carrying``). Giving expired points back is an adjustment whose terms name the expiry.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, audit, retrying, thresholds
from loyalty.adjustment_files import carrying
from loyalty.errors import Conflict, InvalidInput, LoyaltyError, NotFound
from loyalty.events import following
from loyalty.ledger import adjusting, reinstating
from loyalty.messaging import kinds, sending
from loyalty.models import Account, AdjustmentLine, Approval, Entry, Partner, Threshold, User
from loyalty.registry import Belonging, registry

State: TypeAlias = Approval.State
Deed: TypeAlias = Threshold.Deed
MOST = 10**9
DONE_BY_HAND: dict[str, Callable[..., Entry]] = {Deed.ADJUST: adjusting.adjust, Deed.FORGIVE: adjusting.forgive}


class MayNot(LoyaltyError):
    """The asker's roles do not reach this deed."""

    code = "not_your_role"
    sentence = _("Your role does not include this. Please ask a colleague whose role does.")
    status = 403
    kind = "permission"


class OwnMembership(MayNot):
    code = "own_membership"
    sentence = _("This is your own membership. Please leave it to a colleague.")


class OwnWish(MayNot):
    code = "own_approval"
    sentence = _("You asked for this yourself. Somebody else has to decide it.")


class NotTheAsker(MayNot):
    code = "not_the_asker"
    sentence = _("Only the person who asked can withdraw this.")


class AlreadyDecided(Conflict):
    code = "already_decided"
    sentence = _("Somebody was quicker: this is already %(state)s.")


class ApprovalNotFound(NotFound):
    code = "adjustment_not_found"
    sentence = _("There is no adjustment of yours with this id.")


class ReasonNeeded(InvalidInput):
    code = "reason_needed"
    sentence = _("Please give a reason, so that everybody can understand it later.")


class AmountNeeded(InvalidInput):
    code = "amount_out_of_range"
    sentence = _("Please give a whole number of points, at most %(most)s and not 0.")


class UnitUnknown(InvalidInput):
    code = "unknown_unit"
    sentence = _("This programme has no unit “%(unit)s”.")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. ``token`` makes a repeat of the same form harmless."""

    deed: str
    account_id: int | None
    amount: int
    reason: str
    currency: str
    token: str
    back: reinstating.Return | None = None
    filed: carrying.Filed | None = None

    @property
    def shares(self) -> Mapping[int, int]:
        """How many points each account has of it."""
        if self.filed is not None:
            return self.filed.sheet.shares
        return {self.account_id: abs(self.amount)} if self.account_id is not None else {}

    @property
    def terms(self) -> dict[str, Any]:
        """What is agreed to beside the amount."""
        terms: dict[str, Any] = {"currency": self.currency, "token": self.token}
        if self.back is not None:
            terms |= {"reinstates": str(self.back.entry_id), "days": self.back.days}
        return terms | (self.filed.terms if self.filed is not None else {})


def ask(
    *,
    deed: str,
    account_id: int,
    amount: int,
    reason: str,
    now: datetime,
    currency: str = "points",
    by: User | None = None,
    partner: Partner | None = None,
    token: str = "",
    back: reinstating.Return | None = None,
    origin: audit.Origin = audit.NOWHERE,
) -> Approval:
    """Asks for a deed: done at once within the asker's limits, else waiting for another person.

    ``amount`` is signed for adjusting, positive for forgiving. Partners always wait. Several small
    asks of one person for one account within 24 hours that are over the limit together wait and
    are marked. The same ``token`` of the same asker gives the first answer again. ``back`` makes an
    adjustment give that many expired points back.
    """
    wish = Wish(deed, account_id, amount, reason.strip(), currency, token, back=back)
    return retrying.atomically(lambda: _ask(wish, by, partner, now, origin))


def ask_file(
    *,
    filed: carrying.Filed,
    reason: str,
    by: User,
    now: datetime,
    token: str = "",
    origin: audit.Origin = audit.NOWHERE,
) -> Approval:
    """Asks for a whole file, whose size is all it gives and takes; begun at once within the asker's limits.

    Several files of one person within 24 hours that are over the limit together wait and are marked.
    Raises ``AlreadyFiled`` for a file that came before.
    """
    sheet = filed.sheet
    wish = Wish(Deed.BULK, None, sheet.total, reason.strip(), sheet.unit.code, token, filed=filed)
    return retrying.atomically(lambda: _ask(wish, by, None, now, origin))


def approve(
    *, approval_id: int, by: User, now: datetime, answer: str = "", origin: audit.Origin = audit.NOWHERE
) -> Approval:
    """Does the deed, once. A second click of the same person gives the same answer; another's is refused.

    Raises what the deed raises; it waits on then.
    """
    return retrying.atomically(lambda: _decide(approval_id, by, State.APPROVED, answer, now, origin))


def reject(*, approval_id: int, by: User, now: datetime, answer: str, origin: audit.Origin = audit.NOWHERE) -> Approval:
    """Says no, with a reason; nothing is done."""
    if not answer.strip():
        raise ReasonNeeded(param="answer")
    return retrying.atomically(lambda: _decide(approval_id, by, State.REJECTED, answer, now, origin))


def withdraw(*, approval_id: int, by: User, now: datetime, origin: audit.Origin = audit.NOWHERE) -> Approval:
    """Takes one's own wish back while it waits."""
    return retrying.atomically(lambda: _decide(approval_id, by, State.WITHDRAWN, "", now, origin))


def may_ask(user: User) -> bool:
    """Whether the user's role may ask at all."""
    return user.is_active and user.is_staff and user.has_perm("loyalty.add_approval")


def hindrance(approval: Approval, user: User, state: str) -> type[MayNot] | None:
    """Why this person may not bring the approval into ``state``; ``None`` if they may."""
    is_maker = approval.asked_by is not None and same_person(approval.asked_by, user)
    if state == State.WITHDRAWN:
        return None if may_ask(user) and approval.asked_by_id == user.pk else NotTheAsker
    if not (user.has_perm("loyalty.change_approval") and thresholds.limits(user, approval.deed).may_approve):
        return MayNot
    if is_maker:
        return OwnWish
    return OwnMembership if _touches(approval, own_accounts(user)) else None


def own_accounts(user: User) -> set[int]:
    """Accounts of the memberships that are this login's own."""
    return {account for each in registry.all(Belonging) for account in each.accounts_of(user)}


def refuse_own(by: User | None, *account_ids: int | None) -> None:
    """Nobody gives themselves anything, in whatever unit. Raises ``OwnMembership``."""
    if by is not None and own_accounts(by) & set(account_ids):
        raise OwnMembership


def same_person(first: User, second: User) -> bool:
    """One login, or two that share an address: a second login is no second person."""
    mail = first.email.strip().casefold()
    return first.pk == second.pk or (mail != "" and mail == second.email.strip().casefold())


def _touches(approval: Approval, own: Collection[int]) -> bool:
    if approval.deed == Deed.BULK and own:
        return AdjustmentLine.objects.filter(file__approval=approval, account_id__in=own).exists()
    return approval.account_id in own


def _check(wish: Wish, now: datetime) -> None:
    if wish.filed is None and wish.deed not in DONE_BY_HAND:
        raise MayNot
    if not wish.reason:
        raise ReasonNeeded(param="reason")
    if not 0 < abs(wish.amount) <= MOST or (wish.amount < 0 and wish.deed == Deed.FORGIVE):
        raise AmountNeeded(param="amount", most=MOST)
    if wish.currency not in accounts.currencies():
        raise UnitUnknown(param="currency", unit=wish.currency)
    if wish.account_id is None:
        return
    if not Account.objects.filter(pk=wish.account_id).exclude(status=Account.Status.CLOSED).exists():
        raise accounts.AccountNotFound
    if wish.back is not None:
        expiry = reinstating.check(account_id=wish.account_id, back=wish.back, amount=wish.amount, now=now)
        if expiry.currency.code != wish.currency:
            raise UnitUnknown(param="currency", unit=wish.currency)


def _ask(wish: Wish, by: User | None, partner: Partner | None, now: datetime, origin: audit.Origin) -> Approval:
    if (by is None) == (partner is None):
        raise MayNot
    _check(wish, now)
    verdict = thresholds.Verdict()
    if by is not None:
        if not may_ask(by):
            raise MayNot
        User.objects.select_for_update(no_key=True).get(pk=by.pk)  # a maker's asks are judged one by one
        if wish.token and (known := Approval.objects.filter(asked_by=by, terms__token=wish.token).first()):
            return known
        if own_accounts(by) & wish.shares.keys():
            raise OwnMembership
        verdict = thresholds.judge(deed=wish.deed, size=abs(wish.amount), shares=wish.shares, by=by, now=now)
    approval = Approval.objects.create(
        deed=wish.deed,
        account_id=wish.account_id,
        amount=wish.amount,
        terms=wish.terms | {"alone": verdict.alone, "limit": verdict.limit},
        reason=wish.reason[:200],
        asked_by=by,
        partner=partner,
        asked_at=now,
        is_suspicious=verdict.is_split,
    )
    if wish.filed is not None:
        carrying.keep(approval, wish.filed)
    _note("approval.asked", approval, by, now, origin)
    return _carry_out(approval, None, now, origin) if verdict.alone else approval


def _decide(approval_id: int, by: User, state: State, answer: str, now: datetime, origin: audit.Origin) -> Approval:
    approval = Approval.objects.select_related("asked_by").filter(pk=approval_id).first()
    if approval is None:
        raise ApprovalNotFound
    refusal = hindrance(approval, by, state)
    if refusal is not None:
        raise refusal
    columns = {"state": state, "decided_by": by, "decided_at": now, "answer": answer.strip()[:200]}
    is_ours = claim(approval.pk, columns)
    approval.refresh_from_db()
    if not is_ours:
        if (approval.state, approval.decided_by_id) == (state, by.pk):
            return approval
        raise AlreadyDecided(state=State(approval.state).label)
    if state == State.APPROVED:
        return _carry_out(approval, by, now, origin)
    _note(f"approval.{state}", approval, by, now, origin)
    return approval


def claim(approval_id: int, columns: dict[str, Any]) -> bool:
    """Takes a waiting approval out of the queue; of two at once, the database lets one."""
    return Approval.objects.filter(Q(state=State.WAITING), pk=approval_id).update(**columns) == 1


def _carry_out(approval: Approval, by: User | None, now: datetime, origin: audit.Origin) -> Approval:
    """Does the deed and ties its entry; whoever decided alone is not named as a second person."""
    columns = {"state": State.APPROVED, "decided_at": now, "entry": _do(approval, now)}
    Approval.objects.filter(pk=approval.pk).update(**columns)
    approval.refresh_from_db()
    _note("approval.approved", approval, by or approval.asked_by, now, origin)
    if approval.entry is not None:
        following.tell([approval.entry.account_id], now=now)
        _tell(approval, approval.entry, now)
    return approval


def _do(approval: Approval, now: datetime) -> Entry | None:
    """The entry of a deed; ``None`` for a file, whose lines a worker does."""
    if approval.deed == Deed.BULK:
        carrying.begin(approval, now=now)
        return None
    terms = approval.terms
    common: dict[str, Any] = {
        "account_id": approval.account_id,
        "amount": approval.amount,
        "reason": approval.reason[:120],
        "now": now,
    }
    if "reinstates" in terms:
        return reinstating.reinstate(
            **common, entry_id=UUID(terms["reinstates"]), days=terms["days"], asked_at=approval.asked_at
        )
    return DONE_BY_HAND[approval.deed](**common, currency=terms["currency"])


def _tell(approval: Approval, entry: Entry, now: datetime) -> None:
    """The member hears of it, with the reason, where a template is in use."""
    unit = kinds.both(entry.currency.name_zh, entry.currency.name_en)
    params = {"points": f"{entry.amount:+,}", "unit": unit, "reason": approval.reason}
    key = f"approval:{approval.pk}"
    sending.tell(account_ids=[entry.account_id], kind=kinds.ADJUSTED, params=params, key=key, now=now)


def _note(deed: str, approval: Approval, by: User | None, now: datetime, origin: audit.Origin) -> None:
    after = {
        "deed": approval.deed,
        "account": approval.account_id,
        "amount": approval.amount,
        "unit": approval.terms["currency"],
        "state": approval.state,
        "alone": approval.terms["alone"],
        "looks_split": approval.is_suspicious,
        "entry": str(approval.entry_id) if approval.entry_id else None,
    } | {name: approval.terms[name] for name in ("reinstates", "days", "file", "sha256") if name in approval.terms}
    audit.record(
        deed=deed,
        subject=audit.name_of(approval),
        actor=by,
        partner=approval.partner,
        before={"state": State.WAITING} if approval.state != State.WAITING else {},
        after=after,
        reason=approval.answer or approval.reason,
        now=now,
        **origin._asdict(),
    )


def outcome(approval: Approval) -> str:
    """What to tell the person who asked."""
    if approval.state == State.APPROVED and approval.deed == Deed.BULK:
        return str(_("Under way: it is within your limit."))
    if approval.state == State.APPROVED:
        return str(_("Done."))
    if approval.is_suspicious:
        return str(_("Together with what you asked for lately this is over your limit. A colleague will look at it."))
    return str(_("This is over your limit, so it waits for a colleague. Nothing has changed yet."))
