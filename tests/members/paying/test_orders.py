"""Orders that sell plans."""

from datetime import date, timedelta

import pytest

from loyalty.events import releasing, reviewing
from loyalty.models import Event, Message, Programme
from members.entering import enrolment
from members.models import Consent, Member, PlanTerm
from members.paying import by_hand
from tests import cast
from tests.members.paying import shop

pytestmark = pytest.mark.django_db
NOW, TODAY = shop.NOW, shop.TODAY
YEAR = (TODAY, date(2027, 3, 17))


def test_a_line_with_the_article_of_a_plan_opens_its_term() -> None:
    shop.plan()
    member = cast.member()

    shop.order(member, shop.line(), shop.line("TEA", 3000))

    [term] = shop.terms(member)
    assert (shop.spans(member), term.source, term.price_minor) == ([YEAR], "order", 50000)
    assert term.event == Event.objects.get(kind="order.paid")
    [told] = shop.happened("plan.started")
    assert (told["plan"], told["source"], told["is_first"], told["days"]) == ("plus", "order", True, 365)
    assert Event.objects.get(kind="plan.started").cause == term.event
    assert Message.objects.filter(key__startswith="plan.bought", channel="in_app").count() == 1


def test_two_pieces_are_two_terms_in_a_row() -> None:
    shop.plan()
    member = cast.member()

    shop.order(member, shop.line(quantity=2, amount=99999))

    assert shop.spans(member) == [YEAR, (date(2027, 3, 18), date(2028, 3, 17))]
    assert [term.price_minor for term in shop.terms(member)] == [50000, 49999]


def test_the_same_order_told_again_buys_once() -> None:
    shop.plan()
    member = cast.member()

    answers = [shop.order(member).status for _ in range(2)]

    assert (answers, shop.spans(member)) == (["accepted", "duplicate"], [YEAR])


def test_a_corrected_order_does_not_buy_twice_and_takes_away_what_it_no_longer_sells() -> None:
    shop.plan()
    member = cast.member()
    shop.order(member, shop.line(quantity=2, amount=100000))

    shop.order(member, shop.line(quantity=1, amount=48000), version=2)
    corrected = shop.spans(member), shop.terms(member)[0].price_minor
    shop.order(member, shop.line("TEA", 48000), version=3)

    assert corrected == ([YEAR, (date(2027, 3, 18), date(2027, 3, 17))], 48000)
    assert [last < first for first, last in shop.spans(member)] == [True, True]


def test_what_a_correction_took_away_a_later_one_brings_back() -> None:
    shop.plan()
    member = cast.member()
    shop.order(member)

    shop.order(member, shop.line("TEA", 50000), version=2)
    shop.order(member, version=3)

    assert (shop.spans(member), PlanTerm.objects.count()) == ([YEAR], 1)


def test_a_voided_line_sells_nothing() -> None:
    shop.plan()
    member = cast.member()

    shop.order(member, shop.line(voided=True), shop.line("TEA", 3000))

    assert shop.spans(member) == []


def test_a_guest_order_claimed_later_begins_on_the_day_it_is_claimed() -> None:
    shop.plan()
    member = cast.member()
    shop.order(None)
    nothing = PlanTerm.objects.count()

    till, later = cast.partner(), shop.at(20)
    for _press in range(2):
        releasing.claim(partner_id=till.pk, order_id="A-1", account_id=member.pk, now=later)

    assert (nothing, shop.spans(member)) == (0, [(date(2026, 4, 7), date(2027, 4, 6))])


def test_an_order_of_somebody_who_joins_later_buys_when_they_join() -> None:
    shop.plan()
    told = {"order_id": "A-1", "currency": "CNY", "lines": [shop.line()], "customer": "p:13600136000"}
    shop.tell("order.paid", told)

    member = enrolment.enrol(
        name="程",
        phone="13600136000",
        birthday=None,
        source=Member.Source.WEB,
        password=None,
        consents={Consent.Purpose.TERMS: True},
        now=shop.at(3),
    )
    releasing.look_again(now=shop.at(3))

    assert shop.spans(member) == [(date(2026, 3, 21), date(2027, 3, 20))]


def test_a_late_order_waits_for_review_and_buys_once_it_is_accepted() -> None:
    shop.plan()
    member = cast.member()
    Programme.objects.update(late_days=7, max_age_days=90)
    shop.order(member, now=NOW, recorded=shop.at(20))
    waiting = PlanTerm.objects.count()

    ids = list(Event.objects.filter(state="review").values_list("pk", flat=True))
    for _press in range(2):
        reviewing.accept(event_ids=ids, by=None, now=shop.at(22))

    assert (waiting, shop.spans(member)) == (0, [(date(2026, 4, 9), date(2027, 4, 8))])


def test_an_order_of_long_ago_is_history_and_gives_nothing_now() -> None:
    shop.plan()
    member = cast.member(now=NOW - timedelta(days=900))
    Programme.objects.update(late_days=1000, max_age_days=1000)

    shop.order(member, now=NOW - timedelta(days=800), recorded=NOW)

    assert (shop.spans(member), shop.happened("plan.started")) == ([(date(2024, 1, 8), date(2025, 1, 7))], [])
    assert Message.objects.filter(key__startswith="plan.").count() == 0


def test_a_whole_refund_ends_the_term_that_day_and_says_so_once() -> None:
    shop.plan()
    member = cast.member()
    shop.order(member)

    for _told in range(2):
        shop.refund(50000, now=shop.at(100))

    [term] = shop.terms(member)
    assert (shop.spans(member), term.refunded_minor) == ([(TODAY, date(2026, 6, 25))], 50000)
    assert [(told["why"], told["days"]) for told in shop.happened("plan.ended")] == [("refund", 100)]


@pytest.mark.parametrize(
    ("policy", "last"),
    [("pro_rata", date(2027, 1, 3)), ("whole", date(2027, 3, 17)), ("none", date(2027, 3, 17))],
)
def test_a_part_paid_back_takes_days_where_the_plan_says_so(policy: str, last: date) -> None:
    """A fifth of the price is 73 of 365 days."""
    shop.plan(refund=policy)
    member = cast.member()
    shop.order(member)

    shop.refund(10000, now=shop.at(100))

    assert (shop.spans(member), shop.terms(member)[0].refunded_minor) == ([(TODAY, last)], 10000)
    assert shop.happened("plan.ended") == []


def test_what_the_days_left_are_worth_ends_it_today() -> None:
    shop.plan()
    member = cast.member()
    shop.order(member)

    shop.refund(36301, now=shop.at(100))

    assert shop.spans(member) == [(TODAY, date(2026, 6, 25))]


def test_parts_in_any_order_come_to_the_same() -> None:
    shop.plan()
    one, other = cast.member(), cast.member("何", phone="13500135000")
    shop.order(one, number="A-1")
    shop.order(other, number="A-2")

    for number, amounts in (("A-1", (4000, 6000)), ("A-2", (6000, 4000))):
        for place, amount in enumerate(amounts):
            shop.refund(amount, number=number, ref=f"{number}-{place}", now=shop.at(50))

    assert shop.spans(one) == shop.spans(other) == [(TODAY, date(2027, 1, 3))]


def test_a_refund_that_names_no_article_is_for_the_goods_first() -> None:
    shop.plan()
    member = cast.member()
    shop.order(member, shop.line(), shop.line("TEA", 20000))

    shop.refund(20000, ref="R-1", now=shop.at(10))
    goods = shop.spans(member)
    shop.refund(10000, ref="R-2", now=shop.at(20))

    assert (goods, shop.spans(member)) == ([YEAR], [(TODAY, date(2027, 1, 3))])


def test_a_refund_by_line_is_of_the_article_it_names() -> None:
    shop.plan()
    member = cast.member()
    shop.order(member, shop.line(), shop.line("TEA", 20000))

    shop.refund(50000, now=shop.at(10), lines=[{"sku": "PLUS", "amount_minor": 50000}])

    assert (shop.spans(member), shop.terms(member)[0].refunded_minor) == ([(TODAY, date(2026, 3, 27))], 50000)


def test_lines_of_a_refund_may_not_exceed_it() -> None:
    shop.plan()
    shop.order(cast.member())

    answer = shop.refund(1000, lines=[{"sku": "PLUS", "amount": "500.00"}])

    assert (answer.status, answer.error and answer.error.code) == ("refused", "amount_mismatch")


def test_a_refund_that_is_cancelled_lets_the_term_run_on() -> None:
    shop.plan()
    member = cast.member()
    shop.order(member)
    shop.refund(50000, now=shop.at(10), lines=[{"sku": "PLUS", "amount_minor": 50000}])

    told = {"order_id": "A-1", "refund_id": "R-1", "currency": "CNY", "amount_minor": 50000}
    shop.tell("order.refund_cancelled", told, shop.at(12))

    assert (shop.spans(member), shop.terms(member)[0].refunded_minor) == ([YEAR], 0)


def test_the_last_term_gives_first_and_what_has_not_begun_moves_up() -> None:
    shop.plan()
    member = cast.member()
    shop.order(member, number="A-1")
    shop.order(member, number="A-2", now=shop.at(1))

    shop.refund(50000, number="A-1", now=shop.at(100))

    assert shop.spans(member) == [(TODAY, date(2026, 6, 25)), (date(2026, 6, 26), date(2027, 6, 25))]
    assert shop.happened("plan.ended") == []


def test_of_two_pieces_the_later_term_goes_first() -> None:
    shop.plan()
    member = cast.member()
    shop.order(member, shop.line(quantity=2, amount=100000))

    shop.refund(50000, now=shop.at(100))

    assert shop.spans(member) == [YEAR, (date(2027, 3, 18), date(2027, 3, 17))]


def test_a_discount_on_the_order_lowers_what_was_paid_for_the_plan() -> None:
    shop.plan()
    member = cast.member()

    shop.order(member, shop.line(), shop.line("TEA", 50000), discount_minor=10000)

    assert shop.terms(member)[0].price_minor == 45000


def test_what_staff_ended_stays_ended_when_the_till_pays_back() -> None:
    shop.plan()
    member = cast.member()
    shop.order(member)
    back = by_hand.end(term_id=shop.terms(member)[0].pk, gives_back=True, reason="搬家", by=None, now=shop.at(100))

    shop.refund(back.minor, now=shop.at(103))

    assert (back.minor, shop.terms(member)[0].refunded_minor) == (36301, 36301)
    assert shop.spans(member) == [(TODAY, date(2026, 6, 25))]


def test_refunded_before_it_is_claimed_it_buys_nothing() -> None:
    shop.plan()
    member = cast.member()
    shop.order(None)
    shop.refund(50000, now=shop.at(1))

    releasing.claim(partner_id=cast.partner().pk, order_id="A-1", account_id=member.pk, now=shop.at(2))

    assert shop.spans(member) == []


def cancelled_refund(amount: int, days: int) -> None:
    told = {"order_id": "A-1", "refund_id": "R-1", "currency": "CNY", "amount_minor": amount}
    shop.tell("order.refund_cancelled", told, shop.at(days))


def test_what_staff_ended_stays_ended_when_the_refund_after_it_is_cancelled() -> None:
    """The till's money went back and came again; the deed of staff is another one."""
    shop.plan()
    member = cast.member()
    shop.order(member)
    by_hand.end(term_id=shop.terms(member)[0].pk, gives_back=False, reason="搬家", by=None, now=shop.at(100))
    ended = shop.spans(member)
    shop.refund(10000, now=shop.at(103))

    cancelled_refund(10000, 105)

    assert ended == [(TODAY, date(2026, 6, 25))]
    assert (shop.spans(member), shop.terms(member)[0].refunded_minor) == (ended, 0)
