"""A member whose every trace bears a mark, in every table that may hold one, and the search for the marks."""

import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast
from PIL import Image

from loyalty import calls, limits
from loyalty.events import intake
from loyalty.ledger import transferring
from loyalty.messaging import codes, delivering
from loyalty.models import (
    ChannelPreference,
    Currency,
    Event,
    IdempotencyKey,
    ImportJob,
    ImportRow,
    Message,
    Order,
    Partner,
)
from loyalty.models.messages import Channel
from members.entering import enrolment
from members.models import (
    Address,
    Benefit,
    BenefitClaim,
    Interest,
    Member,
    MemberInterest,
    Pet,
    PetWeight,
    Picture,
    Plan,
    PlanTerm,
    Referral,
    ReferralCode,
    Segment,
    SegmentMember,
    StaffNote,
    Tag,
    Tagging,
)
from members.profile import pictures, redrawing
from tests import cast
from tests.loyalty import till
from tests.loyalty.till import NOW

NAME, PHONE, EMAIL, TILL_ID = "金丝雀乔安娜", "13911112222", "canary.joanna@example.com", "CANARY-77"
MARKS = ("金丝雀", "金丝雀".encode("unicode_escape").decode(), "canary", PHONE, "139 1111 2222", "13922223333")
TODAY = date(2026, 11, 11)


def somebody(*, name: str = NAME, phone: str = PHONE, email: str = EMAIL, till_id: str = TILL_ID) -> Member:
    """Who joined at the till with a password, bought twice and has points to show for it."""
    partner = till.open_till()
    member = enrolment.enrol(
        source=Member.Source.API,
        name=name,
        phone=phone,
        email=email,
        password=cast.PASSWORD,
        consents={"terms": True, "marketing": True},
        partner_id=partner.pk,
        external_id=till_id,
        now=NOW - timedelta(days=30),
    )
    for number in (1, 2):
        till.post(
            till.order(f"{till_id}-order-{number}"[-9:], 15000, member.account, metadata={"note": f"{NAME} 请送"})
        )
    return member


def mark_everything(member: Member) -> None:
    """Leaves a mark wherever the product can leave one."""
    mark_person(member)
    mark_words(member)
    mark_logs(member)


def mark_person(member: Member) -> None:
    """What hangs on the member."""
    of = {"member": member}
    Member.objects.filter(pk=member.pk).update(guardian_name="金丝雀监护人", birthday=date(2010, 1, 1))
    SocialAccount.objects.create(
        user=member.user, provider="wechat", uid="canary-openid", extra_data={"nickname": NAME}
    )
    Address.objects.create(
        **of,
        recipient="金丝雀收件人",
        phone="+8613922223333",
        province="上海",
        city="上海",
        street="金丝雀路8号",
        written_at=NOW,
    )
    picture = pictures.keep(member_id=member.pk, drawn=drawing(), purpose=Picture.Purpose.AVATAR, now=NOW)
    Member.objects.filter(pk=member.pk).update(avatar=picture)
    pet = Pet.objects.create(**of, name="金丝雀毛毛", species="cat", breed="金丝雀猫", added_at=NOW)
    PetWeight.objects.create(pet=pet, weighed_on=TODAY, grams=4200)
    interest = Interest.objects.create(code="toys", name_zh="玩具", name_en="Toys")
    MemberInterest.objects.create(**of, interest=interest)
    tag = Tag.objects.create(code="vip", name_zh="重要", name_en="VIP")
    Tagging.objects.create(**of, tag=tag, source="staff", given_at=NOW)
    segment = Segment.objects.create(code="list", name_zh="名单", name_en="List", kind="static")
    SegmentMember.objects.create(segment=segment, member=member, added_at=NOW)
    StaffNote.objects.create(**of, text="金丝雀备注", written_at=NOW)
    ReferralCode.objects.create(**of, code="CANARYCODE")
    Referral.objects.create(**of, code="X", joined_at=NOW)
    benefit = Benefit.objects.create(code="gift", name_zh="礼", name_en="Gift")
    BenefitClaim.objects.create(
        **of, benefit=benefit, period="2026", place=1, code="CANARY1", claimed_at=NOW, note="金丝雀签收"
    )
    plan = Plan.objects.create(code="plus", name_zh="会员", name_en="Plus")
    PlanTerm.objects.create(
        **of, plan=plan, key="term-1", source="staff", starts_on=TODAY, through_on=TODAY, note="金丝雀", bought_at=NOW
    )


def drawing() -> redrawing.Drawn:
    """A picture as a camera would send it."""
    sent = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(sent, "PNG")
    return redrawing.redraw(sent.getvalue())


def mark_words(member: Member) -> None:
    """What the ground says of them and lets them say."""
    friend = cast.member("好友", phone="13800138001", now=NOW - timedelta(days=30))
    Currency.objects.filter(code="points").update(is_transferable=True)
    transferring.transfer(
        giver_id=member.pk, receiver_id=friend.pk, amount=10, key="gift-1", memo="金丝雀祝你生日快乐", now=NOW
    )
    for key in Message.objects.filter(account=member.pk).values_list("key", flat=True):
        delivering.deliver(key, now=NOW)
    Message.objects.create(
        key="note-1", account=member.account, purpose="service", channel="sms", body="金丝雀你好", created_at=NOW
    )
    ChannelPreference.objects.create(
        account=member.account, purpose="marketing", channel="sms", is_on=False, changed_at=NOW
    )
    parked = cast.partner("webshop", unknown_member=Partner.UnknownMember.PARK)
    intake.post([till.order("W-1", 5000, None, customer=f"x:{TILL_ID}")], partner=parked, now=NOW)
    assert Event.objects.filter(state=Event.State.PARKED).count() == 1
    Order.objects.filter(account=member.account).update(customer_ref=f"x:{TILL_ID}")


def mark_logs(member: Member) -> None:
    """What is written down about everybody."""
    partner = till.open_till()
    body = f'{{"name": "{NAME}", "external_id": "{TILL_ID}"}}'.encode()
    escaped = b'{"name": "\\u91d1\\u4e1d\\u96c0\\u4e54\\u5b89\\u5a1c"}'
    for path, answer in (("/api/v1/members", body), (f"/api/v1/members/x:{TILL_ID}", escaped)):
        calls.note(
            partner_id=partner.pk,
            request_id="r",
            method="POST",
            path=path,
            status=201,
            body=body,
            answer=answer,
            took_ms=1,
            now=NOW,
        )
    IdempotencyKey.objects.create(
        partner=partner,
        key="k",
        fingerprint="f",
        status=201,
        answer={"number": member.account.number, "name": NAME},
        created_at=NOW,
    )
    job = ImportJob.objects.create(partner=partner, file_name="orders.csv", file_hash="0", created_at=NOW)
    ImportRow.objects.create(job=job, number=1, outcome="refused", message=f"No member goes by “{PHONE}”.")
    limits.hit(bucket=f"code:+86{PHONE}", limit=9, per_seconds=60, now=NOW)
    codes.send_code(to=EMAIL, channel=Channel.EMAIL, purpose="reset", kind="", language="zh-hans", network="n", now=NOW)
    LogEntry.objects.create(
        user=cast.operator(),
        content_type=ContentType.objects.get_for_model(Member),
        object_id=str(member.pk),
        object_repr=NAME,
        action_flag=CHANGE,
        change_message=f'[{{"changed": {{"object": "{NAME}"}}}}]',
        action_time=NOW,
    )


def traces() -> list[str]:
    """Every text of every table that bears a mark: ``table.column: text``."""
    return [f"{table}.{column}: {text}" for table, column, text in _texts() if any(mark in text for mark in MARKS)] + [
        f"session: {row.get_decoded()}"
        for row in Session.objects.all()
        if any(mark in str(row.get_decoded()) for mark in MARKS)
    ]


def _texts() -> Iterator[tuple[str, str, str]]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.is_relation or not isinstance(
                field, models.CharField | models.TextField | models.JSONField | models.FileField
            ):
                continue
            rows = model._base_manager.annotate(found_text=Cast(field.attname, models.TextField()))
            wanted = Q()
            for mark in MARKS:
                wanted |= Q(found_text__icontains=mark)
            for text in rows.filter(wanted).values_list("found_text", flat=True):
                yield model._meta.label, field.attname, str(text).replace("CANARY", "canary")


def books() -> dict[str, int]:
    """Points outstanding with everybody, by flow."""
    entry = apps.get_model("loyalty", "Entry")
    rows = entry.objects.order_by().values("counter").annotate(total=models.Sum("amount"))
    return {row["counter"]: row["total"] for row in rows}


def days(count: int) -> datetime:
    return NOW + timedelta(days=count)
