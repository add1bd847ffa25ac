"""The pages where members tell about themselves: me, profile, privacy."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from loyalty import clock
from loyalty.errors import LoyaltyError
from members import consent
from members.entering import details
from members.models import Member
from members.profile import profiles
from members.web import access, cards, caring, guardian, picturing, plan_cards
from members.web.access import member_page, read_or_send
from members.web.forms import PrivacyForm, ProfileForm


@require_safe
@member_page
def me(request: HttpRequest, member: Member) -> HttpResponse:
    known: dict[str, object] = {"member": cards.person(member), "card": cards.code_only(member)}
    known |= {"has_plans": plan_cards.are_offered(member), "is_guarded": bool(member.guardian_name)}
    return render(request, "members/me.html", known | caring.about(member, clock.now()))


@read_or_send
@member_page
def profile(request: HttpRequest, member: Member) -> HttpResponse:
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=ProfileForm.known_of(member))
    if form.is_valid():
        try:
            profiles.change(member.pk, now=clock.now(), **form.cleaned_data)
        except details.GuardianNeeded:
            return guardian.begin(request, form.cleaned_data)
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("members:me")
    context = {"form": form, "avatar": picturing.address(member.avatar), "name": member.name}
    return render(request, "members/profile.html", context, status=form.status)


@read_or_send
@never_cache
def privacy(request: HttpRequest) -> HttpResponse:
    """Open to everybody; a member's own choices stand above the words."""
    member = access.member_of(request)
    if member is None:
        return render(request, "members/privacy.html", {"form": None})
    data, barred = request.POST if request.method == "POST" else None, consent.barred_from(member, clock.now())
    form = PrivacyForm(data, initial=consent.given(member), barred=barred)
    if form.is_valid():
        consent.answer(member, form.cleaned_data, now=clock.now())
        messages.success(request, _("Saved. It counts from now on."))
        return redirect("members:privacy")
    return render(request, "members/privacy.html", {"form": form, "barred": barred}, status=form.status)
