"""Adjusting, approving and the audit trail, as staff meet them in the back office."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from loyalty import clock
from loyalty.models import Account, Approval, AuditRecord, Entry, PartnerKey, Rule, Store, Threshold, User
from tests import cast
from tests.loyalty import desk
from tests.loyalty.till import net, open_account

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en", "X-Request-ID": "request-0001"}


def at(user: User) -> Client:
    client = Client(headers=ENGLISH)
    client.force_login(user)
    return client


def press(user: User, page: str, pk: object, **answers: object) -> Any:
    return at(user).post(reverse(f"admin:loyalty_{page}", args=[pk]), answers, follow=True)


def wish(**more: object) -> dict[str, object]:
    return {"amount": 500, "currency": "points", "reason": "lost in the post", "token": "t1", **more}


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def buttons(answer: Any) -> set[str]:
    """The labels of the page's operation buttons."""
    return {str(each["title"]) for each in answer.context["actions_detail"]}


@pytest.fixture
def clerk() -> User:
    return desk.person("clerk", "clerk")


@pytest.fixture
def boss() -> User:
    return desk.person("boss", "supervisor")


@pytest.fixture
def account() -> Account:
    return open_account()


def test_within_the_limit_the_points_are_there_at_once(clerk: User, account: Account) -> None:
    answer = press(clerk, "account_adjust", account.pk, **wish())

    assert said(answer) == ["Done: the account's points are set right."]
    assert net(account, clock.now()) == 500


def test_over_the_limit_the_page_says_that_it_waits(clerk: User, account: Account) -> None:
    """E87."""
    answer = press(clerk, "account_adjust", account.pk, **wish(amount=5000))

    assert said(answer) == ["This is over your limit, so it waits for a colleague. Nothing has changed yet."]
    assert (Approval.objects.get().state, Entry.objects.count()) == ("waiting", 0)


def test_a_second_click_asks_no_second_time(clerk: User, account: Account) -> None:
    for _ in range(2):
        press(clerk, "account_adjust", account.pk, **wish())

    assert (Entry.objects.count(), Approval.objects.count()) == (1, 1)


def test_a_faulty_form_keeps_what_was_typed(clerk: User, account: Account) -> None:
    empty = press(clerk, "account_adjust", account.pk, **wish(reason=""))
    poor = press(clerk, "account_adjust", account.pk, **wish(amount=-5))

    assert empty.context["form"].errors == {"reason": ["This field is required."]}
    assert poor.context["form"].non_field_errors() == [
        "5 points are missing. Earn a little more, or choose something smaller."
    ]
    assert poor.context["form"]["reason"].value() == "lost in the post"
    assert Approval.objects.count() == 0


def test_debt_is_forgiven_where_there_is_some(clerk: User) -> None:
    account = desk.indebted()
    page = reverse("admin:loyalty_account_forgive", args=[account.pk])

    offered = at(clerk).get(page).context["form"].initial
    press(clerk, "account_forgive", account.pk, **wish(amount=100))
    after = at(clerk).get(reverse("admin:loyalty_account_change", args=[account.pk]))

    assert (offered["amount"], account.balances.get().debt) == (100, 0)
    assert buttons(after) == {"Adjust points"}


def test_who_asked_sees_no_button_to_approve(clerk: User, boss: User, account: Account) -> None:
    own = desk.ask(boss, account, 5000)
    others = desk.ask(clerk, account, 5000)

    shown = [buttons(at(boss).get(reverse("admin:loyalty_approval_change", args=[each.pk]))) for each in (own, others)]

    assert shown == [{"Withdraw"}, {"Approve", "Reject"}]


def test_pressing_it_all_the_same_is_refused_in_words(boss: User, account: Account) -> None:
    own = desk.ask(boss, account, 5000)

    answer = press(boss, "approval_approve", own.pk, answer="")

    assert answer.context["form"].non_field_errors() == ["You asked for this yourself. Somebody else has to decide it."]
    assert Entry.objects.count() == 0


def test_a_colleague_approves_and_another_rejects(clerk: User, boss: User, account: Account) -> None:
    """E87."""
    first, second = desk.ask(clerk, account, 5000), desk.ask(clerk, account, 4000)

    press(boss, "approval_approve", first.pk, answer="saw it")
    press(boss, "approval_reject", second.pk, answer="no receipt")

    states = Approval.objects.order_by("pk").values_list("state", "answer", "decided_by")
    assert list(states) == [("approved", "saw it", boss.pk), ("rejected", "no receipt", boss.pk)]
    assert net(account, clock.now()) == 5000


def test_waiting_ones_come_first_and_the_sidebar_counts_them(clerk: User, boss: User, account: Account) -> None:
    waiting = desk.ask(clerk, account, 5000)
    desk.ask(clerk, account, 10)

    page = at(boss).get(reverse("admin:loyalty_approval_changelist"))

    badges = {
        item["title"]: item.get("badge")
        for group in page.context["sidebar_navigation"]
        for item in group["items"]
        if item.get("badge")
    }
    assert page.context["cl"].result_list[0] == waiting
    assert badges == {"Approvals": 1}


def test_those_without_the_right_get_neither_button_nor_page(account: Account) -> None:
    auditor = desk.person("auditor", "auditor")
    page = at(auditor).get(reverse("admin:loyalty_account_change", args=[account.pk]))

    assert buttons(page) == set()
    assert press(auditor, "account_adjust", account.pk, **wish()).status_code == 403


def test_nobody_moves_the_limits_of_their_own_role(clerk: User) -> None:
    clerk.user_permissions.set(
        Permission.objects.filter(codename__in=["view_threshold", "change_threshold", "delete_threshold"])
    )
    own = Threshold.objects.filter(group__name="clerk").first()
    desk.role("supervisor")
    other = Threshold.objects.filter(group__name="supervisor").first()
    assert own is not None
    assert other is not None

    statuses = [
        at(clerk).post(reverse("admin:loyalty_threshold_change", args=[each.pk]), {"points_alone": 9}).status_code
        for each in (own, other)
    ]

    assert statuses == [403, 200]


def last() -> AuditRecord:
    found = AuditRecord.objects.order_by("id").last()
    assert found is not None
    return found


def test_saving_a_row_is_recorded_with_before_and_after() -> None:
    root = cast.operator()
    store = Store.objects.create(code="SH01", name="一店", city="上海")

    press(root, "store_change", store.pk, code="SH01", name="旗舰店", city="杭州", partner="")

    row = last()
    assert (row.deed, row.actor, row.subject) == ("loyalty.store.change", root, f"loyalty.store:{store.pk}")
    assert (row.before, row.after) == ({"city": "上海", "name": "一店"}, {"city": "杭州", "name": "旗舰店"})
    assert (row.address, row.request_id) == ("127.0.0.1", "request-0001")


def test_limits_roles_and_deleting_are_recorded() -> None:
    root = cast.operator()
    group = Group.objects.create(name="night shift")
    form = {"group": group.pk, "deed": "adjust", "points_alone": 50, "points_a_day": 100}

    at(root).post(reverse("admin:loyalty_threshold_add"), form)
    limit = Threshold.objects.get()
    added = last()
    press(root, "threshold_delete", limit.pk, post="yes")

    assert (added.deed, added.before, added.after["points_alone"]) == ("loyalty.threshold.add", {}, 50)
    assert (last().deed, last().before["points_alone"], last().after) == ("loyalty.threshold.delete", 50, {})


def test_many_rows_deleted_at_once_leave_a_record_each() -> None:
    root = cast.operator()
    for name in ("a", "b"):
        Threshold.objects.create(group=Group.objects.create(name=name), deed="adjust")
    chosen = {"action": "delete_selected", "_selected_action": [each.pk for each in Threshold.objects.all()]}

    at(root).post(reverse("admin:loyalty_threshold_changelist"), {**chosen, "post": "yes"})

    assert AuditRecord.objects.filter(deed="loyalty.threshold.delete").count() == 2
    assert Threshold.objects.count() == 0


def test_publishing_and_retiring_a_rule_are_recorded() -> None:
    root = cast.operator()
    rule = Rule.objects.create(
        code="r",
        name_zh="规则",
        kind="order.paid",
        effects=[{"effect": "points.fixed", "currency": "points", "points": 5}],
    )

    press(root, "rule_publish", rule.pk)
    published = last()
    press(root, "rule_retire", rule.pk)

    assert (published.deed, published.before["state"], published.after["state"]) == (
        "loyalty.rule.publish",
        "draft",
        "live",
    )
    assert (published.after["version"], published.after["definition"]["effects"]) == (1, rule.effects)
    assert (last().deed, last().before["version"], last().after) == ("loyalty.rule.retire", 1, {"state": "retired"})


def test_a_new_key_is_recorded_without_its_secret() -> None:
    root, partner = cast.operator(), cast.partner()

    made = press(root, "partner_new_key", partner.pk, name="Shanghai", scopes=["adjust"])

    row = last()
    assert (row.deed, row.after["scopes"], row.subject) == (
        "loyalty.partnerkey.add",
        ["adjust"],
        f"loyalty.partnerkey:{PartnerKey.objects.get().prefix}",
    )
    assert made.context["secret"].partition(".")[2] not in str(row.after)
    assert set(row.after) == {"name", "scopes"}


def test_a_new_password_is_recorded_and_not_shown(clerk: User) -> None:
    root = cast.operator()

    words = {"usable_password": "true", "password1": "green-tea-17", "password2": "green-tea-17"}
    at(root).post(reverse("admin:auth_user_password_change", args=[clerk.pk]), words)

    row = last()
    assert (row.deed, row.before, row.after) == ("loyalty.user.password", {"password": "•••"}, {"password": "•••"})


def test_a_line_break_in_a_reason_forges_no_second_line(clerk: User, account: Account) -> None:
    desk.ask(clerk, account, 5, reason="x\n2026-01-01 approval.approved 安然\x1b[0m")

    assert last().reason == "x 2026-01-01 approval.approved 安然 [0m"


def test_before_and_after_are_readable_and_nothing_can_be_changed() -> None:
    root = cast.operator()
    limit = Threshold.objects.create(group=Group.objects.create(name="night shift"), deed="adjust", points_alone=5)
    form = {"group": limit.group_id, "deed": "adjust", "points_alone": 50, "points_a_day": 100}
    press(root, "threshold_change", limit.pk, **form)
    address = reverse("admin:loyalty_auditrecord_change", args=[last().pk])

    page = at(root).get(address)
    changed = at(root).post(address, {"reason": "x"})

    assert '<th scope="row">points without approval</th><td>5</td><td>50</td>' in page.content.decode()
    assert changed.status_code == 403
