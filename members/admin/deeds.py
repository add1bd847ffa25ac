"""What staff do for a member from one place: see the contacts, note, write, and the wish to be forgotten.

Contacts are masked until somebody who may (``reveal_contacts``, which the right to change does not bring)
gives a reason, which the trail keeps; then they are seen for a while, by that person alone. What touches
points are buttons of the account's page, linked beside these.
"""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from loyalty import audit, clock, ids, limits
from loyalty.admin.auditing import origin
from loyalty.admin.base import Confirmation, ModelAdmin, not_own, operation, staff
from loyalty.messaging import sending
from loyalty.models import Account, MessageTemplate
from loyalty.registry import MessageKind, registry
from members import notes
from members.admin.reasons import Reason
from members.models import Member
from members.privacy import wishes

REVEAL = "members.reveal_contacts"
SEEN_FOR = timedelta(minutes=10)
A_DAY = 100
_KEY = "contacts_seen"


class Words(forms.Form):
    """A note."""

    text = forms.CharField(
        label=_("Note"),
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(),
        help_text=_("The member finds it in the copy of their data."),
    )


class Letter(forms.Form):
    """Which template is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = [kind.code for kind in registry.all(MessageKind) if kind.event == ""]
        self.fields["template"] = forms.ModelChoiceField(
            label=_("Message template"),
            queryset=MessageTemplate.objects.filter(kind__in=free, is_active=True),
            widget=UnfoldAdminSelectWidget(),
        )


def may_see(request: HttpRequest, member: Member, now: datetime) -> bool:
    """Whether this person gave a reason to see this member's contacts, not long ago."""
    seen = request.session.get(_KEY, {}) if request.user.has_perm(REVEAL) else {}
    until = seen.get(str(member.pk))
    return until is not None and datetime.fromisoformat(until) > now


def _open(member: Member) -> bool:
    return member.account.status != Account.Status.CLOSED


def _ask_reveal(_page: object, _request: HttpRequest, _member: Member) -> Confirmation:
    text = _("Phone and e-mail are shown for ten minutes, to you alone. The trail keeps who looked and why.")
    return Confirmation(title=_("Show phone and e-mail"), text=text)


def _ask_note(_page: object, _request: HttpRequest, _member: Member) -> Confirmation:
    return Confirmation(title=_("Write a note"), text=_("For colleagues: what is good to know next time."))


def _ask_send(_page: object, _request: HttpRequest, _member: Member) -> Confirmation:
    text = _("It goes by the channels of the template, and only as far as the member agreed.")
    return Confirmation(title=_("Send a message"), text=text)


def _ask_erase(_page: object, _request: HttpRequest, member: Member) -> Confirmation:
    price = wishes.price(member.pk, now=clock.now())
    text = _("In %(days)s days everything that says who this is goes, and %(points)s points with it.") % {
        "days": wishes.days_to_think(),
        "points": price.points,
    }
    return Confirmation(title=_("Forget this member"), text=text)


def _ask_keep(_page: object, _request: HttpRequest, _member: Member) -> Confirmation:
    return Confirmation(title=_("Keep this member"), text=_("The membership goes on as if nothing had been asked."))


class Deeds(ModelAdmin):
    """The buttons, for the page of members."""

    @operation(
        label=_("Show contacts"), permission=REVEAL, ask=_ask_reveal, icon="visibility", form=Reason, audited=False
    )
    def reveal(self, request: HttpRequest, member: Member, reason: str) -> str | Promise:
        now, user = clock.now(), staff(request)
        limits.hit(bucket=f"reveal:{user.pk if user else 0}", limit=A_DAY, per_seconds=24 * 3600, now=now)
        audit.record(
            deed="members.contacts.seen",
            subject=audit.name_of(member),
            actor=user,
            reason=reason,
            now=now,
            **origin(request)._asdict(),
        )
        request.session[_KEY] = {**request.session.get(_KEY, {}), str(member.pk): (now + SEEN_FOR).isoformat()}
        return _("Shown for ten minutes.")

    @operation(label=_("Note"), permission="members.add_staffnote", ask=_ask_note, icon="sticky_note_2", form=Words)
    def note(self, request: HttpRequest, member: Member, text: str) -> str | Promise:
        notes.write(account_id=member.pk, text=text, by=staff(request), now=clock.now())
        return _("The note is kept.")

    @operation(
        label=_("Message"), permission="loyalty.add_message", ask=_ask_send, icon="mail", suits=_open, form=Letter
    )
    def send(self, request: HttpRequest, member: Member, template: MessageTemplate) -> str | Promise:
        key = f"staff:{ids.uuid7().hex}"
        sending.send(account_ids=[member.pk], template=template.code, params={}, key=key, now=clock.now())
        return _("On its way.")

    @operation(
        label=_("Forget"),
        permission="members.add_erasure",
        ask=_ask_erase,
        icon="person_remove",
        variant=ActionVariant.DANGER,
        suits=lambda member: _open(member) and wishes.waiting(member.pk) is None,
        lets=not_own,
        form=Reason,
        audited=False,
    )
    def erase(self, request: HttpRequest, member: Member, reason: str) -> str | Promise:
        row = wishes.ask(
            account_id=member.pk, by=staff(request), reason=reason, now=clock.now(), origin=origin(request)
        )
        return _("It is carried out on %(on)s, unless it is taken back.") % {"on": row.due_on}

    @operation(
        label=_("Keep the member"),
        permission="members.change_erasure",
        ask=_ask_keep,
        icon="undo",
        suits=lambda member: wishes.waiting(member.pk) is not None,
        lets=not_own,
        audited=False,
    )
    def keep(self, request: HttpRequest, member: Member) -> str | Promise:
        wishes.take_back(account_id=member.pk, by=staff(request), now=clock.now(), origin=origin(request))
        return _("The membership goes on.")
