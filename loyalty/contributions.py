"""What the ground floor contributes itself: orders, the facts of an account, and its own work."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty import clock, dossier, facts, findings, housekeeping, periods, policies, sealing, strands
from loyalty.adjustment_files import carrying
from loyalty.demo import parts
from loyalty.events import kinds, lateness, releasing
from loyalty.imports import working
from loyalty.ledger import contributing, expiring, handing, holding, pooling, transferring, verify
from loyalty.ledger.laws import transfers
from loyalty.messaging import codes, delivering, effects, handing_on, reminding, sending
from loyalty.messaging import kinds as messages
from loyalty.registry import BuiltinMetric, Caption, Contribution, Follower, Job, Stride, Topic, ValueType
from loyalty.second_factor import notices

SWEEP_RANGES = 10


def _amount(payload: Mapping[str, Any]) -> int:
    return int(payload["amount_minor"])


def _sweep(as_of: datetime, _period: str, cursor: str) -> Stride:
    """Ten ranges of accounts at a time, so a crash costs little."""
    moves, last = expiring.sweep(now=as_of, after=int(cursor or 0), limit=SWEEP_RANGES)
    return Stride(str(last) if moves else "", {"moves": moves})


def _look_again(as_of: datetime, _period: str) -> Mapping[str, int]:
    return {"released": releasing.look_again(now=as_of)}


def _judge_again(payload: Mapping[str, Any]) -> None:
    lateness.look(account_id=payload["account"], stretch=payload["stretch"], now=clock.now())


def _import(as_of: datetime, period: str, _cursor: str) -> Stride:
    """Some of one import; the period of a day is for forgetting old files."""
    if "." in period:
        return working.stride(period=period, now=clock.now())
    return Stride("", {"files": working.forget(now=as_of)})


def _adjust(as_of: datetime, period: str, _cursor: str) -> Stride:
    """Some of one file of adjustments; the period of a day is for forgetting uploads."""
    if "." in period:
        return carrying.stride(period=period, now=clock.now())
    return Stride("", {"files": carrying.forget(now=as_of)})


def _put_in_force(as_of: datetime, _period: str) -> Mapping[str, int]:
    return {"settings": policies.apply_due(now=as_of)}


def _lapse(as_of: datetime, _period: str) -> Mapping[str, int]:
    return {"holds": holding.lapse_due(now=as_of)}


def _share(as_of: datetime, _period: str) -> Mapping[str, int]:
    return {"lots": contributing.contribute_due(now=as_of)}


def _deliver(payload: Mapping[str, Any]) -> None:
    delivering.deliver(payload["key"], now=clock.now())


def _deliver_code(payload: Mapping[str, Any]) -> None:
    codes.deliver(payload["id"], now=clock.now())


def _forget_codes(as_of: datetime, _period: str) -> Mapping[str, int]:
    return {"codes": codes.prune(now=as_of)}


CONTRIBUTES: tuple[Contribution, ...] = (
    *kinds.ORDERS,
    dossier.DOSSIER,
    *strands.STRANDS,
    handing_on.STEP,
    transferring.GIVEN,
    transferring.RECEIVED,
    pooling.SPENT,
    BuiltinMetric("orders", _("orders"), "order.paid", lambda _payload: 1),
    BuiltinMetric("points_given", _("gifts of points given"), "points.given", lambda _payload: 1),
    BuiltinMetric("points_received", _("gifts of points received"), "points.received", lambda _payload: 1),
    BuiltinMetric("spend", _("money spent"), "order.paid", _amount, ValueType.MONEY),
    *facts.FACTS,
    Job(code="expire_points", label=_("Expire and activate points"), period=periods.every(60), walk=_sweep, catch_up=0),
    Job(
        code="lapse_holds",
        label=_("Give back points that were set aside too long"),
        period=periods.every(1),
        run=_lapse,
        catch_up=0,
    ),
    Job(
        code="release_parked",
        label=_("Look again at events that wait"),
        period=periods.every(1),
        run=_look_again,
        catch_up=0,
    ),
    Job(
        code=lateness.JOB,
        label=_("Find events that came after later ones"),
        period=periods.every(5),
        walk=lateness.walk,
        catch_up=0,
    ),
    Topic(lateness.TOPIC, _judge_again),
    Job(code=working.JOB, label=_("Import orders"), period=periods.day, walk=_import, catch_up=0),
    Job(code=carrying.JOB, label=_("Adjust points by file"), period=periods.day, walk=_adjust, catch_up=0),
    *messages.KINDS,
    *effects.EFFECTS,
    Topic(sending.TOPIC, _deliver),
    Topic(codes.TOPIC, _deliver_code),
    Topic(notices.TOPIC, notices.deliver),
    reminding.JOB,
    Job(code="forget_codes", label=_("Forget old codes"), period=periods.every(60), run=_forget_codes, catch_up=0),
    Job(
        code="policies",
        label=_("Put policies in force whose time has come"),
        period=periods.every(1),
        run=_put_in_force,
        catch_up=0,
    ),
    *housekeeping.JOBS,
    *sealing.WORK,
    *verify.LAWS,
    *transfers.LAWS,
    Follower("shared_purses", contributing.follow),
    Caption("transfers", handing.captions),
    Job(
        code="share_points",
        label=_("Put shares of new points into shared purses"),
        period=periods.every(5),
        run=_share,
        catch_up=0,
    ),
    *findings.WORK,
    *parts.DEMO,
)
