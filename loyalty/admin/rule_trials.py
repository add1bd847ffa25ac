"""Trying a draft out: one member and one order with its receipt, or the whole of last month.

A dry run decides with and without the draft; a back-test folds what really happened once more.
Neither writes anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty import accounts, clock, deciding, rules, texts
from loyalty import money as moneys
from loyalty import programme as programmes
from loyalty.admin import receipts, showing
from loyalty.admin.rule_answers import drafted, faults, may_view
from loyalty.admin.rule_forms import said
from loyalty.deciding import sentences
from loyalty.errors import LoyaltyError
from loyalty.models import Account, Order, Programme, Rule

TRIED = "order.paid"
MONTH = timedelta(days=31)


class TrialUnfinished(LoyaltyError):
    """The trial names no member."""

    code = "trial_unfinished"
    sentence = gettext_lazy("Choose a member to try it on.")


class AmountUnreadable(LoyaltyError):
    """The made-up order's amount is no number."""

    code = "trial_amount"
    sentence = gettext_lazy("Enter an amount such as 100 or 99.50.")


class Silent(NamedTuple):
    """A rule that gave nothing, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Trial:
    """Whom and what a dry run is about; ``payload`` is an order as the books keep it."""

    account: Account
    payload: dict[str, Any]
    at: datetime


def attempt(request: HttpRequest) -> HttpResponse:
    """Decides the trial with and without the draft and shows both receipts."""
    return _answer(request, "trial", _run)


def backtest(request: HttpRequest) -> HttpResponse:
    """What the draft would have changed on the last month's events."""
    return _answer(request, "backtest", _replay)


def _answer(request: HttpRequest, page: str, work: Any) -> HttpResponse:
    """The result as a fragment for the editor's script, or as a page of its own without it."""
    may_view(request)
    programme = programmes.current()
    definition = drafted(request.POST)
    context: dict[str, Any] = {"problems": [said(fault) for _part, fault in faults(definition)], "page": page}
    if not context["problems"]:
        try:
            context |= work(request.POST, definition, programme)
        except LoyaltyError as refusal:
            context["problems"] = [refusal.message]
    if request.headers.get("X-Requested-With") == "fetch":
        return TemplateResponse(request, f"admin/loyalty/rule/_{page}.html", context)
    frame = {"title": _("Try it out"), "opts": Rule._meta, "partial": f"admin/loyalty/rule/_{page}.html"}
    return TemplateResponse(
        request, "admin/loyalty/rule/trial.html", context | admin.site.each_context(request) | frame
    )


def _draft(data: Mapping[str, Any], definition: Mapping[str, Any]) -> Rule:
    """The draft as a rule that is not saved; it keeps its key, so it stands in for its own version."""
    pk = data.get("rule", "")
    named = {name: value for name, value in definition.items() if name != "code"}
    return Rule(pk=int(pk) if pk.isdecimal() else None, code=definition["code"] or "draft", **named)


def _run(data: Mapping[str, Any], definition: dict[str, Any], programme: Programme) -> dict[str, Any]:
    trial = _trial(data, definition, programme)
    draft = _draft(data, definition)
    result = rules.dry_run(
        draft, account_id=trial.account.pk, kind=draft.kind, payload=trial.payload, occurred_at=trial.at
    )
    before = receipts.told(result.before.receipt, programme.currency)
    after = receipts.told(result.after.receipt, programme.currency)
    mine, others = _why_not(result.verdicts, draft, programme)
    return {
        "before": before,
        "after": after,
        "difference": receipts.difference(before, after),
        "why_not": mine,
        "silent": others,
    }


def _why_not(verdicts: Sequence[deciding.Verdict], draft: Rule, programme: Programme) -> tuple[str, list[Silent]]:
    """Why the draft gave nothing, in a sentence, empty where it applied; and which other rules did not, and why."""
    units = {unit.code: unit.name for unit in accounts.currencies().values()}
    policy = {"currency": programme.currency}
    mine, others = "", []
    for verdict in verdicts:
        if verdict.outcome == "applied":
            continue
        told = sentences.of_verdict(verdict, units, policy, kind=draft.kind)
        if verdict.rule_id == (draft.pk or 0) and not verdict.number:
            mine = told
        else:
            others.append(Silent(texts.pick(verdict.name_zh, verdict.name_en), told))
    return mine, others


def _trial(data: Mapping[str, Any], definition: Mapping[str, Any], programme: Programme) -> Trial:
    chosen = data.get("trial_account", "")
    account = Account.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
    account = account or Account.objects.filter(number=chosen).first()
    if account is None:
        raise TrialUnfinished
    order = data.get("trial_order", "")
    if definition["kind"] == TRIED and order.isdecimal():
        found = Order.objects.filter(pk=order, account=account).select_related("event").first()
        if found is not None:
            return Trial(account, dict(found.event.payload), found.placed_at)
    return Trial(account, _payload(data, definition, programme), _when(data))


def _when(data: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(data.get("trial_at", ""))
    except ValueError:
        return clock.now()
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _payload(data: Mapping[str, Any], definition: Mapping[str, Any], programme: Programme) -> dict[str, Any]:
    """A made-up order as a till would tell it, after parsing; other kinds have nothing to fill in."""
    if definition["kind"] != TRIED:
        return {}
    lines = _lines(data.get("trial_lines", ""), programme)
    amount = sum(line["amount_minor"] for line in lines) or _minor(data.get("trial_amount", ""), programme)
    return {
        "order_id": "dry-run",
        "currency": programme.currency,
        "amount_minor": amount,
        "freight_minor": 0,
        "discount_minor": 0,
        "points_paid_minor": 0,
        "points_paid": 0,
        "store": "",
        "channel": "",
        "customer": "",
        "lines": lines,
    }


def _minor(text: str, programme: Programme) -> int:
    try:
        return moneys.minor(Decimal(text.strip() or "0"), programme.currency, "trial_amount")
    except InvalidOperation:
        raise AmountUnreadable from None


def _lines(text: str, programme: Programme) -> list[dict[str, Any]]:
    """Lines typed as ``category, SKU, amount``; the amount comes last, the others may be left out."""
    found = []
    for position, row in enumerate(filter(None, (row.strip() for row in text.splitlines())), start=1):
        *named, amount = [word.strip() for word in row.replace("，", ",").split(",")]
        category, sku = [*named, "", ""][:2]
        line = {"position": position, "kind": "goods", "sku": sku, "title": sku, "category": category, "quantity": 1}
        found.append(line | {"amount_minor": _minor(amount, programme), "voided": False})
    return found


def _replay(data: Mapping[str, Any], definition: dict[str, Any], programme: Programme) -> dict[str, Any]:
    until = clock.now()
    report = rules.backtest(_draft(data, definition), since=until - MONTH, until=until)
    page: Any = admin.site.get_model_admin(Account)
    swings = [*report.winners, *report.losers]
    accounts = Account.objects.select_related(*page.list_select_related)
    known = {account.pk: account for account in accounts.filter(pk__in=[swing.account_id for swing in swings])}
    return {
        "report": report,
        "change": showing.points(report.change),
        "unit": receipts.unit(report.currency),
        "swings": [
            {
                "account": known[swing.account_id],
                "label": page.label(known[swing.account_id]),
                "change": showing.points(swing.change),
            }
            for swing in swings
            if swing.account_id in known
        ],
    }
