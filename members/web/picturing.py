"""Pictures of members: shown to themselves and to staff, sent and taken away."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from loyalty import clock
from loyalty.errors import LoyaltyError, NotFound
from loyalty.web.second_factor import proof
from members.models import Member, Picture
from members.profile import pictures
from members.web.access import member_of, member_page
from members.web.telling import PictureForm

POLICY = "default-src 'none'; sandbox"


def address(picture: Picture | None, size: str = "small") -> str:
    """Where a picture is shown; empty where there is none."""
    return reverse("members:picture", args=[picture.pk, size]) if picture else ""


@require_safe
@cache_control(private=True, max_age=86400, immutable=True)
def picture(request: HttpRequest, ref: UUID, size: str) -> HttpResponse:
    """One's own picture, or anybody's for staff who may see members and proved who they are; else there is none."""
    found = Picture.objects.filter(pk=ref).first()
    if found is None or not _may_see(request, found):
        raise Http404
    try:
        data = pictures.read(found, size)
    except NotFound:
        raise Http404 from None
    return HttpResponse(
        data,
        content_type="image/webp",
        headers={
            "Content-Security-Policy": POLICY,
            "Content-Disposition": 'attachment; filename="picture.webp"',
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


def _may_see(request: HttpRequest, found: Picture) -> bool:
    member = member_of(request)
    if member is not None and member.pk == found.member_id:
        return True
    user = request.user
    is_let = user.is_authenticated and user.is_staff and user.has_perm("members.view_member")
    return is_let and proof.lets_in(request)


@require_POST
@member_page
def avatar(request: HttpRequest, member: Member) -> HttpResponse:
    """Sets the portrait, or takes it away where ``remove`` was pressed."""
    if "remove" in request.POST:
        pictures.set_avatar(member_id=member.pk, picture=None)
        messages.success(request, _("Your portrait is gone."))
        return redirect("members:profile")
    form = PictureForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            upload = form.cleaned_data["picture"]
            received = pictures.receive(
                member_id=member.pk, upload=upload, purpose=Picture.Purpose.AVATAR, now=clock.now()
            )
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            pictures.set_avatar(member_id=member.pk, picture=received)
            messages.success(request, _("Saved."))
            return redirect("members:profile")
    return render(request, "members/avatar.html", {"form": form}, status=form.status)
