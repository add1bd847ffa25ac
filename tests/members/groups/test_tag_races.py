"""Two who tag one member at the same instant, on PostgreSQL."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest

from loyalty.models import Event
from members.groups import tags
from members.models import Tag, Tagging
from tests import cast
from tests.members.climbing.test_tier_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_tagged_by_three_at_once_it_is_told_once() -> None:
    member = cast.new_member()
    vip = Tag.objects.create(code="vip", name_zh="vip", name_en="vip")

    def giving(place: int) -> None:
        now = cast.NOW + timedelta(seconds=place)
        tags.give(tag=vip, account_ids=[member.pk], source=Tagging.Source.STAFF, now=now)

    at_once([partial(giving, place) for place in range(3)])

    assert Tagging.objects.count() == 1
    assert Event.objects.filter(kind="tag.given").count() == 1


def test_without_looking_again_each_would_tell() -> None:
    """The negative control: what was new before writing is new to both."""
    member = cast.new_member()
    vip = Tag.objects.create(code="vip", name_zh="vip", name_en="vip")
    seen, told = Barrier(2), []

    def unlooked() -> None:
        is_new = not Tagging.objects.filter(member=member, tag=vip).exists()
        seen.wait()
        row = Tagging(member=member, tag=vip, source=Tagging.Source.STAFF, given_at=cast.NOW)
        Tagging.objects.bulk_create([row], ignore_conflicts=True)
        told.append(is_new)

    at_once([unlooked, unlooked])

    assert (Tagging.objects.count(), told) == (1, [True, True])
