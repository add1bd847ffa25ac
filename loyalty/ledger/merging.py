"""Two accounts of one person made one, and taken apart again.

The survivor takes over all that can still be spent or is owed, by entries against "transferred": the
duplicate is left with nothing, closed, and points to the account that lives on. ``Merge.record`` keeps
what is needed to take it back. History stays where it happened. What members, the mall and the
community know of a person follows by :class:`~loyalty.registry.MergeStep`, in the same transaction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty import accounts, approvals, audit, bulk, programme, retrying
from loyalty.bookkeeping import MergeStep, Side
from loyalty.errors import Conflict, LoyaltyError, NotFound
from loyalty.ledger import inheriting, pooling, reading
from loyalty.ledger.handing import Hands
from loyalty.models import (
    Account,
    AccountReference,
    Event,
    Hold,
    Merge,
    Order,
    PoolMembership,
    Tally,
    User,
)
from loyalty.registry import registry

_TALLY = ("account_id", "metric_id", "day", "value")
_WAITING = (Event.State.PARKED, Event.State.REVIEW)


class OneAccount(LoyaltyError):
    """An account cannot be merged into itself."""

    code = "one_account"
    sentence = _("These are the same account. Please choose the second one.")


class AlreadyMerged(Conflict):
    """The duplicate is part of another account by now."""

    code = "already_merged"
    sentence = _("This account has been merged into %(number)s already.")
    number: str


class MergeNotFound(NotFound):
    """No such merge."""

    code = "merge_not_found"
    sentence = _("There is no such merge.")


class SurvivorGone(Conflict):
    """The account that was kept has been merged or closed since."""

    code = "survivor_gone"
    sentence = _("The account that was kept is closed by now. If it was merged itself, take that back first.")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would move, for a person to look at; nothing is written."""

    survivor: Account
    duplicate: Account
    positions: list[tuple[reading.Position, reading.Position]]
    holds: int
    references: int
    orders: int
    purse: str
    sides: list[Side]


def merge(
    *,
    survivor_id: int,
    duplicate_id: int,
    reason: str,
    by: User | None,
    now: datetime,
    origin: audit.Origin = audit.NOWHERE,
) -> Merge:
    """Moves everything of the duplicate to the survivor and closes it; done before, the merge as it is.

    Holds of the duplicate are released first, and it leaves its shared purse. Caps and limits of gifts
    don't count here. Raises ``OneAccount``, ``AlreadyMerged``, ``ReasonNeeded``, ``OwnMembership``,
    ``OwnerStays``, ``SpendingStopped``, ``AccountFrozen`` or ``AccountNotFound``.
    """
    _refuse(survivor_id, duplicate_id, reason, by)
    row = Merge(survivor_id=survivor_id, duplicate_id=duplicate_id, reason=reason.strip(), merged_by=by, merged_at=now)
    return _standing(row) or retrying.atomically(lambda: _merge(row, origin))


def unmerge(
    *, merge_id: int, reason: str, by: User | None, now: datetime, origin: audit.Origin = audit.NOWHERE
) -> Merge:
    """Takes a merge back as far as it goes; what cannot be returned stands in ``record["unreturned"]``.

    Unspent lots that went over return in spending order, orders, references and tallies go back, and the
    account is open again. Holds that were released stay released. What was earned since stays with the
    survivor, and so does what meanwhile was counted off for returns. Taken back before: the merge as it
    is. Raises ``MergeNotFound``, ``SurvivorGone``, ``ReasonNeeded``, ``OwnMembership``,
    ``SpendingStopped`` or ``AccountFrozen``.
    """
    row = Merge.objects.select_related("survivor", "duplicate").filter(pk=merge_id).first()
    if row is None:
        raise MergeNotFound(param="merge")
    _refuse(row.survivor_id, row.duplicate_id, reason, by)
    if row.undone_at is not None:
        return row
    return retrying.atomically(lambda: _unmerge(row.pk, reason.strip(), by, now, origin))


def preview(*, survivor_id: int, duplicate_id: int, now: datetime) -> Preview:
    """What ``merge`` would move. Raises what it would raise of the two accounts."""
    if survivor_id == duplicate_id:
        raise OneAccount(param="duplicate")
    rows = Account.objects.in_bulk([survivor_id, duplicate_id])
    for name, account_id in (("survivor", survivor_id), ("duplicate", duplicate_id)):
        account = rows.get(account_id)
        _refuse_state(name, account, None if account is None else account.spending_stopped_at)
    places = reading.positions([survivor_id, duplicate_id], now=now, programme=programme.current())
    pairs = zip(places[survivor_id].values(), places[duplicate_id].values(), strict=True)
    share = PoolMembership.objects.filter(account_id=duplicate_id, left_at=None).select_related("pool").first()
    return Preview(
        survivor=rows[survivor_id],
        duplicate=rows[duplicate_id],
        positions=list(pairs),
        holds=Hold.objects.filter(account_id=duplicate_id, state=Hold.State.HELD).count(),
        references=AccountReference.objects.filter(account_id=duplicate_id).count(),
        orders=Order.objects.filter(account_id=duplicate_id).count(),
        purse=share.pool.name if share else "",
        sides=[side for step in registry.all(MergeStep) for side in step.preview(survivor_id, duplicate_id)],
    )


def _refuse(survivor_id: int, duplicate_id: int, reason: str, by: User | None) -> None:
    if survivor_id == duplicate_id:
        raise OneAccount(param="duplicate")
    if not reason.strip():
        raise approvals.ReasonNeeded(param="reason")
    if by is not None and {survivor_id, duplicate_id} & approvals.own_accounts(by):
        raise approvals.OwnMembership


def _refuse_state(name: str, account: Account | None, stopped_at: datetime | None) -> None:
    """Only open accounts of members, whose books nobody doubts, can be merged."""
    if account is None or account.kind != Account.Kind.MEMBER or account.status == Account.Status.CLOSED:
        raise accounts.AccountNotFound(param=name)
    if account.status == Account.Status.FROZEN:
        raise accounts.AccountFrozen(param=name)
    if stopped_at is not None:
        raise accounts.SpendingStopped(param=name)


def _standing(row: Merge) -> Merge | None:
    """The merge that stands for the duplicate, if any."""
    found = Merge.objects.select_related("survivor", "duplicate").filter(duplicate=row.duplicate_id, undone_at=None)
    first = found.first()
    if first is not None and first.survivor_id != row.survivor_id:
        raise AlreadyMerged(param="duplicate", number=first.survivor.number)
    return first


def _merge(row: Merge, origin: audit.Origin) -> Merge:
    share = PoolMembership.objects.filter(account=row.duplicate_id, left_at=None).select_related("pool").first()
    accounts.lock({row.survivor_id, row.duplicate_id, *([share.pool.account_id] if share else [])})
    if found := _standing(row):
        return found
    if PoolMembership.objects.filter(account=row.duplicate_id, left_at=None).first() != share:
        raise Conflict  # joined or left meanwhile
    for name in ("survivor", "duplicate"):
        account = Account.objects.filter(pk=getattr(row, f"{name}_id")).first()
        _refuse_state(name, account, account.spending_stopped_at if account else None)
    if share is not None:
        pooling.leave(pool_id=share.pool_id, account_id=row.duplicate_id, now=row.merged_at)
    row.save(force_insert=True)
    hands = Hands.over([row.survivor_id, row.duplicate_id], row.merged_at)
    row.record = {"holds": hands.release_holds(row.duplicate_id), "purse": share.pool_id if share else None}
    row.record["debts"] = inheriting.give_debts(hands, row)
    row.record["transfers"] = inheriting.give_lots(hands, row)
    hands.write()
    row.record |= _give_names(row)
    row.record["tallies"] = _give_tallies(row)
    row.record["steps"] = {
        step.code: dict(step.merge(row.survivor_id, row.duplicate_id, row.merged_at))
        for step in registry.all(MergeStep)
    }
    Account.objects.filter(pk=row.duplicate_id).update(status=Account.Status.CLOSED, merged_into_id=row.survivor_id)
    row.save(update_fields=["record"])
    _note("account.merged", row, row.reason, row.merged_by, row.merged_at, origin)
    return row


def _unmerge(merge_id: int, reason: str, by: User | None, now: datetime, origin: audit.Origin) -> Merge:
    row = Merge.objects.get(pk=merge_id)
    locked = accounts.lock([row.survivor_id, row.duplicate_id])
    row = Merge.objects.select_related("survivor", "duplicate").get(pk=merge_id)
    if row.undone_at is not None:
        return row
    survivor = locked[row.survivor_id]
    if survivor.status == Account.Status.CLOSED or row.duplicate.merged_into_id != row.survivor_id:
        raise SurvivorGone
    _refuse_state("survivor", row.survivor, survivor.spending_stopped_at)
    hands = Hands.over([row.survivor_id, row.duplicate_id], now, born_of=inheriting.drained(row))
    row.record["debts_returned"] = inheriting.return_debts(hands, row)
    row.record["unreturned"] = inheriting.return_lots(hands, row)
    hands.write()
    _return_names(row)
    rows = [(metric, date.fromisoformat(day), -value) for metric, day, value in row.record["tallies"]]
    _add_tallies(row.survivor_id, rows)
    for step in registry.all(MergeStep):
        if step.code in row.record["steps"]:
            step.unmerge(row.survivor_id, row.duplicate_id, row.record["steps"][step.code], now)
    Account.objects.filter(pk=row.duplicate_id).update(status=Account.Status.ACTIVE, merged_into=None)
    row.undone_at, row.undone_by = now, by
    row.save(update_fields=["record", "undone_at", "undone_by"])
    _note("account.unmerged", row, reason, by, now, origin)
    return row


def _give_names(row: Merge) -> dict[str, list[Any]]:
    """Partners' references, orders and waiting events are the survivor's from now on."""
    moved: Mapping[str, Any] = {
        "references": AccountReference.objects.filter(account=row.duplicate_id),
        "orders": Order.objects.filter(account=row.duplicate_id),
        "events": Event.objects.filter(account=row.duplicate_id, state__in=_WAITING),
    }
    kept: dict[str, list[Any]] = {}
    for name, found in moved.items():
        keys = list(found.order_by("pk").values_list("pk", flat=True))
        kept[name] = [key if isinstance(key, int) else key.hex for key in keys]
        found.model._default_manager.filter(pk__in=keys).update(account=row.survivor_id)
    return kept


def _return_names(row: Merge) -> None:
    for name, model in (("references", AccountReference), ("orders", Order), ("events", Event)):
        found = model._default_manager.filter(pk__in=row.record[name], account=row.survivor_id)
        found.update(account=row.duplicate_id)


def _give_tallies(row: Merge) -> list[tuple[int, str, int]]:
    """Adds the duplicate's tallies; its own stay, so that its past can still be read."""
    rows = list(
        Tally.objects.filter(account=row.duplicate_id).exclude(value=0).values_list("metric_id", "day", "value")
    )
    _add_tallies(row.survivor_id, rows)
    return [(metric, day.isoformat(), value) for metric, day, value in sorted(rows)]


def _add_tallies(account_id: int, rows: Iterable[tuple[int, date, int]]) -> None:
    bulk.upsert(
        Tally,
        _TALLY,
        [(account_id, *row) for row in sorted(rows)],
        key=("account_id", "metric_id", "day"),
        add=True,
    )


def _note(deed: str, row: Merge, reason: str, by: User | None, now: datetime, origin: audit.Origin) -> None:
    counts = {name: len(row.record[name]) for name in ("references", "orders", "holds", "transfers", "debts")}
    audit.record(
        deed=deed,
        subject=audit.name_of(row.duplicate),
        actor=by,
        after={"merge": row.pk, "survivor": row.survivor.number, **counts}
        | ({"unreturned": row.record["unreturned"]} if "unreturned" in row.record else {}),
        reason=reason,
        now=now,
        **origin._asdict(),
    )
