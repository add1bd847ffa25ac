"""The operators' pages of tags: chips, who has them, settling by hand."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.models import AuditRecord
from members.models import Tag, Tagging
from tests import cast, visits

pytestmark = pytest.mark.django_db
GOLD = {"all": [{"fact": "member.tier", "op": "eq", "value": "gold"}]}
LIST = reverse("admin:members_tag_changelist")


@pytest.fixture
def staff() -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.operator(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def golden(code: str = "golden") -> Tag:
    return Tag.objects.create(code=code, name_zh=code, name_en=code, is_automatic=True, condition=GOLD)


def test_an_automatic_tag_is_made_and_settled(staff: Client) -> None:
    cast.gold_member()
    told = {"code": "golden", "name_zh": "金", "name_en": "Gold", "color": "#8f5f14", "note": "", "expires_days": ""}

    staff.post(reverse("admin:members_tag_add"), told | {"is_automatic": "on", "condition": json.dumps(GOLD)})
    tag = Tag.objects.get()
    staff.post(reverse("admin:members_tag_settle", args=[tag.pk]))

    page = staff.get(LIST).content.decode()
    assert (tag.condition, Tagging.objects.count()) == (GOLD, 1)
    assert "tier is Gold" in page
    assert f'{reverse("admin:members_member_changelist")}?tag=golden">1<' in page
    assert 'fill="#8f5f14"' in page
    assert AuditRecord.objects.filter(deed="members.tag.settle").count() == 1


def test_a_tag_is_retired_never_deleted(staff: Client) -> None:
    tag = golden()

    staff.post(reverse("admin:members_tag_retire", args=[tag.pk]))
    refused = staff.post(reverse("admin:members_tag_delete", args=[tag.pk]), {"post": "yes"})

    tag.refresh_from_db()
    assert (tag.archived_at is not None, refused.status_code) == (True, 403)


def test_the_list_asks_as_often_for_three_rows_as_for_one(staff: Client) -> None:
    cast.ladder()
    golden("t0")
    few = visits.queries(staff, LIST)
    golden("t1")
    golden("t2")

    assert visits.queries(staff, LIST) == few
