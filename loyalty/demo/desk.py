"""The back office's people: a clerk with limits, a supervisor who approves, and one wish that waits."""

from django.contrib.auth.models import Group, Permission

from loyalty import approvals
from loyalty.demo.shop import PASSWORD
from loyalty.demo.stage import Login, Stage
from loyalty.models import Account, Threshold, User

CLERK, SUPERVISOR = "clerk", "supervisor"
_SEES = ("view_account", "view_entry", "view_lot", "view_order", "view_event", "view_member", "view_approval")
_DECIDES = (
    "add_approval",
    "change_approval",
    "view_threshold",
    "view_auditrecord",
    "view_finding",
    "change_finding",
    "reveal_contacts",
)
_ROLES = (
    ("客服", (*_SEES, "add_approval"), 500, 2000, False),
    ("客服主管", (*_SEES, *_DECIDES), 2000, 10000, True),
)
_PEOPLE = ((CLERK, "客服 李晓", "客服"), (SUPERVISOR, "主管 王芳", "客服主管"))


def plant(stage: Stage) -> None:
    """Makes the roles with their limits, the two people, and what the clerk asks for."""
    for name, permissions, alone, a_day, may_approve in _ROLES:
        group = Group.objects.create(name=name)
        group.permissions.set(Permission.objects.filter(codename__in=permissions))
        for deed in (Threshold.Deed.ADJUST, Threshold.Deed.FORGIVE):
            Threshold.objects.create(
                group=group, deed=deed, points_alone=alone, points_a_day=a_day, may_approve=may_approve
            )
    for login, name, role in _PEOPLE:
        user = User.objects.create_user(login, password=PASSWORD, display_name=name, is_staff=True, language="zh-hans")
        user.groups.set(Group.objects.filter(name=role))
    _ask(stage)


def _ask(stage: Stage) -> None:
    account = Account.objects.filter(status=Account.Status.ACTIVE).order_by("id").first()
    if account is not None:
        approvals.ask(
            deed=Threshold.Deed.ADJUST,
            account_id=account.pk,
            amount=1200,
            reason="换机后小程序订单漏记积分，已核对小票",
            by=User.objects.get(username=CLERK),
            now=stage.now,
        )


def logins() -> list[Login]:
    """Both people, where the demo is planted."""
    known = User.objects.in_bulk([CLERK, SUPERVISOR], field_name="username")
    return [Login(name, known[name].display_name, name, PASSWORD) for name in (CLERK, SUPERVISOR) if name in known]
