"""What members are told of their redemptions."""

import pytest

from loyalty import outbox, rules
from loyalty.models import Message, Rule
from rewards import redemptions
from rewards.models import Redemption
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def redeem() -> Redemption:
    """A wand for 800 points, told by a rule."""
    effects = [{"effect": "message.send", "template": "reward-redeemed", "channels": "in_app"}]
    rule = Rule.objects.create(code="redeemed", name_zh="兑换", kind="reward.redeemed", effects=effects)
    rules.publish(rule, by=None, now=cast.NOW)
    member = cast.gold_member()
    reward = cast.reward()
    return redemptions.place(account_id=member.pk, reward_code=reward.code, quantity=1, token="t", now=cast.NOW)


def test_a_redemption_is_told_with_its_ticket() -> None:
    redemption = redeem()

    outbox.drain(now=cast.NOW)

    [message] = Message.objects.all()
    assert (message.state, message.subject) == ("sent", "兑换成功：逗猫棒")
    assert redemption.number in message.body
    assert "800 积分" in message.body


def test_a_redemption_cancelled_meanwhile_is_not_told() -> None:
    redemption = redeem()
    Redemption.objects.filter(pk=redemption.pk).update(state=Redemption.State.CANCELLED)

    outbox.drain(now=cast.NOW)

    assert Message.objects.values_list("state", "reason").get() == ("suppressed", "moot")
