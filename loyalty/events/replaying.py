"""Late events and what they change: the difference is proposed to staff, who apply or discard it.

When an event is accepted, claimed, corrected, refunded or imported after later ones of the same account
were decided, those may be worth something else: a limit of the day is used up, an order is no longer the
first. ``lateness`` finds such events by itself; ``propose`` judges the account again from there
(``rejudging`` says what is and what can't be replayed) and keeps the difference; nothing moves until
somebody applies it, once. An account has one open proposal at most, from its earliest late event on.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from loyalty import accounts, approvals, audit, retrying
from loyalty import programme as programmes
from loyalty.errors import Conflict, InvalidInput, NotFound
from loyalty.events import compensating, following, recalling, rejudging
from loyalty.models import Account, Event, Replay, User

State = Replay.State
Rows = list[dict[str, Any]]


class ReplayNotFound(NotFound):
    """No such proposal."""

    code = "replay_not_found"
    sentence = _("We could not find this proposal.")


class ReplayDecided(Conflict):
    """It was applied or discarded before."""

    code = "replay_decided"
    sentence = _("This has been decided already. Please reload the page to see how.")


class ReplayOutdated(Conflict):
    """Something happened since that changes the difference."""

    code = "replay_outdated"
    sentence = _("Something else has happened on this account since. Please have it judged again, then decide.")


class WhyNeeded(InvalidInput):
    """A difference is not let go without a reason."""

    code = "replay_reason"
    sentence = _("Please say why, so that everybody can understand it later.")


def propose(*, account_id: int, cause_event_id: UUID, now: datetime) -> Replay | None:
    """Judges the account again from the late event on and keeps the difference as a proposal.

    ``None`` where nothing differs, where the account is closed, and where a replay of this very event
    was applied before. An open proposal that begins no later is brought up to date and returned
    instead; open ones that begin later, or find no difference any more, are closed. What was discarded
    before shows again where a later proposal covers it.

    Each row of the difference tells what an award leaves **after refunds**: ``before`` and ``after`` are
    the points awarded less what the order's cumulative refund takes of them, the same refund held
    against the old and the new receipt; ``gave`` are both awards as such. Points that have expired
    meanwhile are counted here and not asked for when the replay is applied.
    """
    return retrying.atomically(lambda: _propose(account_id, cause_event_id, now))


def apply(*, replay_id: UUID, by: User | None, now: datetime, origin: audit.Origin = audit.NOWHERE) -> Replay:
    """Posts the proposed difference, once. Raises ``ReplayNotFound``, ``ReplayDecided``, ``ReplayOutdated`` or
    ``OwnMembership``.
    """
    return retrying.atomically(lambda: _apply(replay_id, by, now, origin))


def discard(
    *, replay_id: UUID, by: User | None, now: datetime, reason: str, origin: audit.Origin = audit.NOWHERE
) -> Replay:
    """Lets everything stand as it was given. Raises ``WhyNeeded``, ``ReplayNotFound`` or ``ReplayDecided``."""
    if not reason.strip():
        raise WhyNeeded(param="reason")

    def deed() -> Replay:
        replay = _locked(replay_id)
        _close(replay, State.DISCARDED, by, now)
        _note(replay, "discarded", by, now, origin, reason=reason.strip())
        return replay

    return retrying.atomically(deed)


def totals(diff: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What applying moves in all, by currency code; currencies that come out even are told with 0."""
    found: dict[str, int] = {}
    for row in diff:
        found[row["currency"]] = found.get(row["currency"], 0) + row["after"] - row["before"]
    return found


def _propose(account_id: int, cause_event_id: UUID, now: datetime) -> Replay | None:
    locked = accounts.lock([account_id]).get(account_id)
    cause = Event.objects.filter(pk=cause_event_id, account=account_id, state=Event.State.DECIDED).first()
    if cause is None or locked is None or locked.status == Account.Status.CLOSED:
        return None
    standing = Replay.objects.filter(account=account_id, state=State.PROPOSED).order_by("since").first()
    replay = standing if standing is not None and standing.since <= cause.occurred_at else _of(cause, now)
    if replay.state == State.APPLIED:
        return None
    replay.diff = _judged(account_id, replay.since)[1] if _is_late(replay) else []
    others = Replay.objects.filter(account=account_id, state=State.PROPOSED).exclude(pk=replay.pk)
    if not replay.diff:
        Replay.objects.filter(pk=replay.pk, state=State.PROPOSED).update(state=State.DISCARDED, decided_at=now)
        return None
    others.update(state=State.DISCARDED, decided_at=now)
    replay.state, replay.proposed_at, replay.decided_at, replay.decided_by = State.PROPOSED, now, None, None
    replay.save()
    return replay


def _of(cause: Event, now: datetime) -> Replay:
    """The replay of a late event, the one there was or a new one."""
    found = Replay.objects.filter(cause=cause).first()
    return found or Replay(account_id=cause.account_id, cause=cause, since=cause.occurred_at, proposed_at=now)


def _is_late(replay: Replay) -> bool:
    """Whether anything of the account was decided that happened after the cause."""
    later = Event.objects.filter(account=replay.account_id, state=Event.State.DECIDED, occurred_at__gte=replay.since)
    return later.exclude(pk=replay.cause_id).exists()


def _judged(
    account_id: int, since: datetime, *, locked: bool = False
) -> tuple[recalling.Past | None, Rows, list[rejudging.Change]]:
    past = recalling.load(account_id, since, programmes.current(), locked=locked)
    changes = rejudging.judge(past) if past is not None else []
    return past, [_row(change, mark) for change, mark in rejudging.marks(changes)], changes


def _row(change: rejudging.Change, mark: rejudging.Mark) -> dict[str, Any]:
    """One award of one event, as the proposal keeps it; ``facts`` are those its rule was judged by now."""
    before, after = change.worth[mark]
    old, new = rejudging.points(change.old).get(mark, {}), rejudging.points(change.new).get(mark, {})
    step = new or old
    return {
        "event": change.draft.id.hex,
        "rule": mark.rule,
        "version": mark.version,
        "effect": mark.effect,
        "currency": mark.currency,
        "before": before.kept,
        "after": after.kept,
        "gave": [before.awarded, after.awarded],
        "possible": new.get("desired", 0),
        "reason": [old.get("reason", ""), new.get("reason", "")],
        "applied": [bool(old), bool(new)],
        "number": step["number"],
        "name_zh": step["name_zh"],
        "name_en": step["name_en"],
        "facts": dict(change.new["facts"]),
    }


def _apply(replay_id: UUID, by: User | None, now: datetime, origin: audit.Origin) -> Replay:
    replay = _locked(replay_id)
    approvals.refuse_own(by, replay.account_id)
    past, rows, changes = _judged(replay.account_id, replay.since, locked=True)
    if past is None or rows != replay.diff:
        raise ReplayOutdated
    compensating.post(past, changes, replay_id=replay.pk, now=now)
    _close(replay, State.APPLIED, by, now)
    _note(replay, "applied", by, now, origin, points=totals(rows), events=len(changes))
    following.tell([replay.account_id], now=now, causes={replay.account_id: replay.cause_id})
    return replay


def _locked(replay_id: UUID) -> Replay:
    """The proposal, its account locked until the transaction ends. Raises where there is nothing to decide."""
    account_id = Replay.objects.filter(pk=replay_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise ReplayNotFound
    accounts.lock([account_id])
    replay = Replay.objects.select_related("account", "cause").get(pk=replay_id)
    if replay.state != State.PROPOSED:
        raise ReplayDecided
    return replay


def _close(replay: Replay, state: str, by: User | None, now: datetime) -> None:
    proposed = Replay.objects.filter(pk=replay.pk, state=State.PROPOSED)
    if not proposed.update(state=state, decided_at=now, decided_by=by):
        raise ReplayDecided
    replay.state, replay.decided_at, replay.decided_by = state, now, by


def _note(
    replay: Replay, deed: str, by: User | None, now: datetime, origin: audit.Origin, *, reason: str = "", **told: Any
) -> None:
    audit.record(
        deed=f"replay.{deed}",
        subject=audit.name_of(replay),
        actor=by,
        now=now,
        before={"state": State.PROPOSED.value},
        after={"state": replay.state, "account": replay.account.number, **told},
        reason=reason,
        **origin._asdict(),
    )
