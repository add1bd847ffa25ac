"""Many members, each built at random from everything the product can know of somebody, all of it marked.

What a seed builds is always the same. Two in ten are somebody else's duplicate and merged; two in ten share a
purse; one in ten is to stay, and bears no mark. ``everywhere`` searches whole rows of whole tables.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import connection

from loyalty import approvals, calls, limits
from loyalty.events import intake
from loyalty.ledger import holding, merging, pooling, spending, transferring
from loyalty.models import ChannelPreference, Currency, IdempotencyKey, Message, Order, Partner
from members import notes
from members.entering import enrolment
from members.models import (
    Address,
    Benefit,
    BenefitClaim,
    Interest,
    Member,
    MemberInterest,
    Picture,
    Plan,
    PlanTerm,
    ReferralCode,
    Segment,
    SegmentMember,
    Tag,
    Tagging,
)
from members.profile import pets, pictures
from members.profile.redrawing import Drawn
from tests import cast
from tests.loyalty import till
from tests.loyalty.desk import person as colleague
from tests.loyalty.till import NOW
from tests.members.privacy import canaries

MARKS = ("金丝雀", json.dumps("金丝雀")[1:-1], "canary", "139111", "139 111")
STAYS = 10
Deed = Callable[["Bird"], object]


@dataclass(frozen=True)
class Bird:
    """One of them, with the dice it was built by."""

    place: int
    dice: random.Random
    member: Member
    stays: bool

    @property
    def id(self) -> int:
        return int(self.member.pk)

    @property
    def word(self) -> str:
        return "留鸟" if self.stays else "金丝雀"

    @property
    def till_id(self) -> str:
        return f"{'STAY' if self.stays else 'CANARY'}-{self.place}"

    def order_id(self, number: int) -> str:
        return f"O-{self.place}-{number}"


def hatch(count: int, seed: int) -> list[Bird]:
    """Everybody, with all that is known of them."""
    till.one_for_one()
    Currency.objects.filter(code="points").update(is_transferable=True)
    Partner.objects.get_or_create(code="till", defaults={"name": "Till"})
    birds = [_bird(place, random.Random(seed * 100_000 + place)) for place in range(count)]
    settings = _settings()
    clerk = colleague("flock-clerk", "clerk")
    for bird in birds:
        for deed in bird.dice.sample(DEEDS, bird.dice.randint(3, len(DEEDS))):
            deed(bird)
        bird.dice.choice(settings)(bird)
        if bird.dice.random() < 0.2:
            approvals.ask(deed="adjust", account_id=bird.id, amount=5000, reason="lost", by=clerk, now=NOW)
    for bird in birds[:-1]:
        _give_to(bird, birds[bird.place + 1])
    _pair(birds)
    return birds


def _bird(place: int, dice: random.Random) -> Bird:
    stays = place % STAYS == STAYS - 1
    word = "留鸟" if stays else "金丝雀"
    member = enrolment.enrol(
        source=Member.Source.API,
        name=f"{word}{place}号",
        phone=f"1{'30222' if stays else '39111'}{place:05}",
        email=f"{'stay' if stays else 'canary'}{place}@example.com" if dice.random() < 0.7 else "",
        birthday=date(1960 + place % 40, 1 + place % 12, 1 + place % 28) if dice.random() < 0.7 else None,
        password="a-quiet-green-cat" if dice.random() < 0.5 else None,
        consents={"terms": True, "marketing": dice.random() < 0.5},
        partner_id=till.open_till().pk,
        external_id=f"{'STAY' if stays else 'CANARY'}-{place}",
        now=NOW - timedelta(days=30),
    )
    bird = Bird(place, dice, member, stays)
    till.post(
        *(
            till.order(bird.order_id(number), 15000, member.account, metadata={"note": f"{word}请送"})
            for number in range(dice.randint(1, 3))
        )
    )
    return bird


def _address(bird: Bird) -> None:
    Address.objects.create(
        member_id=bird.id,
        recipient=f"{bird.word}收件",
        phone=f"+861{'30222' if bird.stays else '39111'}{bird.place:05}",
        province="上海",
        city="上海",
        street=f"{bird.word}路{bird.place}号",
        written_at=NOW,
    )


def _pet(bird: Bird) -> None:
    pet = pets.add(member_id=bird.id, told=pets.Told(f"{bird.word}毛毛", "cat", f"{bird.word}猫"), now=NOW)
    pets.weigh(member_id=bird.id, pet_id=pet.pk, kilograms=Decimal("4.2"), on=canaries.TODAY, now=NOW)


@cache
def _drawing() -> Drawn:
    return canaries.drawing()


def _picture(bird: Bird) -> None:
    found = pictures.keep(member_id=bird.id, drawn=_drawing(), purpose=Picture.Purpose.AVATAR, now=NOW)
    Member.objects.filter(pk=bird.id).update(avatar=found)


def _note(bird: Bird) -> None:
    notes.write(account_id=bird.id, text=f"{bird.word}备注", by=None, now=NOW)


def _guardian(bird: Bird) -> None:
    Member.objects.filter(pk=bird.id).update(guardian_name=f"{bird.word}家长", guardian_agreed_at=NOW)


def _hold(bird: Bird) -> None:
    if cast.available(bird.id) < 20:
        return
    holding.hold(account_id=bird.id, amount=20, key=f"h-{bird.place}", memo=f"{bird.word}预留", now=NOW)


def _debt(bird: Bird) -> None:
    """Spends what there is of the first order, then returns it."""
    spending.spend(account_id=bird.id, amount=min(130, cast.available(bird.id)), now=NOW)
    till.post(till.refund(f"first-{bird.place}", bird.order_id(0), 15000))


def _message(bird: Bird) -> None:
    Message.objects.create(
        key=f"note-{bird.place}",
        account_id=bird.id,
        purpose="service",
        channel="sms",
        body=f"{bird.word}你好",
        created_at=NOW,
    )
    ChannelPreference.objects.create(
        account_id=bird.id, purpose="marketing", channel="sms", is_on=False, changed_at=NOW
    )


def _waiting(bird: Bird) -> None:
    """Told before the till's reference was known: parked under the name that the till gave."""
    patient, _new = Partner.objects.get_or_create(code="webshop", defaults={"name": "Shop", "unknown_member": "park"})
    from_shop = till.order(f"W-{bird.place}", 5000, None, customer=f"x:{bird.till_id}")
    intake.post([from_shop], partner=patient, now=NOW)
    Order.objects.filter(account=bird.id).update(customer_ref=f"x:{bird.till_id}")


def _logs(bird: Bird) -> None:
    body = json.dumps({"name": bird.member.name, "external_id": bird.till_id}, ensure_ascii=bird.dice.random() < 0.5)
    calls.note(
        partner_id=till.open_till().pk,
        request_id="r",
        method="POST",
        path=f"/api/v1/members/x:{bird.till_id}",
        status=200,
        body=body.encode(),
        answer=body.encode(),
        took_ms=1,
        now=NOW,
    )
    IdempotencyKey.objects.create(
        partner=till.open_till(),
        key=f"k-{bird.place}",
        fingerprint="f",
        status=201,
        answer={"number": bird.member.account.number, "name": bird.member.name},
        created_at=NOW,
    )
    limits.hit(bucket=f"code:{bird.member.phone}", limit=9, per_seconds=60, now=NOW)


def _link(bird: Bird) -> None:
    if bird.member.user is not None:
        told = {"nickname": f"{bird.word}昵称"}
        uid = f"{'stay' if bird.stays else 'canary'}-openid-{bird.place}"
        SocialAccount.objects.create(user=bird.member.user, provider="wechat", uid=uid, extra_data=told)


DEEDS: Sequence[Deed] = (_address, _pet, _picture, _note, _guardian, _hold, _debt, _message, _waiting, _logs, _link)


def _settings() -> Sequence[Deed]:
    """What needs a row of the brand's own beside it."""
    tag = Tag.objects.create(code="vip", name_zh="重要", name_en="VIP")
    segment = Segment.objects.create(code="list", name_zh="名单", name_en="List", kind="static")
    interest = Interest.objects.create(code="toys", name_zh="玩具", name_en="Toys")
    benefit = Benefit.objects.create(code="gift", name_zh="礼", name_en="Gift")
    plan = Plan.objects.create(code="plus", name_zh="会员", name_en="Plus")

    def groups(bird: Bird) -> None:
        Tagging.objects.create(member_id=bird.id, tag=tag, source="staff", given_at=NOW)
        SegmentMember.objects.create(segment=segment, member_id=bird.id, added_at=NOW)
        MemberInterest.objects.create(member_id=bird.id, interest=interest)
        ReferralCode.objects.create(member_id=bird.id, code=f"{'STAY' if bird.stays else 'CANARY'}{bird.place}")

    def benefits(bird: Bird) -> None:
        own: Mapping[str, Any] = {"member_id": bird.id, "note": f"{bird.word}签收"}
        code = f"{'STAY' if bird.stays else 'CANARY'}{bird.place}"
        BenefitClaim.objects.create(**own, benefit=benefit, period="2026", place=1, code=code, claimed_at=NOW)
        days = {"starts_on": canaries.TODAY, "through_on": canaries.TODAY}
        PlanTerm.objects.create(**own, **days, plan=plan, key=f"t-{bird.place}", source="staff", bought_at=NOW)

    return groups, benefits


def _give_to(bird: Bird, other: Bird) -> None:
    """A gift with a word, where there is enough to give."""
    if cast.available(bird.id) < 10:
        return
    transferring.transfer(
        giver_id=bird.id,
        receiver_id=other.id,
        amount=10,
        key=f"gift-{bird.place}",
        memo="金丝雀祝好",
        now=NOW,
    )


def _pair(birds: Sequence[Bird]) -> None:
    """Of each ten: the second is the first again, the third and the fourth share a purse."""
    for one, other, owner, guest in zip(birds[0::10], birds[1::10], birds[2::10], birds[3::10], strict=False):
        merging.merge(survivor_id=one.id, duplicate_id=other.id, reason="same person", by=None, now=NOW)
        pool = pooling.open_purse(owner_id=owner.id, name=f"{owner.word}一家", now=NOW)
        pooling.join(pool_id=pool.pk, account_id=guest.id, now=NOW)
        if cast.available(guest.id) >= 10:
            pooling.contribute(pool_id=pool.pk, account_id=guest.id, amount=10, key=f"c-{guest.place}", now=NOW)


def living(birds: Sequence[Bird]) -> list[Bird]:
    """Those who are to be erased by a wish of their own: neither staying nor merged into somebody."""
    return [bird for bird in birds if not bird.stays and bird.place % 10 != 1]


def everywhere() -> list[str]:
    """Every row of every table in the schema, whoever made it, whose text bears a mark; PostgreSQL alone.

    Rows are searched as the database writes them, so no column and no type is left out.
    """
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for (table,) in cursor.fetchall():
            patterns = [f"%{mark}%".replace("\\", "\\\\") for mark in MARKS]
            statement = f"SELECT t::text FROM {table} t WHERE t::text ILIKE ANY(%s)"  # noqa: S608  # the catalogue's own, quoted names
            cursor.execute(statement, [patterns])
            found += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    return found
