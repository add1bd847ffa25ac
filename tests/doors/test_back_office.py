"""Every address of the back office, walked as nobody, as a member, as staff without a right, and with all but one."""

from collections.abc import Callable, Iterator, Mapping

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import get_resolver, reverse

from loyalty import clock
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.models import Order, User
from members.models import Benefit, Member, Plan, Standing, Tier
from members.privacy import wishes
from tests import cast, visits
from tests.loyalty.admin import scene
from tests.members.benefits import perks
from tests.members.paying import shop

pytestmark = pytest.mark.django_db
# Addresses that every colleague may open; what they show is filtered by what each may see.
EVERYBODYS = {
    *("password_change", "password_change_done", "index", "login", "logout"),
    *("jsi18n", "search", "autocomplete", "view_on_site", "app_list"),
}
# The way in; the first page, which says that there is no such row; forms that ask for the right themselves.
ELSEWHERE = {"/admin/login/", "/admin/", "/admin/loyalty/merge/add/", "/admin/members/member/duplicates/"}
LEADS_ON = {"loyalty_account_merge_away", "loyalty_rule_copy"}  # to a form that asks for the right itself
# Every button, and the right that presses it. A button without a row here fails.
BUTTONS: Mapping[str, str] = {
    "loyalty_account_adjust": "loyalty.add_approval",
    "loyalty_account_forgive": "loyalty.add_approval",
    "loyalty_account_give_back": "loyalty.add_approval",
    "loyalty_account_merge_away": "loyalty.add_merge",
    "loyalty_approval_approve": "loyalty.change_approval",
    "loyalty_approval_reject": "loyalty.change_approval",
    "loyalty_approval_withdraw": "loyalty.add_approval",
    "loyalty_event_accept": "loyalty.change_event",
    "loyalty_event_judge": "loyalty.change_replay",
    "loyalty_event_refuse": "loyalty.change_event",
    "loyalty_finding_ask": "loyalty.add_approval",
    "loyalty_finding_look_again": "loyalty.change_finding",
    "loyalty_finding_release": "loyalty.change_finding",
    "loyalty_merge_take_back": "loyalty.change_merge",
    "loyalty_messagetemplate_try_out": "loyalty.change_messagetemplate",
    "loyalty_order_give_to": "loyalty.change_order",
    "loyalty_partner_new_key": "loyalty.add_partnerkey",
    "loyalty_partnerkey_revoke": "loyalty.change_partnerkey",
    "loyalty_replay_again": "loyalty.change_replay",
    "loyalty_replay_apply": "loyalty.change_replay",
    "loyalty_replay_discard": "loyalty.change_replay",
    "loyalty_rule_copy": "loyalty.add_rule",
    "loyalty_rule_publish": "loyalty.change_rule",
    "loyalty_rule_retire": "loyalty.change_rule",
    "loyalty_user_reset_second_factor": "loyalty.change_user",
    "members_benefit_give": "members.add_benefitclaim",
    "members_benefit_reopen": "members.change_benefit",
    "members_benefit_retire": "members.change_benefit",
    "members_benefitclaim_take_back": "members.change_benefitclaim",
    "members_benefitclaim_undo": "members.change_benefitclaim",
    "members_benefitclaim_use": "members.change_benefitclaim",
    "members_benefitset_reopen": "members.change_benefit",
    "members_benefitset_retire": "members.change_benefit",
    "members_ladder_publish": "members.change_ladder",
    "members_ladder_retire": "members.change_ladder",
    "members_member_correct_birthday": "members.change_member",
    "members_member_erase": "members.add_erasure",
    "members_member_give_plan": "members.change_planterm",
    "members_member_grant": "members.change_member",
    "members_member_keep": "members.change_erasure",
    "members_member_lock": "members.change_member",
    "members_member_note": "members.add_staffnote",
    "members_member_reveal": "members.reveal_contacts",
    "members_member_revoke": "members.change_member",
    "members_member_send": "loyalty.add_message",
    "members_member_unlock": "members.change_member",
    "members_plan_retire": "members.change_plan",
    "members_planterm_end_term": "members.change_planterm",
    "members_segment_count_anew": "members.view_segment",
    "members_segment_freeze": "members.add_segment",
    "members_segment_retire": "members.change_segment",
    "members_tag_retire": "members.change_tag",
    "members_tag_settle": "members.change_tag",
    "rewards_redemption_cancel": "rewards.change_redemption",
}


def addresses(keys: Mapping[type[Model], object]) -> Iterator[tuple[str, str]]:
    """Name → address of everything the admin site answers to, with a real key where there is a row."""
    [(_prefix, (base, resolver))] = [
        item for item in get_resolver().namespace_dict.items() if item[0] == admin.site.name
    ]
    models = {f"{model._meta.app_label}_{model._meta.model_name}_": model for model in keys}
    for name in resolver.reverse_dict:
        if not isinstance(name, str):
            continue
        model = next((model for prefix, model in models.items() if name.startswith(prefix)), None)
        key = keys[model] if model is not None and keys[model] is not None else "1"
        for ways, *_rest in resolver.reverse_dict.getlist(name):
            for template, blanks in ways:
                yield name, "/" + base + template % dict.fromkeys(blanks, key)


def known() -> dict[type[Model], object]:
    """Registered model → the key of one of its rows, where there is one."""
    found = {model: model._default_manager.first() for model in admin.site._registry}
    return {model: row.pk if row is not None else None for model, row in found.items()}


def filled() -> Member:
    """Something on every page."""
    member = scene.another()
    perks.offer()
    shop.plan()
    return member


def colleague(*permissions: str, name: str = "clerk") -> Client:
    user = User.objects.create_user(name, password=cast.PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def passed(client: Client, found: Mapping[str, str]) -> dict[str, int]:
    """What was answered otherwise than by a refusal, a way to sign in or another page, which is asked for itself."""
    told = {}
    for name, address in found.items():
        for method in ("GET", "POST"):
            answer = client.generic(method, address, "", "application/x-www-form-urlencoded")
            leads = answer.headers.get("Location", "").partition("?")[0]
            is_shut = answer.status_code in (403, 404, 405) or leads in ELSEWHERE or leads == address + "change/"
            if not is_shut and not (name.endswith("_changelist") and leads == f"{address}1/change/"):
                told[f"{method} {name}"] = answer.status_code
    return told


@pytest.mark.parametrize("who", ["visitor", "member"])
def test_nobody_but_colleagues_gets_in(who: str) -> None:
    """8.2.1, API5: default deny, read and written; a member's login is no colleague's."""
    member = filled()
    cast.ladder()
    person = cast.member("周一诺", phone="13900139000", password=cast.PASSWORD)
    client = visits.visitor() if who == "visitor" else visits.as_member(person)
    found = {name: address for name, address in addresses(known()) if name not in ("login", "logout")}

    told = passed(client, found)

    assert (len(found) > 300, told) == (True, {})
    assert Member.objects.filter(pk=member.pk).exists()


def test_a_colleague_without_any_right_opens_nothing() -> None:
    """8.2.1, 8.3.2: being staff is no right; every page asks for its own."""
    filled()
    found = {name: address for name, address in addresses(known()) if name not in {*EVERYBODYS, "loyalty_rule_copy"}}
    client = colleague()
    before = totals()

    told = passed(client, found)

    assert told == {}
    assert totals() == before


def test_who_may_see_everything_writes_nothing() -> None:
    """8.3.2: the viewer. No POST of any page leaves a row, or takes one away."""
    filled()
    found = {name: address for name, address in addresses(known()) if name not in {"login", "logout"}}
    viewer = colleague(*Permission.objects.filter(codename__startswith="view_").values_list("codename", flat=True))
    before = totals()

    for address in found.values():
        viewer.post(address, {"post": "yes", "action": "delete_selected", "_selected_action": ["1"]})

    assert totals() == before


def totals() -> dict[str, int]:
    """Rows of every registered table."""
    return {model._meta.label: model._default_manager.count() for model in admin.site._registry}


def buttons() -> dict[str, tuple[type[Model], str]]:
    """Name of every button's address → its model and the right that it asks for."""
    found = {}
    for model, page in admin.site._registry.items():
        for name in dir(type(page)):
            needs = getattr(getattr(page, name, None), "needs", None)
            if needs is not None:
                found[f"{model._meta.app_label}_{model._meta.model_name}_{name}"] = (model, str(needs))
    return found


def test_every_button_is_in_the_table_with_its_right() -> None:
    """7.5.3: a new button without a row here fails."""
    assert {name: needs for name, (_model, needs) in buttons().items()} == dict(BUTTONS)


def test_each_button_asks_for_its_very_own_right() -> None:
    """7.5.3, 8.2.1: with every other right there is, asking and pressing are refused; with it alone, asking is not."""
    filled()
    keys, pressed, wrong = known(), 0, {}
    rights = {f"{each.content_type.app_label}.{each.codename}": each for each in rights_there_are()}
    lacking, holding = colleague(name="lacking"), colleague(name="holding")
    rich, poor = User.objects.get(username="lacking"), User.objects.get(username="holding")
    rich.user_permissions.set(rights.values())

    for name, (model, needs) in sorted(buttons().items()):
        if keys[model] is None or name in LEADS_ON:
            continue
        address = reverse(f"admin:{name}", args=[keys[model]])
        rich.user_permissions.remove(rights[needs])
        poor.user_permissions.set([rights[needs], rights[f"{model._meta.app_label}.view_{model._meta.model_name}"]])
        told = (lacking.get(address).status_code, lacking.post(address, {}).status_code)
        asked = holding.get(address).status_code
        rich.user_permissions.add(rights[needs])
        pressed += 1
        if told != (403, 403) or asked not in (200, 302):
            wrong[name] = (*told, asked)

    assert (wrong, pressed > 20) == ({}, True)


def rights_there_are() -> list[Permission]:
    return list(Permission.objects.select_related("content_type"))


OWN_CELLS = ("own", "somebody else's")


@pytest.mark.parametrize("whose", OWN_CELLS)
def test_a_colleague_who_is_a_member_gives_themselves_nothing(whose: str) -> None:
    """7.5.3, 2.3.5, row 26: everything that gives value by hand, on one's own membership and on somebody else's.

    The right is there, and the form is right: what is somebody else's moves, what is one's own does not.
    """
    filled()
    boss = cast.operator()
    own, other = (cast.member(f"会员{n}", phone=f"1395555000{n}", points=500) for n in (1, 2))
    Member.objects.filter(pk=own.pk).update(user=boss)
    subject = own if whose == "own" else other
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")

    moved = {name for name, form, witness in gifts(subject) if press(client, name, form, witness)}

    assert moved == (set() if whose == "own" else GIFTS)


GIFTS = {"adjust", "grant", "lock", "give_plan", "give", "give_to", "erase"}
Gift = tuple[str, tuple[str, dict[str, object]], Callable[[], object]]


def press(client: Client, name: str, form: tuple[str, dict[str, object]], witness: Callable[[], object]) -> bool:
    """Whether the button moved anything."""
    before = witness()
    answer = client.post(*form)
    assert answer.status_code in (200, 302), (name, answer.status_code)
    return witness() != before


def gifts(member: Member) -> list[Gift]:
    """Name of a button, where and with what it is pressed for this member, and what it would move."""

    def at(kind: str, name: str, key: object) -> str:
        return reverse(f"admin:{kind}_{name}", args=[key])

    gold = Tier.objects.get(code="gold")
    why: dict[str, object] = {"reason": "a present"}
    points = why | {"amount": 5, "currency": "points", "token": "t-1"}
    tier = why | {"tier": gold.pk, "through": ""}
    held = why | {"tier": Tier.objects.get(code="starter").pk, "through": "2039-12-31"}
    plan = why | {"plan": Plan.objects.get().pk, "days": 30, "token": "t-2"}
    bought = cast.partner("shop")
    told = {"order_id": f"G-{member.pk}", "currency": "CNY", "amount_minor": 10000}
    intake.post([Incoming("order.paid", told, clock.now())], partner=bought, now=clock.now())
    order = Order.objects.get(external_id=f"G-{member.pk}")
    whose: dict[str, object] = {"customer": f"m:{member.account.number}", "reason": "showed the receipt"}
    number = why | {"number": member.account.number, "through": ""}
    standing = Standing.objects.filter(member=member)
    return [
        ("adjust", (at("loyalty_account", "adjust", member.pk), points), member.account.approvals.count),
        ("grant", (at("members_member", "grant", member.pk), tier), lambda: list(standing.values("granted"))),
        (
            "lock",
            (at("members_member", "lock", member.pk), held),
            lambda: list(standing.values("floor")),
        ),
        ("give_plan", (at("members_member", "give_plan", member.pk), plan), member.plan_terms.count),
        ("give", (at("members_benefit", "give", Benefit.objects.get().pk), number), member.benefit_claims.count),
        ("give_to", (at("loyalty_order", "give_to", order.pk), whose), member.account.orders.count),
        ("erase", (at("members_member", "erase", member.pk), why), lambda: wishes.waiting(member.pk)),
    ]
