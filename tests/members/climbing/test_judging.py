"""The judge of tiers, without a database."""

from dataclasses import replace
from datetime import date, timedelta

from members.climbing import judging, weighing
from members.climbing.stands import Stand
from tests.members.bench import BASIC, DIAMOND, GOLD, JOINED, PLATINUM, SILVER, Known, terms, tier

TODAY = date(2026, 3, 15)
DAY = timedelta(days=1)
YEARLY = {"window": "calendar_year", "validity": "calendar_year"}
SPEND = {"fact": "metric.spend", "op": "gte", "value": 100000, "window": {"days": 365}}


def stand(earned: int | None = BASIC, **more: object) -> Stand:
    """In the first term, or in the term of 2026 where the validity is told."""
    began = date(2026, 1, 1) if "valid_through" in more else JOINED
    return Stand(joined_on=JOINED, earned=earned, reached_on=JOINED, term_from=began, **more)  # type: ignore[arg-type]  # columns by name


def test_a_threshold_is_met_exactly() -> None:
    """E48: growth of 500 is silver, 499 is not."""
    short = judging.judge(terms(), stand(), Known({TODAY: 499}), TODAY)
    met = judging.judge(terms(), stand(), Known({TODAY: 500}), TODAY)

    assert (short.stand.earned, short.outcome) == (BASIC, "kept")
    assert (met.stand.earned, met.outcome, met.stand.reached_on) == (SILVER, "rose", TODAY)


def test_many_rungs_at_once_are_one_rise() -> None:
    """E49: 0 → 5,200 is platinum in one verdict."""
    verdict = judging.judge(terms(), stand(), Known({TODAY: 5200}), TODAY)

    assert (verdict.stand.earned, verdict.outcome) == (PLATINUM, "rose")
    assert [(each.leaf.value, each.actual, each.ok) for each in verdict.findings] == [(5000, 5200, True)]


def test_what_leaves_a_rolling_window_takes_the_tier_on_that_day() -> None:
    """E52: paid on 15 March 2025, it counts through 14 March 2026 and is gone on the 15th."""
    rules = terms(tier(BASIC, 0), tier(SILVER, requirement=SPEND))
    paid = Known(metrics={"spend": {date(2025, 3, 15): 100000}})

    rose = judging.judge(rules, stand(), paid, date(2025, 3, 15))
    eve = judging.judge(rules, rose.stand, paid, date(2026, 3, 14))
    day = judging.judge(rules, eve.stand, paid, date(2026, 3, 15))

    assert (rose.stand.valid_through, rose.next_review_on) == (date(2026, 3, 14), date(2026, 3, 15))
    assert (eve.stand.earned, day.stand.earned, day.outcome) == (SILVER, BASIC, "fell")


def test_a_rolling_threshold_falls_by_the_same_rule() -> None:
    """E52: the simple way, growth in the last 12 months."""
    rules = terms(window="rolling", window_length=12, window_unit="months")
    grown = Known({date(2025, 3, 15): 700})

    rose = judging.judge(rules, stand(), grown, date(2025, 3, 15))

    assert rose.stand.valid_through == date(2026, 3, 14)
    assert judging.judge(rules, rose.stand, grown, date(2026, 3, 15)).stand.earned == BASIC


def test_one_step_down_a_period() -> None:
    """E53: diamond with 300 in the period lands on platinum, a period later on gold, never on the base at once."""
    rules = terms(**YEARLY, downgrade="one_step")
    year = Known({date(2026, 6, 1): 300})
    held = stand(DIAMOND, valid_through=date(2026, 12, 31))

    first = judging.judge(rules, held, year, date(2027, 1, 1))
    second = judging.judge(rules, first.stand, year, date(2028, 1, 1))

    assert (first.stand.earned, first.stand.valid_through) == (PLATINUM, date(2027, 12, 31))
    assert (second.stand.earned, second.stand.valid_through) == (GOLD, date(2028, 12, 31))


def test_to_the_earned_tier_at_once() -> None:
    held = stand(DIAMOND, valid_through=date(2026, 12, 31))

    verdict = judging.judge(terms(**YEARLY), held, Known({date(2026, 6, 1): 2300}), date(2027, 1, 1))

    assert (verdict.stand.earned, verdict.outcome) == (GOLD, "fell")


def test_a_ladder_that_never_goes_down_keeps_everybody() -> None:
    held = stand(DIAMOND, valid_through=date(2026, 12, 31))

    verdict = judging.judge(terms(**YEARLY, downgrade="never"), held, Known(), date(2027, 1, 1))

    assert (verdict.stand.earned, verdict.stand.valid_through) == (DIAMOND, date(2027, 12, 31))


def test_earning_it_again_keeps_the_tier_for_the_next_year() -> None:
    held = stand(GOLD, valid_through=date(2026, 12, 31))

    verdict = judging.judge(terms(**YEARLY), held, Known({date(2026, 6, 1): 2000}), date(2027, 1, 1))

    assert (verdict.outcome, verdict.stand.valid_through, verdict.next_review_on) == (
        "kept",
        date(2027, 12, 31),
        date(2028, 1, 1),
    )


def test_keeping_may_ask_for_less_than_reaching() -> None:
    rules = terms(tier(BASIC, 0), tier(GOLD, 2000, keep_threshold=1500), **YEARLY)
    held = stand(GOLD, valid_through=date(2026, 12, 31))

    kept = judging.judge(rules, held, Known({date(2026, 6, 1): 1500}), date(2027, 1, 1))
    lost = judging.judge(rules, held, Known({date(2026, 6, 1): 1499}), date(2027, 1, 1))

    assert (kept.stand.earned, lost.stand.earned) == (GOLD, BASIC)


def test_days_of_grace_count_towards_keeping() -> None:
    rules = terms(**YEARLY, grace_days=30)
    held = stand(GOLD, valid_through=date(2026, 12, 31))
    late = Known({date(2026, 6, 1): 1900, date(2027, 1, 20): 100})

    waiting = judging.judge(rules, held, Known({date(2026, 6, 1): 1900}), date(2027, 1, 10))
    kept = judging.judge(rules, held, late, date(2027, 1, 31))
    lost = judging.judge(rules, held, Known({date(2026, 6, 1): 1900}), date(2027, 1, 31))

    assert (waiting.stand.earned, waiting.next_review_on) == (GOLD, date(2027, 1, 31))
    assert (kept.stand.earned, lost.stand.earned) == (GOLD, SILVER)


def test_a_lock_holds_the_tier_and_lets_it_rise() -> None:
    """E57: locked at gold to 30 June: no fall before 1 July, a rise at any time."""
    locked = stand(GOLD, floor=GOLD, locked_through=date(2026, 6, 30))

    held = judging.judge(terms(), locked, Known({TODAY: 100}), date(2026, 6, 30))
    freed = judging.judge(terms(), held.stand, Known({TODAY: 100}), date(2026, 7, 1))
    risen = judging.judge(terms(), locked, Known({TODAY: 5000}), TODAY)

    assert (held.stand.earned, held.next_review_on) == (GOLD, date(2026, 7, 1))
    assert freed.stand.earned == BASIC
    assert risen.stand.earned == PLATINUM


def test_a_floor_below_stops_the_fall() -> None:
    locked = stand(PLATINUM, floor=SILVER, locked_through=None)

    verdict = judging.judge(terms(), locked, Known(), TODAY)

    assert verdict.stand.earned == SILVER


def test_the_best_of_earned_granted_and_bought_counts() -> None:
    """E58: while it runs, a bought tier counts where it is higher; then the earned one does."""
    lower = stand(SILVER, paid=GOLD, paid_through=TODAY)
    higher = stand(PLATINUM, paid=GOLD, paid_through=TODAY)
    granted = stand(SILVER, granted=DIAMOND, granted_through=TODAY + DAY, paid=GOLD)

    assert weighing.effective(terms(), lower, TODAY) == GOLD
    assert weighing.effective(terms(), lower, TODAY + DAY) == SILVER
    assert weighing.effective(terms(), higher, TODAY) == PLATINUM
    assert [weighing.effective(terms(), granted, day) for day in (TODAY + DAY, TODAY + 2 * DAY)] == [DIAMOND, GOLD]


def test_the_end_of_a_purchase_is_looked_at_the_day_after() -> None:
    verdict = judging.judge(terms(), stand(BASIC, paid=GOLD, paid_through=TODAY), Known(), TODAY)

    assert verdict.next_review_on == TODAY + DAY


def test_bands_of_a_balance_follow_it_both_ways() -> None:
    """C5: by balance +100 is silver, −50 back to basic, +500 (550) gold."""
    bands = terms(tier(BASIC, 0), tier(SILVER, 100), tier(GOLD, 500), tier(PLATINUM, 1000), basis="balance")

    silver = judging.judge(bands, stand(), Known(balance=100), TODAY)
    basic = judging.judge(bands, silver.stand, Known(balance=50), TODAY)
    gold = judging.judge(bands, basic.stand, Known(balance=550), TODAY)

    assert [each.stand.earned for each in (silver, basic, gold)] == [SILVER, BASIC, GOLD]


def test_a_refund_undoes_what_it_earned_at_once() -> None:
    held = judging.judge(terms(**YEARLY), stand(), Known({TODAY: 2000}), TODAY).stand

    undone = judging.judge(terms(**YEARLY), held, Known({TODAY: 600}), TODAY + 9 * DAY)

    assert (undone.stand.earned, undone.outcome) == (SILVER, "undone")


def test_a_refund_gives_back_the_tier_that_would_still_last() -> None:
    """Gold from last year, raised to platinum by an order that is returned: gold to the end of its own term."""
    gold = stand(GOLD, valid_through=date(2026, 12, 31))
    rules = terms(window="calendar_year", validity="calendar_year", validity_length=2)
    platinum = judging.judge(rules, gold, Known({TODAY: 5000}), TODAY).stand

    undone = judging.judge(rules, platinum, Known({TODAY: 0}), TODAY + DAY)

    assert (undone.stand.earned, undone.stand.valid_through) == (GOLD, date(2026, 12, 31))


def test_a_refund_of_this_year_leaves_last_years_tier_alone() -> None:
    """What was earned in another period is not undone because this one begins at nothing."""
    held = replace(
        stand(GOLD, valid_through=date(2026, 12, 31)), reached_on=date(2025, 6, 1), term_from=date(2025, 6, 1)
    )
    rules = terms(window="calendar_year", validity="calendar_year", validity_length=2)

    verdict = judging.judge(rules, held, Known({date(2025, 6, 1): 2000, TODAY: 0}), TODAY)

    assert verdict.stand.earned == GOLD


def test_refunds_wait_for_the_review_where_the_ladder_says_so() -> None:
    held = stand(GOLD)

    waits = judging.judge(terms(refunds_undo="at_review"), held, Known({TODAY: 100}), TODAY)
    falls = judging.judge(terms(refunds_undo="at_review"), waits.stand, Known({TODAY: 100}), TODAY + DAY)
    never = judging.judge(terms(refunds_undo="never"), held, Known({TODAY: 100}), TODAY)

    assert (waits.stand.earned, waits.next_review_on, falls.stand.earned) == (GOLD, TODAY + DAY, BASIC)
    assert (never.stand.earned, never.next_review_on) == (GOLD, None)


def test_those_who_have_the_tier_keep_it_by_the_terms_they_reached_it_by() -> None:
    """E60: gold rises from 2,000 to 3,000; who has it keeps it to its end, and is then judged by 3,000."""
    old, new = (
        terms(tier(BASIC, 0), tier(GOLD, needed), version=at, **YEARLY) for at, needed in ((1, 2000), (2, 3000))
    )
    gold = judging.judge(old, stand(), Known({TODAY: 2500}), TODAY).stand

    kept = judging.judge(new, gold, Known({TODAY: 2500}), date(2026, 12, 31), held=old)
    reviewed = judging.judge(new, kept.stand, Known({TODAY: 2500}), date(2027, 1, 1), held=old)
    now = judging.judge(new, gold, Known({TODAY: 2500}), TODAY, held=old, force=True)

    assert [each.stand.earned for each in (kept, reviewed, now)] == [GOLD, BASIC, BASIC]


def test_an_open_tier_is_protected_by_its_own_terms_too() -> None:
    """E60: without validity, the terms it was reached by go on."""
    old, new = (terms(tier(BASIC, 0), tier(GOLD, needed), version=at) for at, needed in ((1, 2000), (2, 3000)))
    gold = judging.judge(old, stand(), Known({TODAY: 2500}), TODAY).stand

    assert judging.judge(new, gold, Known({TODAY: 2500}), TODAY + DAY, held=old).stand.earned == GOLD
    assert judging.judge(new, gold, Known({TODAY: 1900}), TODAY + DAY, held=old).stand.earned == BASIC


def test_tiers_by_invitation_or_payment_are_not_reached_by_figures() -> None:
    rules = terms(tier(BASIC, 0), tier(GOLD, 2000, is_invitation_only=True), tier(PLATINUM, is_paid=True))

    assert judging.judge(rules, stand(), Known({TODAY: 9000}), TODAY).stand.earned == BASIC


def test_a_tier_may_ask_for_growth_and_more() -> None:
    orders = {"fact": "metric.orders", "op": "gte", "value": 3, "window": {"lifetime": True}}
    rules = terms(tier(BASIC, 0), tier(SILVER, 500, requirement=orders))

    without = judging.judge(rules, stand(), Known({TODAY: 500}), TODAY)
    both = judging.judge(rules, stand(), Known({TODAY: 500}, metrics={"orders": {TODAY: 3}}), TODAY)

    assert (without.stand.earned, both.stand.earned) == (BASIC, SILVER)


def test_a_tier_taken_off_the_ladder_is_left_at_its_review() -> None:
    old = terms(**YEARLY)
    new = terms(tier(BASIC, 0), tier(SILVER, 500), tier(GOLD, 2000, is_archived=True), version=2, **YEARLY)
    held = stand(GOLD, valid_through=date(2026, 12, 31), held_by=1)
    kept = judging.judge(new, held, Known({TODAY: 600}), TODAY, held=old)

    left = judging.judge(new, held, Known({TODAY: 600}), date(2027, 1, 1), held=old)

    assert (kept.stand.earned, left.stand.earned) == (GOLD, SILVER)
