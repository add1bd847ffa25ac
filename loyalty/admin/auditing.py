"""Every change made on the operators' pages leaves an audit record, from this one place.

Saving and deleting, of one row or of many, and operation buttons (``base.perform``) all come through
here, inside their own transaction. Django's log of deeds is kept beside it for its history pages.
"""

from collections.abc import Collection
from typing import Any

from django.db.models import CharField, JSONField, Model, QuerySet, TextField
from django.http import HttpRequest
from unfold.admin import ModelAdmin as ThemedModelAdmin

from loyalty import audit, clock
from loyalty.models import User
from loyalty.personal import Dossier
from loyalty.registry import registry
from loyalty.web import addresses

WORDS = (CharField, TextField, JSONField)


def origin(request: HttpRequest) -> audit.Origin:
    """Where the request came from, as a record keeps it."""
    return audit.Origin(addresses.network(request), str(request.META.get("REQUEST_ID", "")))


def personal_words(item: Model) -> set[str]:
    """Columns of free words of a row about a person: the trail can't be erased, so it keeps none of them."""
    if item._meta.label not in {table for dossier in registry.all(Dossier) for table in dossier.tables}:
        return set()
    return {field.attname for field in item._meta.concrete_fields if isinstance(field, WORDS) and not field.choices}


class Audited(ThemedModelAdmin):
    """Records before and after of what is saved; ``private`` fields show only that they changed."""

    private: Collection[str] = audit.PRIVATE

    def witness(self, item: Model) -> dict[str, Any]:
        """What a record tells of the stored row; pages may add to it."""
        return audit.snapshot(item)

    def record(
        self, request: HttpRequest, item: Model, verb: str, *, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        """One record of ``verb`` done to ``item``, with what differs."""
        told = audit.difference(before, after, private={*self.private, *personal_words(item)})
        audit.record(
            deed=f"{item._meta.label_lower}.{verb}",
            subject=audit.name_of(item),
            actor=request.user if isinstance(request.user, User) else None,
            before=told[0],
            after=told[1],
            reason=request.POST.get("reason", ""),
            now=clock.now(),
            **origin(request)._asdict(),
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.witnessed = self.witness(obj) if change else {}
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The last step of saving: many-to-many rows are there by now."""
        super().save_related(request, form, formsets, change)
        item = form.instance
        after = self.witness(item)
        if not change or after != item.witnessed:
            self.record(request, item, "change" if change else "add", before=item.witnessed, after=after)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.record(request, obj, "delete", before=self.witness(obj), after={})
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for item in queryset:
            self.record(request, item, "delete", before=self.witness(item), after={})
        super().delete_queryset(request, queryset)
