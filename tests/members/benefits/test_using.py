"""Using by code: verifying, refusals, repeats, undoing, lapsing."""

from datetime import date, timedelta

import pytest
from django.utils.translation import override

from loyalty.accounts import AccountFrozen
from loyalty.errors import LoyaltyError
from loyalty.models import Account, AuditRecord, Event
from members.benefits import lapsing, using
from members.benefits.using import Scan
from members.climbing.granting import ReasonNeeded
from members.models import Benefit, BenefitClaim, Member
from tests import cast
from tests.members.benefits import perks
from tests.members.benefits.perks import Place

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=1)


def claimed(**columns: object) -> BenefitClaim:
    perks.offer(**columns)  # type: ignore[arg-type]  # columns of the benefit
    return perks.claimed(cast.member())


def test_looking_writes_nothing() -> None:
    row = claimed()

    found = using.verify(Scan(row.code, Place.TILL), now=cast.NOW)

    assert (found.pk, found.state) == (row.pk, "open")
    assert Event.objects.filter(kind="benefit.used").count() == 0


def test_a_use_notes_where_and_by_whom_and_tells_the_rules() -> None:
    row, till = claimed(), cast.partner()

    used = using.use(Scan(row.code, Place.TILL, partner=till, reference="T-1"), now=cast.NOW + DAYS)

    row.refresh_from_db()
    assert (row.state, row.used_in, row.partner, row.reference) == ("used", "till", till, "T-1")
    assert (used.pk, row.used_at) == (row.pk, cast.NOW + DAYS)
    payload = Event.objects.get(kind="benefit.used").payload
    assert (payload["benefit"], payload["place"], payload["tier"]) == ("grooming", "till", "")


def test_a_code_may_be_typed_as_it_is_read_out() -> None:
    row = claimed()

    typed = f" {row.code[:4].lower()}-{row.code[4:8]} {row.code[8:]} "

    assert using.find(typed).pk == row.pk


def test_the_same_partner_with_the_same_reference_gets_the_first_answer() -> None:
    row, till = claimed(), cast.partner()
    scan = Scan(row.code, Place.TILL, partner=till, reference="T-1")
    using.use(scan, now=cast.NOW)

    again = using.use(scan, now=cast.NOW + 90 * DAYS)

    assert (again.pk, again.used_at) == (row.pk, cast.NOW)
    for other in (Scan(row.code, Place.TILL, partner=till, reference="T-2"), Scan(row.code, Place.TILL, partner=till)):
        with pytest.raises(using.AlreadyUsed):
            using.use(other, now=cast.NOW)


@pytest.mark.parametrize(
    ("change", "refusal", "words"),
    [
        ({"state": "used", "used_at": cast.NOW}, using.AlreadyUsed, "2026年3月18日"),
        ({"state": "lapsed", "usable_through": date(2026, 3, 17)}, using.Lapsed, "2026年3月17日"),
        ({"usable_through": date(2026, 3, 17)}, using.Lapsed, "2026年3月17日"),
        ({"state": "taken_back"}, using.TakenBack, ""),
    ],
    ids=["used", "lapsed", "over but not marked yet", "taken back"],
)
def test_what_cannot_be_used_says_why(change: dict[str, object], refusal: type[LoyaltyError], words: str) -> None:
    row = claimed()
    BenefitClaim.objects.update(**change)

    with override("zh-hans"), pytest.raises(refusal) as refused:
        using.use(Scan(row.code, Place.TILL), now=cast.NOW)

    assert words in refused.value.message
    assert refused.value.status == 409


def test_the_last_day_is_a_day_of_use() -> None:
    row = claimed()
    midnight = cast.NOW.replace(day=31, hour=16)  # 24:00 of 31 March in Shanghai

    assert using.verify(Scan(row.code, Place.TILL), now=midnight - timedelta(seconds=1)).pk == row.pk
    with pytest.raises(using.Lapsed):
        using.verify(Scan(row.code, Place.TILL), now=midnight)


def test_another_members_code_is_refused_without_a_name() -> None:
    row = claimed()
    other = cast.member("周一诺", phone="13900139000")

    with pytest.raises(using.OthersBenefit) as refused:
        using.use(Scan(row.code, Place.TILL, account_id=other.pk), now=cast.NOW)

    assert "林小满" not in refused.value.message
    assert using.use(Scan(row.code, Place.TILL, account_id=row.member_id), now=cast.NOW).state == "used"


def test_a_benefit_of_the_mall_is_not_used_at_a_till() -> None:
    row = claimed(used_in=Place.MALL)

    with pytest.raises(using.WrongPlace):
        using.use(Scan(row.code, Place.TILL), now=cast.NOW)

    assert using.use(Scan(row.code, Place.MALL), now=cast.NOW).used_in == "mall"


def test_nobody_knows_that_code() -> None:
    with pytest.raises(using.CodeUnknown):
        using.verify(Scan("NOSUCHCODE22", Place.TILL), now=cast.NOW)


def test_a_suspended_members_code_is_not_used() -> None:
    row = claimed()
    Account.objects.update(status=Account.Status.FROZEN)

    with pytest.raises(AccountFrozen):
        using.verify(Scan(row.code, Place.TILL), now=cast.NOW)
    with pytest.raises(AccountFrozen):
        using.use(Scan(row.code, Place.TILL), now=cast.NOW)


def test_staff_undo_a_use_with_a_reason_and_rules_give_only_once() -> None:
    cast.rule("thanks", "benefit.used", points=50)
    row, operator = claimed(), cast.operator()
    using.use(Scan(row.code, Place.STAFF, by=operator), now=cast.NOW)

    undone = using.undo(code=row.code, reason="扫错了人", by=operator, now=cast.NOW)
    open_again = (undone.state, undone.used_at, undone.used_by)
    using.use(Scan(row.code, Place.STAFF, by=operator), now=cast.NOW + DAYS)

    assert open_again == ("open", None, None)
    assert cast.available(row.member_id) == 50
    deeds = AuditRecord.objects.order_by("pk").values_list("deed", flat=True)
    assert list(deeds) == ["members.benefit.use", "members.benefit.undo", "members.benefit.use"]


def test_only_a_use_can_be_undone_and_not_without_a_reason() -> None:
    row = claimed()

    with pytest.raises(using.NotUsed):
        using.undo(code=row.code, reason="错了", by=None, now=cast.NOW)
    with pytest.raises(ReasonNeeded):
        using.undo(code=row.code, reason="", by=None, now=cast.NOW)


def test_the_night_marks_what_was_not_used() -> None:
    row = claimed()

    early = lapsing.walk(cast.NOW, "2026-03-31", "").counts
    late = lapsing.walk(cast.NOW, "2026-04-01", "").counts

    row.refresh_from_db()
    assert (early, late, row.state) == ({"lapsed": 0}, {"lapsed": 1}, "lapsed")


def test_the_night_leaves_used_ones_and_those_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lapsing, "RANGE", 1)
    member = cast.member()
    perks.offer("a", quota=3)
    rows = [perks.claimed(member, "a") for _time in range(3)]
    perks.offer("b", period="ever")
    endless = perks.claimed(member, "b")
    using.use(Scan(rows[0].code, Place.TILL), now=cast.NOW)

    lapsing.walk(cast.NOW, "2027-01-01", "")

    states = BenefitClaim.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["used", "lapsed", "lapsed", "open"]
    assert endless.usable_through is None
    assert (Benefit.objects.count(), Member.objects.count()) == (2, 1)
