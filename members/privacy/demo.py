"""Demo rows of this room: colleagues' notes on some members, and one who asked to be forgotten and may still stay."""

from datetime import timedelta

from loyalty.demo.stage import Stage
from loyalty.models import User
from loyalty.registry import DemoData
from members import notes
from members.models import Erasure
from members.privacy import wishes

WORDS = (
    "猫粮只要小包装，家里还有一位怕狗的老人，送货请先打电话。",
    "喜欢周末来店里给狗狗洗澡，生日那天送过小蛋糕，很开心。",
    "换过两次尺码，推荐胸背带 M 号。",
)


def plant(stage: Stage) -> None:
    """The star and the next two members have a note each; one has asked to leave, not the newest."""
    known = sorted((each for each in stage.shoppers if each.account_id), key=lambda each: not each.is_star)
    by = User.objects.filter(is_staff=True).order_by("pk").first()
    for at, (shopper, text) in enumerate(zip(known, WORDS, strict=False)):
        noted_at = stage.now - timedelta(days=2 + 9 * at)
        notes.write(account_id=shopper.account_id or 0, text=text, by=by, now=noted_at)
    if len(known) > len(WORDS) + 1:
        Erasure.objects.create(
            account_id=known[-2].account_id or 0,
            asked_at=stage.now,
            due_on=stage.today + timedelta(days=wishes.days_to_think()),
        )


DEMO = (DemoData("privacy", 94, plant),)
