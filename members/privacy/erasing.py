"""Carrying out what was asked: a person is forgotten, the books stay as they were.

One transaction a member: what was set aside comes back, all that is left goes by one entry a unit, debt
is let go, wishes that wait are withdrawn, the account is closed under its number, and every app forgets.
A purse that is shared is left before, by its own rules; an owner's is closed, so that everybody gets back
their own. Whoever was erased is erased again after an older backup was put back (``again``).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, periods, programme, retrying
from loyalty.errors import Conflict, LoyaltyError
from loyalty.events import intake
from loyalty.ledger import closing, pooling
from loyalty.messaging import sending
from loyalty.models import Account, Balance, Event, PoolMembership, User
from loyalty.models.accounts import NET
from loyalty.registry import EventKind, Happening, Job
from members.models import Erasure, Member
from members.privacy import persons, sessions, wishes, words

State = Erasure.State
ERASED = EventKind("member.erased", _("membership ended"), dict, title=_("Membership ended"), icon="shield")


def due(as_of: datetime, period: str) -> Mapping[str, int]:
    """Everybody whose day has come by business day ``period``, and a last word to whose day is tomorrow.

    Who cannot be erased tonight, such as while the books of a shared purse are in doubt, is tried again.
    """
    today = date.fromisoformat(period)
    remind(today, now=as_of)
    counts = {"erased": 0, "put_off": 0, "emptied": empty_again(now=as_of)}
    ids = Erasure.objects.filter(state=State.WAITING, due_on__lte=today).order_by("due_on", "pk")
    ended: set[int] = set()
    for row in ids:
        ended |= _logins_of(row.account_id)
        try:
            carry_out(row.account_id, now=as_of)
            counts["erased"] += 1
        except LoyaltyError:
            counts["put_off"] += 1
    if counts["erased"]:
        sessions.end(ended - set(User.objects.filter(pk__in=ended, is_active=True).values_list("pk", flat=True)))
    return counts


def remind(today: date, *, now: datetime) -> int:
    """Tells those whose last day this is; once each."""
    rows = list(Erasure.objects.filter(state=State.WAITING, due_on=today + timedelta(days=1)))
    for row in rows:
        key = f"erasure:{row.pk}:due"
        sending.tell(account_ids=[row.account_id], kind=words.DUE, params={"erasure": row.pk}, key=key, now=now)
    return len(rows)


def carry_out(account_id: int, *, now: datetime) -> Erasure:
    """Erases the person of an account whose wish waits. Raises ``NothingToTakeBack`` where none does.

    Raises ``SpendingStopped`` while the books of the purse they share are in doubt, and ``Conflict`` where a
    purse was joined or a merge taken back at this very moment; then nothing happened, and it can be done again.
    """
    for member_id in sorted(accounts.family(account_id)):
        _leave_purse(member_id, now)
    return retrying.atomically(lambda: _carry_out(account_id, now))


def again(numbers: Iterable[str], *, now: datetime) -> int:
    """Erases whoever was erased before, after a backup from before was put back; how many.

    ``numbers`` are account numbers kept elsewhere; whose erasure is known here need not be among them.
    """
    known = Erasure.objects.filter(state=State.DONE).values("account_id")
    back = Member.objects.filter(pk__in=known).values_list("pk", flat=True)
    told = Account.objects.filter(number__in=list(numbers), member__isnull=False).values_list("pk", flat=True)
    done = 0
    for account_id in sorted({*back, *told}):
        ended = _logins_of(account_id)
        Erasure.objects.get_or_create(
            account_id=account_id,
            state=State.WAITING,
            defaults={"asked_at": now, "due_on": programme.day_of(now), "reason": "restored"},
        )
        carry_out(account_id, now=now)
        sessions.end(ended)
        done += 1
    return done


def empty_again(*, now: datetime) -> int:
    """What came to erased accounts since, such as points of a late return, goes as well; how many accounts."""
    left = Balance.objects.alias(holds=NET).filter(~Q(holds=0), account__status=Account.Status.CLOSED)
    gone = Erasure.objects.filter(state=State.DONE).values("account_id")
    ids = sorted(set(left.filter(account_id__in=gone).values_list("account_id", flat=True)))
    for account_id in ids:
        with transaction.atomic():
            accounts.lock([account_id])
            event = Event.objects.get(key=_key(account_id))
            closing.empty([account_id], event_id=event.pk, now=now)
    return len(ids)


def _logins_of(account_id: int) -> set[int]:
    rows = Member.objects.filter(pk__in=accounts.family(account_id), user__isnull=False)
    return set(rows.values_list("user_id", flat=True))


def _leave_purse(account_id: int, now: datetime) -> None:
    share = PoolMembership.objects.filter(account_id=account_id, left_at=None).first()
    if share is None:
        return
    if share.role == PoolMembership.Role.OWNER:
        pooling.close(pool_id=share.pool_id, now=now)
    else:
        pooling.leave(pool_id=share.pool_id, account_id=account_id, now=now)


def _carry_out(account_id: int, now: datetime) -> Erasure:
    family = accounts.family(account_id)
    accounts.lock(family)
    row = wishes.waiting(account_id)
    if row is None:
        raise wishes.NothingToTakeBack
    if (
        accounts.family(account_id) != family
        or PoolMembership.objects.filter(account__in=family, left_at=None).exists()
    ):
        raise Conflict
    person = persons.gather(account_id)
    told = _empty(account_id, family, now)
    withdrawn = closing.close(family, now=now)
    removed = persons.forget(person, now)
    row.state, row.ended_at = State.DONE, now
    row.record = {"removed": dict(removed), "withdrawn": withdrawn, **told._asdict()}
    row.save(update_fields=["state", "ended_at", "record"])
    wishes.note("done", row, now=now)
    return row


def _empty(account_id: int, family: Collection[int], now: datetime) -> closing.Closed:
    """Records the event that closes the account, and empties it; after an erasure before, by that one."""
    happening = Happening(ERASED.code, _key(account_id), account_id, now, {})
    intake.record([happening], now=now)
    event = Event.objects.only("pk").get(key=happening.key)
    return closing.empty(family, event_id=event.pk, now=now)


def _key(account_id: int) -> str:
    return f"{ERASED.code}:{account_id}"


JOBS = (Job("erase_members", _("Erase members who asked for it"), periods.day, run=due, catch_up=0),)
