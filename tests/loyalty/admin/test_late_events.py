"""The queue of late events and the proposals they make, as staff meet them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from loyalty import clock
from loyalty.admin import replay_words
from loyalty.events import reviewing
from loyalty.models import Account, AuditRecord, Entry, Event, Replay, User
from tests import cast
from tests.loyalty.till import NOW, RATE, net, open_account, order, post, publish, refund

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}
NOW_LATER = NOW + timedelta(days=9)


@pytest.fixture
def account() -> Account:
    publish("base", [RATE], caps=[{"per": "month", "currency": "points", "limit": 200}])
    return open_account()


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW_LATER)


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(cast.operator())
    return client


def late(account: Account, name: str = "A") -> UUID:
    """Told nine days after it happened."""
    found = post(order(name, 10000, account, NOW), now=NOW_LATER)[0].event_id
    assert found is not None
    return found


def decide(client: Client, deed: str, *events: UUID, reason: str = "") -> Any:
    return client.post(
        reverse("admin:loyalty_event_review"),
        {"deed": deed, "event": [str(each) for each in events], "reason": reason},
        follow=True,
        headers=ENGLISH,
    )


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_the_queue_tells_what_each_event_would_give_and_writes_nothing(boss: Client, account: Account) -> None:
    """E13, second half: a review queue, nothing posted."""
    late(account)

    answer = boss.get(reverse("admin:loyalty_event_review"), headers=ENGLISH)

    assert [(row["what"], row["worth"]) for row in answer.context["rows"]] == [("order paid A", "+100 points")]
    assert (Entry.objects.count(), Event.objects.get().state) == (0, "review")


def test_the_queue_asks_no_more_for_three_events_than_for_one(boss: Client, account: Account) -> None:
    asked = []
    for names in (["A"], ["B", "C"]):
        for name in names:
            late(account, name)
        boss.get(reverse("admin:loyalty_event_review"))
        with CaptureQueriesContext(connection) as queries:
            boss.get(reverse("admin:loyalty_event_review"))
        asked.append(len(queries))

    assert asked[0] == asked[1]


def test_ticked_events_are_accepted_together_in_order_of_time(boss: Client, account: Account) -> None:
    post(order("C", 15000, account, NOW_LATER), now=NOW_LATER)
    events = [late(account, name) for name in "AB"]

    answer = decide(boss, "accept", *events)

    assert said(answer) == [
        "2 events were accepted.",
        "Later events would be worth something else: see the proposals.",
    ]
    assert net(account, NOW_LATER) == 200
    assert Replay.objects.filter(state="proposed").count() == 1
    assert list(AuditRecord.objects.values_list("deed", flat=True)) == ["event.accepted"] * 2


def test_refusing_needs_a_reason_and_gives_nothing(boss: Client, account: Account) -> None:
    event = late(account)

    unsaid = decide(boss, "refuse", event)
    told = decide(boss, "refuse", event, reason="Told by a test till")

    assert said(unsaid) == ["Please say why, so that everybody can understand it later."]
    assert said(told) == ["1 event was refused."]
    assert (Event.objects.get().state, Entry.objects.count()) == ("refused", 0)
    assert AuditRecord.objects.get().reason == "Told by a test till"


def test_who_may_only_look_decides_nothing(client: Client, account: Account) -> None:
    event = late(account)
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename__in=["view_event", "view_replay"]))
    client.force_login(looker)

    page = client.get(reverse("admin:loyalty_event_review"))
    answer = decide(client, "accept", event)

    assert (page.status_code, page.context["may"], answer.status_code) == (200, False, 403)
    assert Event.objects.get().state == "review"


def test_accepting_one_shows_a_dry_run_first(boss: Client, account: Account) -> None:
    post(order("B", 15000, account, NOW_LATER), now=NOW_LATER)
    event = late(account)
    page = reverse("admin:loyalty_event_accept", args=[event])

    answer = boss.get(page, headers=ENGLISH)

    assert "+50" in answer.content.decode()
    assert [piece.what for piece in answer.context["difference"].pieces] == ["order paid A", "order paid B"]
    assert (Replay.objects.count(), Event.objects.get(pk=event).state, net(account, NOW_LATER)) == (0, "review", 150)


def test_a_dry_run_of_a_refund_tells_what_it_takes(account: Account) -> None:
    post(order("B", 15000, account, NOW + timedelta(days=3)), now=NOW + timedelta(days=3))
    event = post(refund("R", "B", 5000, NOW + timedelta(days=1)), now=NOW_LATER)[0].event_id
    assert event is not None

    seen = reviewing.foresee(event_id=event, now=NOW_LATER)

    assert seen.receipt["reversal"]["steps"][0]["taken"] == 50
    assert net(account, NOW_LATER) == 150


def proposal(boss: Client, account: Account) -> Replay:
    post(order("B", 15000, account, NOW_LATER), now=NOW_LATER)
    decide(boss, "accept", late(account))
    return Replay.objects.get()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["order paid B", "The limit per month leaves 100 of 150 now.", "−50", "Apply", "Discard"]),
        ("zh-hans", ["订单支付 B", "每月的上限现在只剩 100 分（本可得 150 分）", "−50", "执行", "放弃"]),
    ],
)
def test_the_proposal_tells_the_difference_in_words(
    boss: Client, account: Account, language: str, words: list[str]
) -> None:
    replay = proposal(boss, account)

    page = boss.get(reverse("admin:loyalty_replay_change", args=[replay.pk]), headers={"Accept-Language": language})

    content = page.content.decode()
    assert [word for word in words if word not in content] == []


@pytest.mark.parametrize(
    ("language", "wait_word", "late_word"),
    [
        ("en", "It had to wait, and counted 1\xa0week later", "It was told 1\xa0week later"),
        ("zh-hans", "等待处理，1\xa0周后才生效", "1\xa0周后才收到"),
    ],
)
def test_the_list_tells_why_each_was_proposed(
    boss: Client, account: Account, language: str, wait_word: str, late_word: str
) -> None:
    replay = proposal(boss, account)
    page = reverse("admin:loyalty_replay_changelist")

    came = boss.get(page, headers={"Accept-Language": language}).content.decode()
    Event.objects.filter(pk=replay.cause_id).update(recorded_at=NOW)
    waited = boss.get(page, headers={"Accept-Language": language}).content.decode()

    assert (late_word in came, wait_word in waited) == (True, True)


def test_a_return_and_a_correction_are_told_by_name(account: Account) -> None:
    post(order("A", 10000, account, NOW), now=NOW)
    post(refund("R", "A", 5000, NOW + timedelta(hours=1)), now=NOW + timedelta(days=2))
    post(order("A", 9000, account, NOW, version=2), now=NOW + timedelta(days=3))

    with translation.override("en"):
        whys = [replay_words.cause(event) for event in account.events.order_by("id")]

    assert whys[1:] == ["A return that was told 1\xa0day later", "The order was corrected 3\xa0days later"]


def test_a_rule_that_no_longer_applies_says_which_condition_fails(boss: Client, account: Account) -> None:
    first = {"fact": "metric.orders", "op": "eq", "value": 0, "window": {"lifetime": True}}
    publish("first", [{"effect": "points.fixed", "currency": "points", "points": 7}], condition=first)
    replay = proposal(boss, account)

    page = boss.get(reverse("admin:loyalty_replay_change", args=[replay.pk]), headers=ENGLISH)

    whys = {line.rule: line.why for piece in page.context["difference"].pieces for line in piece.lines}
    assert whys["first"].startswith("Its condition no longer holds:")


def test_applying_from_the_page_posts_once(boss: Client, account: Account) -> None:
    replay = proposal(boss, account)
    page = reverse("admin:loyalty_replay_apply", args=[replay.pk])

    first = boss.post(page, follow=True, headers=ENGLISH)
    again = boss.post(page, follow=True, headers=ENGLISH)

    assert said(first) == ["2 events were set right."]
    assert said(again) == ["This has been decided already. Please reload the page to see how."]
    assert net(account, NOW_LATER) == 200
    assert Entry.objects.filter(counter="clawed_back").count() == 1


def test_discarding_from_the_page_keeps_the_reason(boss: Client, account: Account) -> None:
    replay = proposal(boss, account)

    boss.post(reverse("admin:loyalty_replay_discard", args=[replay.pk]), {"reason": "good will"})
    page = boss.get(reverse("admin:loyalty_replay_change", args=[replay.pk]), headers=ENGLISH)

    assert "good will" in page.content.decode()
    assert Replay.objects.get().state == "discarded"


def test_who_may_only_look_sees_no_buttons(client: Client, boss: Client, account: Account) -> None:
    replay = proposal(boss, account)
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_replay"))
    client.force_login(looker)

    page = client.get(reverse("admin:loyalty_replay_change", args=[replay.pk]))
    answer = client.post(reverse("admin:loyalty_replay_apply", args=[replay.pk]))

    assert (page.context["actions_detail"], answer.status_code) == ([], 403)


def test_the_proposal_is_reached_from_the_event_the_account_and_the_first_page(boss: Client, account: Account) -> None:
    replay = proposal(boss, account)
    link = reverse("admin:loyalty_replay_change", args=[replay.pk])

    pages = [
        reverse("admin:loyalty_event_change", args=[replay.cause_id]),
        reverse("admin:loyalty_account_change", args=[account.pk]),
    ]

    assert [link in boss.get(page).content.decode() for page in pages] == [True, True]
    assert reverse("admin:loyalty_replay_changelist") in boss.get(reverse("admin:index")).content.decode()


def test_any_decided_event_can_be_looked_at_again(boss: Client, account: Account) -> None:
    post(order("B", 15000, account, NOW_LATER), now=NOW_LATER)
    cause = post(order("A", 10000, account, NOW_LATER - timedelta(days=3)), now=NOW_LATER)[0].event_id

    answer = boss.post(reverse("admin:loyalty_event_judge", args=[cause]), follow=True, headers=ENGLISH)

    assert said(answer) == ["Something differs; the proposal is linked below."]
    assert Replay.objects.get().cause_id == cause
