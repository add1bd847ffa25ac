"""What the editor asks the server while one types: facts, the sentence, members and their orders.

Nothing here writes.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from loyalty import clock, conditions, statements
from loyalty import money as moneys
from loyalty import programme as programmes
from loyalty.admin import rule_forms, showing
from loyalty.admin.rule_words import Words
from loyalty.deciding.validation import LIFETIMES
from loyalty.errors import LoyaltyError
from loyalty.models import Account, Currency, Order, Programme
from loyalty.registry import Effect, EffectParam, EventKind, registry

FOUND = 12


def may_view(request: HttpRequest) -> None:
    if not request.user.has_perm("loyalty.view_rule"):
        raise PermissionDenied


def catalogue(request: HttpRequest) -> JsonResponse:
    """Everything the editor offers for one kind of event, in the active language."""
    may_view(request)
    programme = programmes.current()
    kind = request.GET.get("kind", "")
    return JsonResponse(
        {
            "facts": conditions.catalogue(kind if registry.find(EventKind, kind) else None),
            "currencies": [[currency.code, currency.name] for currency in Currency.objects.order_by("id")],
            "effects": [_effect(effect) for effect in registry.all(Effect)],
            "lifetimes": [[mode, str(Currency.ExpiryMode(mode).label)] for mode in LIFETIMES],
            "awaited": [[code, str(label)] for code, label in rule_forms.kinds()],
            "money": {
                "symbol": moneys.symbol(programme.currency),
                "digits": moneys.digits(programme.currency),
            },
        }
    )


def _effect(effect: Effect) -> dict[str, Any]:
    return {"code": effect.code, "label": str(effect.label), "params": [_param(param) for param in effect.params]}


def _param(param: EffectParam) -> dict[str, Any]:
    choices = [[value, str(label)] for value, label in param.choices()] if param.choices else None
    return {
        "code": param.code,
        "label": str(param.label),
        "type": param.type.value,
        "required": param.required,
        "choices": choices,
        "default": param.default,
    }


def drafted(data: Mapping[str, Any]) -> dict[str, Any]:
    """The definition a form tells, read as leniently as one types: what can't be read is empty."""
    definition: dict[str, Any] = {name: data.get(name, "") for name in ("name_zh", "name_en", "kind", "code")}
    for name in rule_forms.EDITED:
        try:
            read = json.loads(data.get(name) or "null")
        except ValueError:
            read = None
        empty = rule_forms.EMPTY[name]
        definition[name] = read if isinstance(read, type(empty)) else empty
    priority = str(data.get("priority", ""))
    definition["priority"] = int(priority) if priority.isdecimal() else 100
    return definition | {name: name in data for name in ("is_exclusive", "stops")}


def faults(definition: dict[str, Any]) -> list[tuple[str, LoyaltyError]]:
    """What is still wrong with a draft, by part."""
    try:
        conditions.validate(definition["condition"], kind=definition["kind"])
    except LoyaltyError as fault:
        return [("condition", fault)]
    return rule_forms.definition_faults(definition)


def about_people(tree: Mapping[str, Any]) -> dict[str, Any] | None:
    """The tree without what only an event can tell; ``None`` where nothing is left to ask.

    What is left never excludes a member the whole tree could accept: an ``any`` with a comparison of
    the event could hold for everyone, so it is dropped whole.
    """
    if "fact" in tree:
        return None if str(tree["fact"]).startswith("event.") else dict(tree)
    if "at_least" in tree:
        return _at_least(tree)
    for way in ("all", "any", "none"):
        if way in tree:
            children = [about_people(child) for child in tree[way] if isinstance(child, Mapping)]
            if way == "any" and None in children:
                return None
            if way == "none" and any(_mixed(child) for child in tree[way]):
                children = [child for child, whole in zip(children, tree[way], strict=False) if not _mixed(whole)]
            kept = [child for child in children if child]
            return {way: kept} if kept else None
    return None


def _at_least(tree: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an event may decide is taken as decided for the member: so many fewer are asked for."""
    listed = tree.get("of")
    children = [child for child in listed if isinstance(child, Mapping)] if isinstance(listed, list) else []
    kept = [dict(child) for child in children if not _mixed(child)]
    least = tree["at_least"] - (len(children) - len(kept)) if isinstance(tree["at_least"], int) else 0
    return {"at_least": least, "of": kept} if 0 < least <= len(kept) else None


def _mixed(tree: Mapping[str, Any]) -> bool:
    """Whether a comparison of the event hides somewhere in the tree."""
    if "fact" in tree:
        return str(tree["fact"]).startswith("event.")
    return any(_mixed(child) for way in ("all", "any", "none", "of") for child in tree.get(way, ()))


def preview(request: HttpRequest) -> JsonResponse:
    """The draft in words, how many members it could reach today, and what is still missing."""
    may_view(request)
    programme = programmes.current()
    definition = drafted(request.POST)
    found = faults(definition)
    words = Words(programme)
    answer: dict[str, Any] = {
        "parts": [{"code": part.code, "label": str(part.label), "text": part.text} for part in words.parts(definition)],
        "problems": [
            {"part": part, "path": fault.param or "", "message": rule_forms.said(fault)} for part, fault in found
        ],
    }
    if not any(part == "condition" for part, _fault in found):
        answer |= _reach(definition, programme)
    return JsonResponse(answer)


def _reach(definition: Mapping[str, Any], programme: Programme) -> dict[str, Any]:
    tree = about_people(definition["condition"])
    people = Q(status=Account.Status.ACTIVE, kind=Account.Kind.MEMBER)
    active = Account.objects.filter(people)
    everyone = active.count()
    if tree is None:
        return {"reach": _("All %(count)s active members can be reached.") % {"count": f"{everyone:,}"}}
    today = programme.day_of(clock.now())
    with statements.wide():
        matching = conditions.accounts(tree, as_of=today).filter(people).count()
    share = f"{100 * matching / everyone:.0f}%" if everyone else "–"
    numbers = {"matching": f"{matching:,}", "count": f"{everyone:,}", "share": share}
    return {"reach": _("%(matching)s of %(count)s active members match today (%(share)s).") % numbers}


def members(request: HttpRequest) -> JsonResponse:
    """Accounts for the picker, found as the accounts' page finds them."""
    if not request.user.has_perm("loyalty.view_account"):
        raise PermissionDenied
    page: Any = admin.site.get_model_admin(Account)
    term = request.GET.get("q", "")
    found = page.get_queryset(request).select_related(*page.list_select_related)
    if term:
        found, _twice = page.get_search_results(request, found, term)
    rows = found.distinct()[:FOUND] if term else found.order_by("-opened_at")[:FOUND]
    return JsonResponse(
        {"results": [{"value": str(row.pk), "label": page.label(row), "group": row.number} for row in rows]}
    )


def orders(request: HttpRequest) -> JsonResponse:
    """One member's orders of the last month, to try the rule on."""
    if not request.user.has_perm("loyalty.view_order"):
        raise PermissionDenied
    account = request.GET.get("account", "")
    since = clock.now() - timedelta(days=31)
    rows = Order.objects.filter(account_id=int(account) if account.isdecimal() else -1, placed_at__gte=since)
    return JsonResponse(
        {
            "results": [
                {
                    "value": str(row.pk),
                    "label": f"{showing.when(row.placed_at)} · {showing.money(row.total_minor, row.currency)}",
                }
                for row in rows.order_by("-placed_at")[:FOUND]
            ]
        }
    )
