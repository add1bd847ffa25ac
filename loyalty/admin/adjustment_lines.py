"""What a page shows of a file of adjustments: its figures, its lines with a search, and who was left out."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from loyalty.adjustment_files import carrying, reporting
from loyalty.adjustment_files.reading import Sheet
from loyalty.admin import showing
from loyalty.models import AdjustmentFile, AdjustmentLine
from loyalty.registry import Directory, registry

PAGE = 50
OUTCOMES = {"done": Q(entry__isnull=False), "refused": ~Q(refused=""), "waiting": Q(entry=None, refused="")}
Figures = list[tuple[str, str]]


def known(request: HttpRequest, kept: AdjustmentFile) -> dict[str, Any]:
    """All that the page of a file needs; a fixed number of queries however long it is."""
    standing, word = carrying.standing(kept), request.GET.get("q", "").strip()[:60]
    outcome = request.GET.get("outcome", "")
    chosen = OUTCOMES.get(outcome, Q())
    found = Paginator(_found(kept, word).filter(chosen).order_by("number"), PAGE).get_page(request.GET.get("page", "1"))
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in (("q", word), ("outcome", outcome)) if value})
    return {
        "kept": kept,
        "file_standing": standing,
        "file_words": words(standing),
        "file_figures": of_file(kept, standing),
        "lines": found,
        "rows": [_row(line) for line in found],
        "word": word,
        "outcome": outcome if outcome in OUTCOMES else "",
        "outcomes": [(code, str(reporting.OUTCOMES[code])) for code in OUTCOMES],
        "query": query.urlencode(),
        "left_out": kept.approval.terms.get("told", []),
        "left_out_count": kept.approval.terms.get("refused", 0),
    }


def words(standing: carrying.Standing) -> str:
    """How far it is."""
    numbers = {"done": f"{standing.done + standing.refused:,}", "all": f"{standing.lines:,}"}
    return _("%(done)s of %(all)s rows") % numbers


def of_file(kept: AdjustmentFile, standing: carrying.Standing) -> Figures:
    """What was asked for, and what became of it."""
    terms = kept.approval.terms
    asked = _totals(kept.given, kept.taken, terms.get("members", 0), terms.get("largest", 0), standing.lines)
    became = [(_("rows done"), standing.done), (_("rows not done"), standing.refused)]
    left_out = terms.get("refused", 0)
    more = [(_("rows left out of the file"), left_out)] if left_out else []
    return asked + [(label, f"{figure:,}") for label, figure in (*became, *more)]


def of_sheet(sheet: Sheet) -> Figures:
    """What a file would do."""
    figures = _totals(sheet.given, sheet.taken, len(sheet.shares), sheet.largest, len(sheet.lines))
    return [*figures, (_("rows that cannot be done"), f"{sheet.refused:,}")]


def _totals(given: int, taken: int, members: int, largest: int, lines: int) -> Figures:
    return [
        (_("rows"), f"{lines:,}"),
        (_("members"), f"{members:,}"),
        (_("given in all"), showing.points(given)),
        (_("taken in all"), showing.points(-taken)),
        (_("largest row"), showing.points(largest)),
    ]


def _found(kept: AdjustmentFile, word: str) -> QuerySet[AdjustmentLine]:
    """Lines of a member (number, phone or what the directories know), or with a word in note or refusal."""
    lines = kept.lines.select_related("account", "entry")
    if not word:
        return lines
    people = {pk for book in registry.all(Directory) for pk in book.find([word]).values()}
    named = Q(account__number__startswith=word.removeprefix("m:")) | Q(account_id__in=people)
    return lines.filter(named | Q(note__icontains=word) | Q(refused__icontains=word))


def _row(line: AdjustmentLine) -> dict[str, Any]:
    outcome = reporting.outcome(line)
    return {
        "line": line,
        "amount": showing.points(line.amount),
        "outcome": outcome,
        "words": str(reporting.OUTCOMES[outcome]),
    }
