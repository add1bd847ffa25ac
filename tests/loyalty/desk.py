"""The back office's people: a clerk, a supervisor, an auditor, and what each may do alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission

from loyalty import approvals, clock, ids, sealing
from loyalty.ledger import spending
from loyalty.models import Account, Approval, Seal, Threshold, User
from tests.loyalty.till import NOW, one_for_one, open_account, order, post, refund

PERMISSIONS = {
    "clerk": ("view_account", "view_approval", "add_approval"),
    "supervisor": ("view_account", "view_approval", "add_approval", "change_approval"),
    "auditor": ("view_account", "view_approval", "view_auditrecord", "view_seal"),
}
ALONE, A_DAY = 1000, 1500


def role(name: str) -> Group:
    """The role with its permissions; clerks and supervisors do 1,000 alone and 1,500 a day."""
    group, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        group.permissions.set(Permission.objects.filter(codename__in=PERMISSIONS[name]))
        if name != "auditor":
            for deed in (Threshold.Deed.ADJUST, Threshold.Deed.FORGIVE):
                Threshold.objects.create(
                    group=group, deed=deed, points_alone=ALONE, points_a_day=A_DAY, may_approve=name == "supervisor"
                )
    return group


def person(name: str, *roles: str, **columns: Any) -> User:
    """Somebody of the staff with these roles."""
    user = User.objects.create_user(name, password="a-quiet-green-cat", is_staff=True, **columns)
    user.groups.set([role(each) for each in roles])
    return user


def ask(by: User | None, account: Account, amount: int, **more: Any) -> Approval:
    """A wish to adjust, or what ``more`` says."""
    wish: dict[str, Any] = {"deed": "adjust", "reason": "lost in the post", "now": NOW, **more}
    return approvals.ask(account_id=account.pk, amount=amount, by=by, **wish)


def indebted() -> Account:
    """Spent 100 of 150 points, then gave everything back: owes 100."""
    one_for_one()
    account = open_account()
    post(order("A1", 15000, account))
    spending.spend(account_id=account.pk, amount=100, now=NOW)
    post(refund("R1", "A1", 15000, at=NOW + timedelta(minutes=1)), now=NOW + timedelta(minutes=2))
    return account


@contextmanager
def true_numbers() -> Iterator[None]:
    """Whatever :func:`let_time_pass` did to the numbers of rows is undone at the end."""
    before = ids._last
    yield
    ids._last = before


def let_time_pass(wait: timedelta) -> None:
    """Rows made from here on are numbered by a clock that is so much ahead."""
    ids._last = max(ids._last, int((clock.now() + wait).timestamp() * 1000) << 12)


def seal_after(wait: timedelta) -> list[Seal]:
    """Seals what was made until so long before now, as the nightly job would later."""
    let_time_pass(wait)
    return sealing.seal(now=clock.now() + wait)
