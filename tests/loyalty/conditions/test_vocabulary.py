"""What may be named: validation against the registry, the editor's catalogue, and facts in one query."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from loyalty import conditions
from loyalty.conditions import ConditionError
from loyalty.models import Account, Balance, Currency, Metric
from members.models import Member, Tier

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 17)
AMOUNT = {"fact": "event.amount", "op": "gte", "value": 10000}
GOLD = {"fact": "member.tier", "op": "eq", "value": "t-gold"}
SPEND = {"fact": "metric.t_spend", "op": "gte", "value": 100, "window": {"lifetime": True}}


@pytest.fixture
def gold() -> Tier:
    return Tier.objects.create(code="t-gold", name_zh="金卡", name_en="Gold", rank=900, threshold=10**9)


@pytest.fixture
def account(gold: Tier) -> Account:
    account = Account.objects.create(number="T1", opened_at=datetime(2026, 1, 1, tzinfo=UTC))
    Member.objects.create(
        account=account,
        phone="+8613800000001",
        source=Member.Source.WEB,
        joined_at=datetime(2026, 1, 1, tzinfo=UTC),
        joined_on=date(2026, 1, 1),
        tier=gold,
    )
    points, _made = Currency.objects.get_or_create(code="points", defaults={"name_zh": "积分", "name_en": "points"})
    Balance.objects.create(account=account, currency=points, available=120, pending=30)
    return account


def test_a_sound_condition_passes(gold: Tier) -> None:
    conditions.validate({"all": [AMOUNT, GOLD, {"none": [SPEND]}]}, kind="probe.sale")
    conditions.validate({"all": [GOLD, SPEND]}, kind=None)

    assert list(conditions.accounts({"all": [GOLD, SPEND]}, as_of=DAY)) == []


@pytest.mark.parametrize(
    ("raw", "kind", "code", "param"),
    [
        ({"fact": "member.shoe_size", "op": "eq", "value": 1}, None, "condition_unknown_fact", "fact"),
        ({"all": [{**AMOUNT, "fact": "event.mood"}]}, "probe.sale", "condition_unknown_fact", "all.0.fact"),
        ({"all": [AMOUNT]}, "no.such.kind", "condition_unknown_fact", "all.0.fact"),
        ({"all": [AMOUNT]}, None, "condition_event_fact", "all.0.fact"),
        ({**SPEND, "fact": "metric.nothing"}, None, "condition_unknown_fact", "fact"),
        ({"fact": "metric.t_spend", "op": "empty", "window": {"days": 3}}, None, "condition_unknown_operator", "op"),
        ({"any": [{**GOLD, "op": "gte"}]}, None, "condition_unknown_operator", "any.0.op"),
        ({**GOLD, "value": 3}, None, "condition_text", "value"),
        ({**AMOUNT, "value": "10000"}, "probe.sale", "condition_number", "value"),
        ({**GOLD, "value": "diamond"}, None, "condition_choice", "value"),
        ({**GOLD, "op": "in", "value": ["t-gold", "diamond"]}, None, "condition_choice", "value.1"),
        ({"fact": "member.birthday", "op": "before", "value": "2026-01-01"}, None, "condition_unknown_operator", "op"),
    ],
)
@pytest.mark.usefixtures("gold")
def test_what_does_not_suit_is_refused_with_its_place(raw: Any, kind: str | None, code: str, param: str) -> None:
    with pytest.raises(ConditionError) as refused:
        conditions.validate(raw, kind=kind)

    assert (refused.value.code, refused.value.param) == (code, param)


def test_refusals_speak_the_readers_language(gold: Tier) -> None:
    with pytest.raises(ConditionError) as refused:
        conditions.validate({**GOLD, "value": "diamond"}, kind=None)

    with translation.override("en"):
        english = refused.value.message
    with translation.override("zh-hans"):
        chinese = refused.value.message
    assert english == "“diamond” is not one of the choices. Choose one from the list."
    assert chinese == "选项里没有“diamond”，请从列表中选择。"


@pytest.mark.parametrize("raw", [AMOUNT, {**GOLD, "op": "gte", "value": 1}, {**GOLD, "fact": "no.such"}])
def test_people_cannot_be_chosen_by_what_only_an_event_has(raw: dict[str, Any]) -> None:
    with pytest.raises(ConditionError) as refused:
        conditions.where({"all": [raw]}, as_of=DAY)

    assert (refused.value.param or "").startswith("all.0.")


def test_metrics_operators_added_can_be_named_and_the_kernels_own_cannot() -> None:
    Metric.objects.create(code="t_own", name_zh="回访", name_en="visits")
    Metric.objects.create(code="awarded:1:points", name_zh="x", name_en="x")

    conditions.validate({**SPEND, "fact": "metric.t_own"}, kind=None)

    codes = {item["code"] for item in conditions.catalogue(None)}
    assert "metric.t_own" in codes
    assert "metric.awarded:1:points" not in codes


def test_a_metric_that_adds_up_money_is_money() -> None:
    Metric.objects.create(
        code="t_total", name_zh="总额", name_en="total", kind="probe.sale", measure="sum", field="amount"
    )

    types = {item["code"]: item["type"] for item in conditions.catalogue("probe.sale")}

    assert (types["metric.t_total"], types["metric.t_spend"]) == ("money", "money")


def test_the_catalogue_tells_the_editor_all_it_needs(gold: Tier) -> None:
    with translation.override("en"):
        offered = {item["code"]: item for item in conditions.catalogue("probe.sale")}

    assert offered["event.amount"] == {
        "code": "event.amount",
        "label": "sale amount",
        "group": "sale",
        "type": "money",
        "ops": [
            {"code": "eq", "label": "is", "takes": "one"},
            {"code": "ne", "label": "is not", "takes": "one"},
            {"code": "gte", "label": "is at least", "takes": "one"},
            {"code": "gt", "label": "is more than", "takes": "one"},
            {"code": "lte", "label": "is at most", "takes": "one"},
            {"code": "lt", "label": "is less than", "takes": "one"},
            {"code": "between", "label": "is between", "takes": "two"},
            {"code": "empty", "label": "is not filled in", "takes": "nothing"},
            {"code": "not_empty", "label": "is filled in", "takes": "nothing"},
        ],
        "choices": None,
        "needs_window": False,
    }
    assert ["t-gold", "Gold"] in offered["member.tier"]["choices"]
    assert offered["metric.t_spend"]["needs_window"] is True
    assert [op["code"] for op in offered["metric.t_spend"]["ops"]][-1] == "between"


def test_without_an_event_the_catalogue_offers_only_what_is_known_of_people() -> None:
    codes = {item["code"] for item in conditions.catalogue(None)}

    assert {code for code in codes if code.startswith("event.")} == set()
    assert {"member.tier", "balance.points", "account.status", "metric.t_spend"} <= codes


def test_facts_of_a_batch_come_in_one_query(account: Account) -> None:
    bare = Account.objects.create(number="T2", status="frozen", opened_at=datetime(2026, 1, 1, tzinfo=UTC))
    codes = ["member.tier", "member.has_phone", "member.has_email", "balance.points", "account.status"]

    with CaptureQueriesContext(connection) as queries:
        facts = conditions.load_facts([account.pk, bare.pk], codes)

    assert len(queries) == 1
    assert facts == {
        account.pk: {
            "member.tier": "t-gold",
            "member.has_phone": True,
            "member.has_email": False,
            "balance.points": 120,
            "account.status": "active",
        },
        bare.pk: {
            "member.tier": None,
            "member.has_phone": False,
            "member.has_email": False,
            "balance.points": 0,
            "account.status": "frozen",
        },
    }


def test_an_unknown_fact_cannot_be_loaded() -> None:
    with pytest.raises(ConditionError) as refused:
        conditions.load_facts([1], ["member.mood"])

    assert refused.value.code == "condition_unknown_fact"
