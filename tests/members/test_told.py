"""What members are told of themselves: filled as things are when it is delivered."""

import pytest

from loyalty import outbox, rules
from loyalty.messaging import sending
from loyalty.models import Event, Message, Rule
from members.models import Member, Tier
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
INBOX = {"in_app"}


def test_who_joins_is_welcomed_with_the_member_number() -> None:
    effects = [{"effect": "message.send", "template": "member-joined", "channels": "in_app"}]
    rule = Rule.objects.create(code="welcome", name_zh="欢迎", kind="member.joined", effects=effects)
    rules.publish(rule, by=None, now=cast.NOW)

    member = cast.member("周一诺", phone="13900139000", now=cast.NOW)
    outbox.drain(now=cast.NOW)

    [message] = Message.objects.all()
    number = member.account.number
    assert (message.state, message.subject) == ("sent", "周一诺，欢迎来到常青会员")
    assert f"{number[:4]} {number[4:8]} {number[8:]}" in message.body


@pytest.mark.parametrize(("stands", "told"), [("gold", "恭喜升级银卡"), ("silver", "恭喜升级银卡"), ("starter", "")])
def test_a_new_tier_is_told_unless_it_was_lost_again_meanwhile(stands: str, told: str) -> None:
    cast.ladder()
    member = cast.new_member()
    event = Event.objects.get(account_id=member.pk)
    Event.objects.filter(pk=event.pk).update(payload={"tier": "silver"})
    params = {"event": str(event.pk)}
    sending.send(
        account_ids=[member.pk], template="tier-upgraded", params=params, key="k", now=cast.NOW, channels=INBOX
    )
    Member.objects.filter(pk=member.pk).update(tier=Tier.objects.get(code=stands))

    outbox.drain(now=cast.NOW)

    assert Message.objects.values_list("subject", "reason").get() == (told, "" if told else "moot")
