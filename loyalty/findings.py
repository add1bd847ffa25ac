"""What the auditor found is kept here, and acted on.

A breach of a law is one open :class:`Finding` for its row, from when it was first seen until it is not
found any more. While it is open its account can't spend (``loyalty.stopping``), unless the law is one
that stops nobody or a second person has released the account. Where an entry can make it good, the
finding proposes it; asking for it goes through ``loyalty.approvals``, and once it is posted the breach
counts as mended. Looked at every night, and after each import for the accounts it touched.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from loyalty import approvals, audit, periods, retrying, stopping
from loyalty.bookkeeping import Breach, Check
from loyalty.errors import Conflict
from loyalty.ledger import verify
from loyalty.models import Account, Approval, Finding, JobRun, Threshold, User
from loyalty.registry import Job, Stride, registry

JOB = "audit_books"
RANGE = 500


class NothingToAsk(Conflict):
    """No entry can mend the finding, or one was asked for."""

    code = "nothing_to_ask"
    sentence = _("There is no entry to ask for: none can mend this, or one was asked for already.")


class NotStopped(Conflict):
    """Somebody was quicker, or the finding is gone."""

    code = "not_stopped"
    sentence = _("No finding stops this account any more.")


class Standing(NamedTuple):
    """How the books stand: open findings, accounts that can't spend, and when all of it was last looked at."""

    open: int
    stopped: int
    checked_at: datetime | None


def look(*, now: datetime, accounts: Collection[int] | None = None) -> int:
    """Asks every law, of these accounts alone where they are given; returns how many breaches there are."""
    found = sum(len(record(check, now=now, accounts=accounts)) for check in verify.checks())
    if accounts is None:
        stopping.release_all()
    return found


def record(check: Check, *, now: datetime, accounts: Collection[int] | None = None) -> list[Breach]:
    """Asks one law, and keeps what it finds; what was found before and is not any more is gone."""
    if check.is_whole and accounts is not None:
        return []
    found = {breach.row[:120]: breach for breach in verify.look(check, now=now, accounts=accounts)}
    among = None if accounts is None else frozenset(accounts)
    return retrying.atomically(partial(_keep, check, found, now, among))


def standing() -> Standing:
    """For the overview: three small queries."""
    checked = JobRun.objects.filter(job=JOB, state=JobRun.State.DONE).order_by("-finished_at")
    return Standing(
        open=Finding.objects.filter(gone_at=None).count(),
        stopped=Account.objects.filter(spending_stopped_at__isnull=False).count(),
        checked_at=checked.values_list("finished_at", flat=True).first(),
    )


def ask(*, finding_id: int, by: User, now: datetime, origin: audit.Origin = audit.NOWHERE) -> Approval:
    """Asks for the entry the finding proposes, once; raises ``NothingToAsk`` and what ``approvals.ask`` does.

    May be asked again where the first wish was rejected or withdrawn.
    """
    return retrying.atomically(partial(_ask, finding_id, by, now, origin))


def may_ask(finding: Finding) -> bool:
    """Whether there is an entry to ask for."""
    refused = (Approval.State.REJECTED, Approval.State.WITHDRAWN)
    is_free = finding.approval is None or finding.approval.state in refused
    return finding.gone_at is None and finding.account_id is not None and bool(finding.proposal) and is_free


def release(
    *, account_id: int, by: User, reason: str, now: datetime, origin: audit.Origin = audit.NOWHERE
) -> Sequence[Finding]:
    """A person takes it on themselves that the account may spend though its findings are open.

    Not whoever asked for the entry that is to mend one, and nobody for their own membership. A debt
    over the limit goes on stopping it. Raises ``MayNot`` and its like, ``ReasonNeeded``, ``NotStopped``.
    """
    return retrying.atomically(partial(_release, account_id, by, reason.strip(), now, origin))


def stops(finding: Finding) -> bool:
    """Whether the finding keeps its account from spending."""
    check = registry.find(Check, finding.invariant)
    is_open = finding.gone_at is None and finding.released_by_id is None and finding.account_id is not None
    return is_open and (check is None or check.stops)


def _keep(check: Check, found: dict[str, Breach], now: datetime, among: frozenset[int] | None) -> list[Breach]:
    open_ = Finding.objects.filter(invariant=check.code, gone_at=None)
    known_rows = {finding.row: finding for finding in open_ if among is None or finding.account_id in among}
    mended = _mended(check.code)
    lasting = {row: breach for row, breach in found.items() if (row, breach.found[:300]) not in mended}
    new = [_finding(row, breach, now) for row, breach in lasting.items() if row not in known_rows]
    Finding.objects.bulk_create(new, ignore_conflicts=True, batch_size=RANGE)
    _see([(known_rows[row], breach) for row, breach in lasting.items() if row in known_rows], now)
    if len(found) < verify.CUT:
        _let_go([each for row, each in known_rows.items() if row not in lasting and each.seen_at <= now], now)
    if check.stops:
        released = {row for row, finding in known_rows.items() if finding.released_by_id}
        doubted = {breach.account_id for row, breach in lasting.items() if row not in released}
        stopping.stop([account for account in doubted if account is not None], now=now)
    return list(lasting.values())


def _finding(row: str, breach: Breach, now: datetime) -> Finding:
    return Finding(
        invariant=breach.invariant,
        row=row,
        found=breach.found[:300],
        account_id=breach.account_id,
        proposal=_proposal(breach),
        found_at=now,
        seen_at=now,
    )


def _proposal(breach: Breach) -> dict[str, Any]:
    """The compensating entry, in the programme's own language; empty where none can mend it."""
    if not breach.amount or breach.account_id is None:
        return {}
    with override(settings.LANGUAGE_CODE):
        words = str(_("Correction %(law)s %(row)s") % {"law": breach.invariant, "row": breach.row})
    return {"currency": breach.currency, "amount": breach.amount, "reason": words[:120]}


def _mended(code: str) -> set[tuple[str, str]]:
    """Breaches an entry has made good: they stay in the books, and are found no more while nothing changes."""
    rows = Finding.objects.filter(invariant=code, approval__entry__isnull=False)
    return set(rows.values_list("row", "found"))


def _see(pairs: Iterable[tuple[Finding, Breach]], now: datetime) -> None:
    seen = []
    for finding, breach in pairs:
        words = breach.found[:300]
        if finding.found != words:
            columns = {"found": words, "proposal": finding.proposal if finding.approval_id else _proposal(breach)}
            Finding.objects.filter(pk=finding.pk).update(**columns)
        seen.append(finding.pk)
    for start in range(0, len(seen), RANGE):
        Finding.objects.filter(pk__in=seen[start : start + RANGE]).update(seen_at=now)


def _let_go(findings: Sequence[Finding], now: datetime) -> None:
    for start in range(0, len(findings), RANGE):
        part = findings[start : start + RANGE]
        Finding.objects.filter(pk__in=[finding.pk for finding in part]).update(gone_at=now)
    stopping.release([finding.account_id for finding in findings if finding.account_id is not None])


def _ask(finding_id: int, by: User, now: datetime, origin: audit.Origin) -> Approval:
    finding = Finding.objects.select_for_update(no_key=True).get(pk=finding_id)  # the wish is read once it is ours
    if not may_ask(finding) or finding.account_id is None:
        raise NothingToAsk
    approval = approvals.ask(
        deed=Threshold.Deed.ADJUST,
        account_id=finding.account_id,
        amount=finding.proposal["amount"],
        currency=finding.proposal["currency"],
        reason=finding.proposal["reason"],
        by=by,
        token=f"finding:{finding.pk}:{finding.approval_id or 0}",
        now=now,
        origin=origin,
    )
    Finding.objects.filter(pk=finding.pk).update(approval=approval)
    return approval


def _release(account_id: int, by: User, reason: str, now: datetime, origin: audit.Origin) -> list[Finding]:
    if not (by.is_active and by.is_staff and by.has_perm("loyalty.change_finding")):
        raise approvals.MayNot
    if account_id in approvals.own_accounts(by):
        raise approvals.OwnMembership
    if not reason:
        raise approvals.ReasonNeeded(param="reason")
    account = Account.objects.select_for_update(no_key=True).get(pk=account_id)
    rows = Finding.objects.filter(account=account, gone_at=None, released_by=None)
    findings = list(rows.select_related("approval__asked_by").order_by("id"))
    if not findings or account.spending_stopped_at is None:
        raise NotStopped
    makers = [finding.approval.asked_by for finding in findings if finding.approval is not None]
    if any(maker is not None and approvals.same_person(maker, by) for maker in makers):
        raise approvals.OwnWish
    rows.update(released_by=by)
    stopping.release([account_id])
    audit.record(
        deed="loyalty.account.released",
        subject=audit.name_of(account),
        actor=by,
        before={"spending_stopped_at": account.spending_stopped_at},
        after={"spending_stopped_at": Account.objects.get(pk=account_id).spending_stopped_at},
        reason=reason,
        now=now,
        **origin._asdict(),
    )
    return findings


def _walk(as_of: datetime, _period: str, cursor: str) -> Stride:
    """One law at a time, the longest (the seals) first, so that a crash costs little."""
    order = list(reversed(verify.checks()))
    place = next((place for place, check in enumerate(order) if check.code == cursor), 0)
    found = len(record(order[place], now=as_of))
    if place + 1 < len(order):
        return Stride(order[place + 1].code, {"findings": found})
    return Stride("", {"findings": found, "released": stopping.release_all()})


WORK = (Job(code=JOB, label=_("Check the books"), period=periods.day, walk=_walk, catch_up=0),)
