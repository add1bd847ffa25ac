"""The member's page as one view: card and figures on top, parts below, one of them the form itself.

The form is shown and taken in the part "details" alone, and without the contacts until a reason was given
to see them, so what is masked can't be changed unseen.
"""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from loyalty import clock
from loyalty.errors import NotFound
from members.admin import deeds, facets
from members.admin.by_hand import TiersByHand
from members.entering import phones
from members.merging import suspects
from members.merging.step import masked_email
from members.models import Member
from members.profile import pictures

CONTACTS = ("phone", "email")
MASKED = ("phone_hidden", "email_hidden")


class Whole(deeds.Deeds, TiersByHand):
    """The page, for the member's admin; lists and search are its own."""

    change_form_template = "admin/members/member/change_form.html"
    actions_detail = ("reveal", "note", "send", *TiersByHand.actions_detail, "erase", "keep")

    actions_list = ("find_duplicates",)

    @action(description=_("Possible duplicates"), icon="call_merge")
    def find_duplicates(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:members_member_duplicates"))

    def get_actions_list(self, request: HttpRequest) -> list[Any]:
        return super().get_actions_list(request) if request.user.has_perm("loyalty.add_merge") else []

    @display(description=_("phone"))
    def phone_hidden(self, member: Member) -> str:
        return phones.mask(member.phone) if member.phone else "–"

    @display(description=_("e-mail"))
    def email_hidden(self, member: Member) -> str:
        return masked_email(member.email) or "–"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With the contacts in full, or only masked."""
        contacts = CONTACTS if obj is not None and deeds.may_see(request, obj, clock.now()) else MASKED
        rows = (
            ("number", "standing", "tier"),
            ("name", "birthday"),
            contacts,
            ("source", "joined_at", "language"),
        )
        return ((None, {"fields": rows}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *MASKED)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Only with the form."""
        return super().get_inlines(request, obj) if request.GET.get("tab") == "person" else ()

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """None in the theme's bar: there are too many for it, so they stand on the card."""
        del request, object_id
        return []

    def offered(self, request: HttpRequest, member: Member) -> list[dict[str, Any]]:
        """The buttons this user may press for this member."""
        return [
            {
                "title": each.description,
                "icon": each.icon,
                "url": reverse(f"admin:{each.action_name}", args=[member.pk]),
                "grave": each.variant == ActionVariant.DANGER,
            }
            for each in super().get_actions_detail(request, member.pk)
        ]

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("duplicates/", self.admin_site.admin_view(self.duplicates), name="members_member_duplicates"),
            path(
                "<str:object_id>/portrait/", self.admin_site.admin_view(self.portrait), name="members_member_portrait"
            ),
        ]
        return [*own, *super().get_urls()]

    def portrait(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The member's picture, for who may see members."""
        member = self.get_object(request, unquote(object_id))
        if member is None or not self.has_view_permission(request, member):
            raise Http404
        if member.avatar is None:
            raise Http404
        try:
            data = pictures.read(member.avatar, "small")
        except NotFound:
            raise Http404 from None
        return HttpResponse(data, content_type="image/webp", headers={"Cache-Control": "private, no-store"})

    def duplicates(self, request: HttpRequest) -> HttpResponse:
        """Pairs that look like one person, each with a way to the merge."""
        if not request.user.has_perm("loyalty.add_merge"):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Possible duplicates"),
            "pairs": suspects.pairs(),
        }
        return TemplateResponse(request, "admin/members/member/duplicates.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        member = self.get_object(request, unquote(object_id))
        known: dict[str, Any] = {}
        if isinstance(member, Member):
            known = facets.page(request, member, clock.now())
            known["deeds"] = [*facets.on_points(request, member), *self.offered(request, member)]
        page: HttpResponse = super().change_view(request, object_id, form_url, {**known, **(extra_context or {})})
        return page
