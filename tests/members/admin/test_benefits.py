"""The operators' pages of benefits, sets and claims."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.models import Account, AuditRecord, User
from members.benefits import using
from members.benefits.using import Scan
from members.models import Benefit, BenefitClaim, BenefitOffer, BenefitSet, Member
from tests import cast, visits
from tests.conftest import Opener
from tests.members.benefits import perks
from tests.members.benefits.perks import Place
from tests.pages import overflows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
SETS, CLAIMS, BENEFITS = (f"admin:members_{name}_changelist" for name in ("benefitset", "benefitclaim", "benefit"))


@pytest.fixture
def staff() -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.operator(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(name: str, item: Any) -> str:
    return reverse(f"admin:members_{item._meta.model_name}_{name}", args=[item.pk])


def claim(code: str = "grooming", **columns: Any) -> BenefitClaim:
    perks.offer(code, **columns)
    member = Member.objects.first() or cast.member()
    return perks.claimed(member, code)


def set_form(made: BenefitSet, **changes: Any) -> dict[str, Any]:
    """The set's page as a browser sends it back: one season and one line."""
    season, line = made.seasons.get(), made.offers.get()
    return {
        "name_zh": made.name_zh,
        "name_en": made.name_en,
        "code": made.code,
        "seasons-TOTAL_FORMS": 1,
        "seasons-INITIAL_FORMS": 1,
        "seasons-0-id": season.pk,
        "seasons-0-set": made.pk,
        "seasons-0-from_on": season.from_on,
        "seasons-0-through_on": season.through_on or "",
        "offers-TOTAL_FORMS": 1,
        "offers-INITIAL_FORMS": 1,
        "offers-0-id": line.pk,
        "offers-0-set": made.pk,
        "offers-0-benefit": line.benefit_id,
        "offers-0-tier": line.tier_id or "",
        "offers-0-and_above": "on",
        "offers-0-plan": "",
        "offers-0-quota": line.quota,
        "offers-0-period": line.period,
        **changes,
    }


def test_a_set_is_edited_with_lines_and_seasons_and_the_trail_tells_both(staff: Client) -> None:
    cast.ladder()
    made = perks.offer(tier="silver").set

    changes = {"seasons-0-through_on": "2026-03-31", "offers-0-quota": 3}
    answer = staff.post(page("change", made), set_form(made, **changes))

    assert answer.status_code == 302
    assert (made.seasons.get().through_on, made.offers.get().quota) == (date(2026, 3, 31), 3)
    record = AuditRecord.objects.get(deed="members.benefitset.change")
    assert record.before["offers"] == ["grooming: silver+ 1/month"]
    assert record.after["offers"] == ["grooming: silver+ 3/month"]


def test_a_season_that_ends_before_it_begins_is_refused_beside_the_field(staff: Client) -> None:
    made = perks.offer().set

    answer = staff.post(page("change", made), set_form(made, **{"seasons-0-through_on": "2024-01-01"}))

    assert "A season ends on its first day or later." in answer.content.decode()


def test_what_was_claimed_is_retired_not_deleted(staff: Client) -> None:
    row = claim()
    offer = BenefitOffer.objects.get()

    refused = [staff.get(page("delete", item)).status_code for item in (row.benefit, offer.set, row)]
    staff.post(page("retire", row.benefit), {})
    staff.post(page("retire", offer.set), {})

    assert refused == [403, 403, 403]
    assert (Benefit.objects.get().archived_at, BenefitSet.objects.get().archived_at) == (cast.NOW, cast.NOW)
    staff.post(page("reopen", row.benefit), {})
    assert Benefit.objects.get().archived_at is None


def test_the_page_of_a_day_says_who_gets_what(staff: Client) -> None:
    cast.ladder()
    perks.offer("spa", tier="gold", quota=2)
    perks.offer("bag", within=perks.season("summer", since=date(2026, 6, 1), through=date(2026, 8, 31)))
    cast.gold_member()
    address = reverse("admin:members_benefitset_in_force")

    today, summer = staff.get(address), staff.get(address, {"day": "2026-07-01"})

    told = {benefit.code: cells for benefit, cells in today.context["rows"]}
    assert told == {"spa": ["", "", "2 times a month", "2 times a month"]}
    assert [(column.tier.code, column.members) for column in today.context["columns"]][2] == ("gold", 1)
    assert sorted(benefit.code for benefit, _cells in summer.context["rows"]) == ["bag", "spa"]
    page_text = today.content.decode()
    assert [words for words in ("Sets add up", "2026Q2", "06-01 – 06-30", "in season") if words not in page_text] == []


def test_rates_show_numbers_and_lead_to_the_claims(staff: Client) -> None:
    row = claim("spa")
    using.use(Scan(row.code, Place.TILL), now=cast.NOW)
    claim("bag")
    cast.member("周一诺", phone="13900139000")

    shown = staff.get(reverse("admin:members_benefitset_rates"))

    lines = shown.context["lines"]
    assert [(line.names, line.rate.eligible, line.rate.claim_rate, line.rate.use_rate) for line in lines] == [
        (["Spa"], 2, 50.0, 100.0),
        (["Bag"], 2, 50.0, 0.0),
    ]
    found = staff.get(lines[0].link)
    assert [each.pk for each in found.context["cl"].result_list] == [row.pk]
    for by in ("set", "tier", "each"):
        query = {"first": "2026-01-01", "through": "2026-03-31", "by": by}
        assert staff.get(reverse("admin:members_benefitset_rates"), query).status_code == 200


def test_a_claim_is_found_by_its_code_as_it_is_read_out(staff: Client) -> None:
    row = claim("spa")
    claim("bag")

    for typed in (row.code, f"{row.code[:4]} {row.code[4:8]} {row.code[8:]}".lower()):
        found = staff.get(reverse(CLAIMS), {"q": typed})
        assert [each.pk for each in found.context["cl"].result_list] == [row.pk]
    by_member = staff.get(reverse(CLAIMS), {"q": row.member.account.number})
    assert len(by_member.context["cl"].result_list) == 2


def test_staff_use_undo_and_take_back(staff: Client) -> None:
    row = claim(used_in=Place.TILL)

    staff.post(page("use", row), {"note": "收银机断网"})
    row.refresh_from_db()
    used = (row.state, row.used_in, row.used_by and row.used_by.username, row.note)
    without_reason = staff.post(page("undo", row), {"reason": ""}).status_code
    staff.post(page("undo", row), {"reason": "扫错了"})
    staff.post(page("take_back", row), {"reason": "重复"})

    row.refresh_from_db()
    assert used == ("used", "till", "operator", "收银机断网")
    assert (without_reason, row.state, row.note) == (200, "taken_back", "重复")
    deeds = AuditRecord.objects.filter(deed__startswith="members.benefit.").order_by("pk")
    assert list(deeds.values_list("deed", "reason")) == [
        ("members.benefit.use", "收银机断网"),
        ("members.benefit.undo", "扫错了"),
        ("members.benefit.take_back", "重复"),
    ]


def test_a_refusal_is_told_in_its_own_words(staff: Client) -> None:
    row = claim()
    Account.objects.update(status=Account.Status.FROZEN)

    answer = staff.post(page("use", row), {"note": ""})

    assert "This membership is suspended." in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "open"


def test_staff_give_a_benefit_to_a_member(staff: Client) -> None:
    made, member = perks.benefit(), cast.member()

    unknown = staff.post(page("give", made), {"number": "1", "reason": "补偿"})
    staff.post(page("give", made), {"number": member.account.number, "through": "2026-12-31", "reason": "补偿"})

    assert "We could not find this member." in unknown.content.decode()
    row = BenefitClaim.objects.get()
    assert (row.member, row.period, row.usable_through, row.note) == (member, "given", date(2026, 12, 31), "补偿")


@pytest.mark.parametrize("name", [BENEFITS, SETS, CLAIMS])
def test_lists_cost_the_same_for_one_row_and_for_three(staff: Client, name: str) -> None:
    claim("a", within=perks.season("s1"))
    before = visits.queries(staff, reverse(name))
    for code in ("b", "c"):
        claim(code, within=perks.season(f"s{code}"))

    assert visits.queries(staff, reverse(name)) == before


def test_who_may_not_look_is_turned_away() -> None:
    clerk = User.objects.create_user("clerk", password=cast.PASSWORD, is_staff=True)
    client = Client()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")

    seen = [client.get(reverse(f"admin:members_benefitset_{name}")).status_code for name in ("in_force", "rates")]

    assert seen == [403, 403]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "dark"), [("zh-CN", False), ("en-US", True)])
def test_the_pages_fit(live: str, noon: datetime, browse: Opener, language: str, *, dark: bool) -> None:
    cast.ladder()
    perks.offer("spa", tier="gold", quota=2)
    perks.offer("bag", within=perks.season("summer", since=date(2026, 6, 1), through=date(2026, 8, 31)))
    perks.claimed(cast.gold_member(), "spa", now=cast.NOW - timedelta(days=1))
    cast.operator()
    wide = []

    with browse(language=language, width=1280, dark=dark) as shown:
        shown.goto("/admin/login/?next=/admin/")
        shown.fill("[name=username]", "operator")
        shown.fill("[name=password]", cast.PASSWORD)
        shown.press("[name=password]", "Enter")
        shown.wait_for_url("**/admin/")
        for name in (SETS, "admin:members_benefitset_in_force", "admin:members_benefitset_rates", CLAIMS):
            shown.goto(reverse(name))
            wide += [name] if overflows(shown) else []

    assert wide == []
