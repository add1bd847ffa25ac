"""A programme with something on every page of the back office, one member at a time."""

from datetime import timedelta
from itertools import count

from django.contrib.auth.models import Group

from loyalty import accounts, audit, clock, policies
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.ledger import holding, merging, pooling, transferring
from loyalty.models import (
    AdjustmentFile,
    AdjustmentLine,
    Approval,
    Currency,
    ImportJob,
    JobRun,
    Lifetime,
    OutboxMessage,
    Partner,
    PartnerCall,
    Rule,
    Seal,
    Store,
    Threshold,
    User,
)
from members.models import Member, TierChange
from tests import cast
from tests.tills import a_point_per_yuan

_numbers = count(1)


def another(*, base: Rule | None = None) -> Member:
    """One more member with an order of ¥100, and one more row of everything staff look at."""
    number, now = next(_numbers), clock.now()
    cast.ladder()
    base = base or Rule.objects.filter(code="per-yuan").first() or a_point_per_yuan()
    member = cast.member(f"会员{number}", phone=f"138{number:08d}", now=now - timedelta(days=2))
    partner = cast.partner(f"till-{number}")
    cast.key(code=partner.code)
    Store.objects.create(code=f"store-{number}", name=f"店{number}", partner=partner)
    Rule.objects.create(code=f"draft-{number}", name_zh=f"草稿{number}", kind="order.paid", effects=base.effects)
    order(member, partner, f"A-{number}")
    holding.hold(account_id=member.account_id, amount=5, key=f"hold-{number}", partner=partner, now=now)
    TierChange.objects.create(member=member, previous=None, tier=member.tier, changed_at=now)
    _hand_over(number, member)
    _leftovers(number, partner)
    _value(number, member, partner)
    _policies(number)
    return member


def _policies(number: int) -> None:
    """A change of policies that touches nobody, and a lifetime that is not in use."""
    changes = {"programme": {"claim_days": 30 + number}}
    policies.publish(changes=changes, by=None, now=clock.now(), reason=f"because {number}")
    points = Currency.objects.get(code="points")
    names = {"name_zh": f"有效期{number}", "name_en": f"lifetime {number}"}
    Lifetime.objects.create(currency=points, mode="months", length=24, is_active=False, **names)


def order(member: Member, partner: Partner, order_id: str, minor: int = 10_000) -> None:
    """An order of this very hour."""
    payload = {
        "order_id": order_id,
        "currency": "CNY",
        "amount_minor": minor,
        "customer": f"m:{member.account.number}",
    }
    told = Incoming("order.paid", payload, clock.now() - timedelta(minutes=5))
    [outcome] = intake.post([told], partner=partner, now=clock.now())
    assert outcome.status == "accepted"


def _hand_over(number: int, member: Member) -> None:
    """A shared purse, and a gift to an account that turns out to be the member's own and is merged."""
    now = clock.now()
    Currency.objects.filter(code="points").update(is_transferable=True)
    own, duplicate = member.account_id, accounts.open_account(now=now).pk
    transferring.transfer(giver_id=own, receiver_id=duplicate, amount=5, key=f"gift-{number}", now=now)
    pooling.open_purse(owner_id=own, name=f"一家{number}", now=now)
    merging.merge(survivor_id=own, duplicate_id=duplicate, reason="one person", by=None, now=now)


def _leftovers(number: int, partner: Partner) -> None:
    now = clock.now()
    JobRun.objects.create(job="expire", period=str(number), state="failed", leased_until=now, started_at=now)
    OutboxMessage.objects.create(topic="mail", key=str(number), payload={}, created_at=now, due_at=now, dead_at=now)
    ImportJob.objects.create(partner=partner, file_name=f"{number}.csv", file_hash=str(number), created_at=now)
    PartnerCall.objects.create(
        partner=partner, request_id=str(number), method="GET", path="/", status=200, took_ms=1, called_at=now
    )


def _value(number: int, member: Member, partner: Partner) -> None:
    """A withdrawn wish, a role's limit, a record and a seal."""
    now = clock.now()
    actor = User.objects.create_user(f"clerk-{number}", is_staff=True)
    wish = Approval.objects.create(
        deed="adjust",
        account=member.account,
        amount=5,
        terms={"currency": "points"},
        reason="x",
        state="withdrawn",
        asked_by=actor,
        asked_at=now,
        decided_by=actor,
        decided_at=now,
    )
    filed = Approval.objects.create(
        deed="bulk",
        amount=5,
        terms={"currency": "points", "file": "x.csv", "members": 1},
        reason="x",
        state="withdrawn",
        asked_by=actor,
        asked_at=now,
        decided_by=actor,
        decided_at=now,
    )
    kept = AdjustmentFile.objects.create(
        approval=filed, file_name=f"{number}.csv", file_hash=str(number), currency=Currency.objects.get(code="points")
    )
    AdjustmentLine.objects.create(file=kept, number=2, account=member.account, amount=5)
    Threshold.objects.create(group=Group.objects.create(name=f"role-{number}"), deed="adjust", points_alone=100)
    audit.record(deed="approval.withdrawn", subject=audit.name_of(wish), actor=actor, now=now, after={"amount": 5})
    audit.record(deed="approval.asked", subject=audit.name_of(wish), partner=partner, now=now, after={"amount": 5})
    Seal.objects.create(
        chain="ledger", number=number, since=now, until=now, rows=number, digest="0" * 64, sealed_at=now
    )
