"""Demo rows of this room: colleagues' notes on some members, one who asked to be forgotten, a child."""

from datetime import timedelta

from loyalty import clock
from loyalty.demo.stage import Stage
from loyalty.models import User
from loyalty.registry import DemoData
from members import notes
from members.entering import guardians
from members.entering.guardians import Guardian
from members.models import Erasure, Member
from members.privacy import wishes

WORDS = (
    "猫粮只要小包装，家里还有一位怕狗的老人，送货请先打电话。",
    "喜欢周末来店里给狗狗洗澡，生日那天送过小蛋糕，很开心。",
    "换过两次尺码，推荐胸背带 M 号。",
)
GUARDIAN = Guardian("周妈妈", "+8613500135000")


def plant(stage: Stage) -> None:
    """The star and the next two members have a note each; one has asked to leave, not the newest; one is a child."""
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
        _guard(known[-3].account_id or 0, stage)


def _guard(account_id: int, stage: Stage) -> None:
    """Eleven years old; the guardian's page shows her by a code to the guardian's number."""
    born = clock.add_months(stage.today, -12 * 11 - 2)
    Member.objects.filter(pk=account_id).update(birthday=born)
    guardians.agree(Member.objects.get(pk=account_id), GUARDIAN, now=stage.now)


DEMO = (DemoData("privacy", 94, plant),)
