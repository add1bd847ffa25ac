"""One-time codes: who can read the message knows them, nobody else does, and guessing is hopeless."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from loyalty import outbox
from loyalty.limits import TooManyTries
from loyalty.messaging import codes
from loyalty.messaging.channels import ConsoleSms
from loyalty.messaging.codes import CodesSpent, WrongCode
from loyalty.models import MessageTemplate, OneTimeCode, OutboxMessage
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PHONE = "+8613900139000"


def sent(to: str = PHONE, *, kind: str = "code.join", now: datetime = cast.NOW, **more: str) -> OneTimeCode:
    channel = "email" if "@" in to else "sms"
    told = {"purpose": "join", "language": "zh-hans", "network": "203.0.113.1", **more}
    return codes.send_code(to=to, channel=channel, kind=kind, now=now, **told)


def check(challenge: OneTimeCode, typed: str, *, purpose: str = "join", now: datetime = cast.NOW) -> OneTimeCode:
    return codes.check_code(challenge_id=challenge.pk, purpose=purpose, typed=typed, now=now)


def wrong(challenge: OneTimeCode) -> str:
    return str((int(codes.code_of(challenge)) + 1) % 10**6).zfill(6)


def test_the_code_is_in_the_message_and_nowhere_in_the_database() -> None:
    challenge = sent()
    outbox.drain(now=cast.NOW)

    code = codes.code_of(challenge)
    to, rendered = ConsoleSms.printed[-1]
    kept = [str(row) for model in (OneTimeCode, OutboxMessage) for row in model.objects.values()]
    assert (to, code in rendered.body, len(code)) == (PHONE, True, 6)
    assert [row for row in kept if code in row] == []


def test_a_code_by_mail_speaks_the_language_asked_for() -> None:
    challenge = sent("nuo@example.com", language="en")
    outbox.drain(now=cast.NOW)

    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["nuo@example.com"], f"{codes.code_of(challenge)} is your code")


def test_without_a_kind_the_same_happens_and_nothing_is_sent() -> None:
    before = len(ConsoleSms.printed)

    challenge = sent(kind="")
    drained = outbox.drain(now=cast.NOW)

    assert (challenge.address, drained.delivered, len(ConsoleSms.printed) - before) == (PHONE, 1, 0)


def test_codes_are_sent_whatever_became_of_their_template() -> None:
    MessageTemplate.objects.filter(kind="code.join").update(is_active=False)
    challenge = sent()

    outbox.drain(now=cast.NOW)

    assert codes.code_of(challenge) in ConsoleSms.printed[-1][1].body


@pytest.mark.parametrize("spaced", ["{0}", " {0} ", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}", "full-width"])
def test_the_right_code_counts_once(spaced: str) -> None:
    challenge = sent()
    code = codes.code_of(challenge)
    typed = (
        code.translate({48 + digit: 0xFF10 + digit for digit in range(10)})
        if "{" not in spaced
        else spaced.format(code)
    )

    used = check(challenge, typed)

    assert used.pk == challenge.pk
    with pytest.raises(WrongCode):
        check(challenge, code)


def test_after_five_tries_even_the_right_code_is_refused() -> None:
    challenge = sent()
    for _turn in range(codes.TRIES):
        with pytest.raises(WrongCode):
            check(challenge, wrong(challenge))

    with pytest.raises(WrongCode):
        check(challenge, codes.code_of(challenge))


def test_a_code_is_good_for_ten_minutes_and_one_purpose() -> None:
    challenge = sent()
    code = codes.code_of(challenge)

    with pytest.raises(WrongCode):
        check(challenge, code, purpose="reset")
    with pytest.raises(WrongCode):
        check(challenge, code, now=cast.NOW + timedelta(minutes=10))

    assert check(challenge, code, now=cast.NOW + timedelta(minutes=9, seconds=59)).pk == challenge.pk


def test_the_code_of_one_challenge_does_not_fit_another() -> None:
    first, second = sent(), sent("+8613600136000")

    with pytest.raises(WrongCode):
        check(second, codes.code_of(first))


def test_a_thousand_guesses_find_nothing_and_cost_no_more_than_the_budget(settings: Any) -> None:
    """Abuse 17: 1,000 tries: 0 success, spend within the cap."""
    settings.SMS_DAILY_BUDGET = 8
    dice, before = random.Random(17), len(ConsoleSms.printed)
    now, challenge, found, refused = cast.NOW, sent(), 0, 0
    for turn in range(1000):
        now += timedelta(seconds=20)
        if turn % codes.TRIES == 0:
            try:
                challenge = sent(now=now, network=f"203.0.113.{turn % 250}")
            except (TooManyTries, CodesSpent):
                refused += 1
        try:
            check(challenge, f"{dice.randrange(10**6):06}", now=now)
        except (WrongCode, TooManyTries):
            continue
        found += 1
    outbox.drain(now=now)

    assert (found, refused > 150) == (0, True)
    assert len(ConsoleSms.printed) - before <= settings.SMS_DAILY_BUDGET


def test_pumping_many_numbers_stops_at_the_network_and_at_the_budget(settings: Any) -> None:
    """Abuse 17: one network that asks for ever new numbers."""
    settings.SMS_DAILY_BUDGET = 120
    made = 0
    for number in range(300):
        try:
            sent(f"+86136{number % 6:04d}{number:04d}", network=f"203.0.113.{number % 2}")
        except (TooManyTries, CodesSpent):
            continue
        made += 1

    assert made == settings.SMS_DAILY_BUDGET


def test_a_row_of_neighboring_numbers_stops_wherever_it_is_asked_from() -> None:
    """Abuse 17: by range of numbers."""
    made = 0
    for number in range(100):
        try:
            sent(f"+861360000{number:04d}", network=f"203.0.113.{number}")
        except TooManyTries:
            continue
        made += 1

    assert made == codes.SENT_TO_RANGE


def test_one_number_is_not_pestered() -> None:
    for _turn in range(codes.SENT_TO_ADDRESS):
        sent()

    with pytest.raises(TooManyTries):
        sent(network="198.51.100.7")


def test_addresses_are_forgotten_after_a_day() -> None:
    sent()

    kept = codes.prune(now=cast.NOW + timedelta(hours=23))
    gone = codes.prune(now=cast.NOW + timedelta(hours=25))

    assert (kept, gone, OneTimeCode.objects.count()) == (0, 1, 0)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_right_answers_at_once_one_counts() -> None:
    challenge = sent()
    code = codes.code_of(challenge)

    def answer(_turn: int) -> bool:
        try:
            check(challenge, code)
        except WrongCode:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as crowd:
        answers = list(crowd.map(answer, range(4)))

    assert sum(answers) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_get_five_tries_together() -> None:
    """A negative control: counted before it is looked at, no burst gets a sixth look."""
    challenge = sent()

    def guess(_turn: int) -> None:
        try:
            check(challenge, wrong(challenge))
        except WrongCode:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as crowd:
        list(crowd.map(guess, range(12)))

    challenge.refresh_from_db()
    assert challenge.tries == codes.TRIES
