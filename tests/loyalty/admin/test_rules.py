"""A rule's life through its pages: written, tried out, published, changed, retired, copied."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from loyalty.admin.rule_answers import about_people
from loyalty.models import Decision, Entry, Event, Rule, RuleVersion, User
from tests import cast
from tests.loyalty import till
from tests.loyalty.admin import scene

pytestmark = pytest.mark.django_db

DOUBLE = [{"effect": "points.multiply", "currency": "points", "factor": "2"}]
OVER_300 = {"all": [{"fact": "event.amount", "op": "gte", "value": 30000}]}
ENGLISH = {"Accept-Language": "en"}


def told(**changes: Any) -> dict[str, Any]:
    """What the editor sends."""
    form = {
        "name_zh": "双倍日",
        "name_en": "Double day",
        "kind": "order.paid",
        "condition": {},
        "effects": DOUBLE,
        "schedule": {"days_of_month": [18]},
        "caps": [],
        "priority": "100",
    } | changes
    management = {"versions-TOTAL_FORMS": "0", "versions-INITIAL_FORMS": "0"}
    return management | {key: value if isinstance(value, str) else json.dumps(value) for key, value in form.items()}


def page(name: str, *args: object) -> str:
    return reverse(f"admin:loyalty_rule_{name}", args=args)


def written(staff: Client, **changes: Any) -> Rule:
    staff.post(page("add"), told(**changes))
    return Rule.objects.get(name_zh="双倍日")


def test_a_rule_is_written_published_changed_and_retired(staff: Client) -> None:
    rule = written(staff)
    staff.post(page("publish", rule.pk))
    staff.post(page("change", rule.pk), told(effects=[DOUBLE[0] | {"factor": "3"}]))
    asked = staff.get(page("publish", rule.pk), headers=ENGLISH)
    staff.post(page("publish", rule.pk))
    staff.post(page("retire", rule.pk))

    versions = list(RuleVersion.objects.filter(rule=rule).order_by("number"))
    changed = [(c.before, c.after) for c in asked.context["changes"] if c.is_changed]
    assert changed == [("points times 2", "points times 3")]
    assert [version.definition["effects"][0]["factor"] for version in versions] == ["2", "3"]
    assert [version.effective_until is None for version in versions] == [False, False]
    assert Rule.objects.get(pk=rule.pk).state == Rule.State.RETIRED


def test_the_history_says_in_words_what_changed(staff: Client) -> None:
    rule = written(staff)
    staff.post(page("change", rule.pk), told(effects=[DOUBLE[0] | {"factor": "3"}]))

    answer = staff.get(page("history", rule.pk), headers=ENGLISH)

    [change] = answer.context["page_obj"][0].history_delta_changes
    assert (change["old"], change["new"]) == ("points times 2", "points times 3")


def test_who_published_is_kept(staff: Client) -> None:
    rule = written(staff)

    staff.post(page("publish", rule.pk))

    user = User.objects.get(username="operator")
    assert rule.versions.get().published_by == user
    assert LogEntry.objects.filter(user=user, object_id=str(rule.pk), action_flag=2).count() == 1


def test_asking_publishes_nothing(staff: Client) -> None:
    rule = written(staff)

    staff.get(page("publish", rule.pk))

    assert not rule.versions.exists()


def test_who_publishes_what_a_live_rule_does_already_is_warned_and_may_do_it(staff: Client) -> None:
    first, other = written(staff), till.publish("Sundays", DOUBLE, schedule={"weekdays": [7]})
    staff.post(page("publish", first.pk))
    staff.post(page("add"), told(name_zh="再来双倍", name_en="Double again", priority="90"))
    second = Rule.objects.get(name_zh="再来双倍")

    asked = staff.get(page("publish", second.pk), headers=ENGLISH)
    alone = staff.get(page("publish", other.pk), headers=ENGLISH)
    staff.post(page("publish", second.pk))

    assert (asked.context["twins"], alone.context["twins"]) == ([first], [])
    assert "members would get it twice" in asked.content.decode()
    assert Rule.objects.get(pk=second.pk).state == Rule.State.LIVE


def test_publishing_twice_says_why_not(staff: Client) -> None:
    rule = written(staff)
    staff.post(page("publish", rule.pk))

    answer = staff.post(page("publish", rule.pk), follow=True, headers=ENGLISH)

    *_before, said = [str(message) for message in answer.context["messages"]]
    assert said == "This is already in force as it stands. Change something first."
    assert rule.versions.count() == 1


def test_who_may_only_look_sees_words_and_no_buttons(staff: Client) -> None:
    rule = written(staff)
    viewer = User.objects.create_user("viewer", password=cast.PASSWORD, is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_rule"))
    client = Client()
    client.force_login(viewer)

    seen = client.get(page("change", rule.pk), headers=ENGLISH)
    pressed = client.post(page("publish", rule.pk))

    assert "points times 2" in seen.content.decode()
    assert "/publish/" not in seen.content.decode()
    assert pressed.status_code == 403


@pytest.mark.parametrize(
    ("changes", "part", "path"),
    [
        ({"condition": {"all": [{"fact": "event.amount", "op": "gte", "value": "x"}]}}, "condition", "all.0.value"),
        ({"effects": []}, "effects", ""),
        ({"effects": [DOUBLE[0] | {"factor": "many"}]}, "effects", "0.factor"),
        ({"schedule": {"days_of_month": [32]}}, "schedule", "days_of_month"),
        ({"caps": [{"per": "day", "currency": "points", "limit": 0, "over": "clip"}]}, "caps", "0.limit"),
    ],
)
def test_what_is_wrong_is_said_at_its_place_and_what_was_typed_is_kept(
    staff: Client, changes: dict[str, Any], part: str, path: str
) -> None:
    answer = staff.post(page("add"), told(**changes))

    [fault] = json.loads(answer.context["faults"][part])
    assert fault["path"].startswith(path)
    assert answer.context["adminform"].form[part].value() == json.dumps(changes[part])
    assert not Rule.objects.exists()


def test_text_that_is_no_json_is_kept_too(staff: Client) -> None:
    answer = staff.post(page("add"), told(condition='{"all": ['))

    assert answer.context["adminform"].form["condition"].value() == '{"all": ['
    assert not Rule.objects.exists()


def test_the_preview_says_the_rule_and_counts_members(staff: Client) -> None:
    scene.another()

    answer = staff.post(page("preview"), told(condition=OVER_300), headers=ENGLISH).json()

    assert [part["text"] for part in answer["parts"]][2:] == ["points times 2", "on day 18 of the month"]
    assert answer["reach"] == "All 1 active members can be reached."
    assert answer["problems"] == []


def test_a_dry_run_shows_both_receipts_and_writes_nothing(staff: Client) -> None:
    member = scene.another()
    before = (Event.objects.count(), Entry.objects.count(), Decision.objects.count(), Rule.objects.count())
    trial = {"trial_account": str(member.pk), "trial_amount": "200", "trial_at": "2026-11-18T10:00"}

    answer = staff.post(page("try"), told() | trial, headers=ENGLISH)

    assert answer.context["after"].totals == {"points": 400}
    assert answer.context["before"].totals == {"points": 200}
    assert before == (Event.objects.count(), Entry.objects.count(), Decision.objects.count(), Rule.objects.count())


def test_a_dry_run_says_why_not(staff: Client) -> None:
    member = scene.another()
    trial = {"trial_account": str(member.pk), "trial_amount": "200", "trial_at": "2026-11-19T10:00"}

    answer = staff.post(page("try"), told() | trial, headers=ENGLISH)

    assert answer.context["why_not"] == "The rule runs on other dates."


def test_a_dry_run_says_which_other_rules_gave_nothing_and_why(staff: Client) -> None:
    member = scene.another()
    effect = {"effect": "points.fixed", "currency": "points", "points": 5}
    till.publish("Sundays", [effect], schedule={"weekdays": [7]})
    trial = {"trial_account": str(member.pk), "trial_amount": "200", "trial_at": "2026-11-18T10:00"}

    answer = staff.post(page("try"), told() | trial, headers=ENGLISH)

    assert answer.context["silent"] == [("Sundays", "The rule runs on other days of the week.")]
    assert "1 other rule gave nothing here" in answer.content.decode()


def test_last_month_is_judged_once_more(staff: Client) -> None:
    scene.another()

    answer = staff.post(page("backtest"), told(schedule={}), headers=ENGLISH)

    report = answer.context["report"]
    assert (report.members, report.before, report.after) == (1, 100, 200)


def test_a_starter_and_a_copy_fill_the_form_and_write_nothing(staff: Client) -> None:
    rule = written(staff)

    starter = staff.get(page("add"), {"starter": "double-day"}).context["adminform"].form
    copy = staff.get(page("copy", rule.pk), follow=True).context["adminform"].form

    assert starter["schedule"].value() == json.dumps({"days_of_month": [18]})
    assert copy["name_zh"].value() == "双倍日（副本）"
    assert Rule.objects.count() == 1


@pytest.mark.parametrize(
    ("tree", "left"),
    [
        ({}, None),
        ({"fact": "event.amount", "op": "gte", "value": 1}, None),
        (
            {"all": [{"fact": "event.amount", "op": "gte"}, {"fact": "member.tier", "op": "empty"}]},
            {"all": [{"fact": "member.tier", "op": "empty"}]},
        ),
        ({"any": [{"fact": "event.amount", "op": "gte"}, {"fact": "member.tier", "op": "empty"}]}, None),
        ({"none": [{"all": [{"fact": "event.x", "op": "empty"}, {"fact": "a", "op": "empty"}]}]}, None),
        ({"none": [{"fact": "a", "op": "empty"}]}, {"none": [{"fact": "a", "op": "empty"}]}),
        (
            {"at_least": 2, "of": [{"fact": "event.x", "op": "empty"}, {"fact": "a", "op": "empty"}]},
            {"at_least": 1, "of": [{"fact": "a", "op": "empty"}]},
        ),
        ({"at_least": 1, "of": [{"fact": "event.x", "op": "empty"}, {"fact": "a", "op": "empty"}]}, None),
    ],
)
def test_counting_members_leaves_out_what_only_an_event_can_tell(tree: dict[str, Any], left: Any) -> None:
    """What is left must never exclude somebody the whole condition could accept."""
    assert about_people(tree) == left
