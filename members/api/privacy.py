"""``/members/{ref}/consents`` and ``/members/{ref}/erasure``: what a member agreed to, and the wish to be forgotten."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import approvals
from loyalty.api.describing import BOOLEAN, MOMENT, TEXT, answer, endpoint, example, listed, named, record, word
from loyalty.api.reference import FAULTS, KEY_FAULTS
from loyalty.api.telling import moment
from loyalty.api.views import PartnerView
from loyalty.idempotency import Answer
from loyalty.models import PartnerKey
from loyalty.readers import Text
from loyalty.shapes import Item, Shape
from members import consent
from members.api import finding
from members.api.reference import GONE, REF
from members.api.shapes import CONSENTS
from members.models import Consent, Erasure, Member
from members.privacy import wishes

TAG = "Consent and erasure"
ANSWERS = Shape(
    "ConsentAnswers",
    (
        Item("consents", CONSENTS),
        Item(
            "version",
            Text(20, identifier=True, note="Version of the text they were shown; left out: the one shown now."),
            required=False,
        ),
    ),
)
NOTHING = Shape("NoMore", ())
ONE = record(
    purpose=word(*Consent.Purpose.values),
    given=BOOLEAN,
    version=TEXT,
    answered_at=MOMENT,
    source=word(*Consent.Source.values),
)
CONSENT = record(member=TEXT, consents=listed(ONE))
ERASURE = record(
    member=TEXT, state=word(*Erasure.State.values), asked_at=MOMENT, due_on={"type": "string", "format": "date"}
)
named(Consent=ONE, MemberConsents=CONSENT, ConsentAnswers=ANSWERS.schema(), Erasure=ERASURE, NoMore=NOTHING.schema())
CONSENT_EXAMPLE: dict[str, Any] = {
    "member": "68012345678",
    "consents": [
        {
            "purpose": "marketing",
            "given": False,
            "version": "2026-01",
            "answered_at": "2026-11-11T02:00:00Z",
            "source": "api",
        }
    ],
}
ERASURE_EXAMPLE = {
    "member": "68012345678",
    "state": "waiting",
    "asked_at": "2026-11-11T02:00:00Z",
    "due_on": "2026-11-18",
}
GET_CONSENTS = endpoint(
    "get_member_consents",
    tag=TAG,
    summary="Read what a member agreed to",
    text="The latest answer to each purpose; one never answered is missing and counts as no. Scope `members:read`.",
    parameters=[REF],
    answers=[answer(CONSENT, "The answers.", "A no", CONSENT_EXAMPLE)],
    refusals=GONE,
)
PUT_CONSENTS = endpoint(
    "answer_member_consents",
    tag=TAG,
    summary="Tell what a member agrees to",
    text="Only what the member said to you themselves, purpose by purpose; what you leave out stays. Told again "
    "it changes nothing. Who is under 14 is neither advertised to nor studied: a yes to that is kept as a no. "
    "Scope `consents:write`.",
    parameters=[REF],
    body=ANSWERS.schema(),
    samples=[example("A no", {"consents": {"marketing": False}, "version": "2026-01"})],
    once=False,
    answers=[answer(CONSENT, "The answers as they stand.", "A no", CONSENT_EXAMPLE)],
    refusals=(*FAULTS, *GONE),
)
POST_ERASURE = endpoint(
    "ask_erasure",
    tag=TAG,
    summary="Ask for a member to be forgotten",
    text="On the member's own wish. It waits as many days as the programme says; the member is told and can "
    "take it back. Asked again, the wish that waits is answered. Scope `members:erase`.",
    parameters=[REF],
    body=NOTHING.schema(),
    samples=[example("Nothing more", {})],
    answers=[
        answer(ERASURE, "Asked before.", "Known", ERASURE_EXAMPLE),
        answer(ERASURE, "Asked.", "New", ERASURE_EXAMPLE, 201),
    ],
    refusals=(*FAULTS, *GONE, *KEY_FAULTS, approvals.OwnMembership()),
)


def tell_consents(member: Member) -> dict[str, Any]:
    rows = consent.latest(member)
    told = [
        {
            "purpose": row.purpose,
            "given": row.is_given,
            "version": row.version,
            "answered_at": moment(row.answered_at),
            "source": row.source,
        }
        for row in rows
    ]
    return {"member": member.account.number, "consents": told}


class MemberConsents(PartnerView):
    """What a member agreed to. Telling it again changes nothing, so it needs no key."""

    http_method_names = ["get", "head", "put"]
    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ, "PUT": PartnerKey.Scope.CONSENTS}

    @GET_CONSENTS
    def get(self, request: Request, ref: str) -> Response:
        self.query(request, ())
        return Response(tell_consents(finding.member(ref, self.partner)))

    @PUT_CONSENTS
    def put(self, request: Request, ref: str) -> Response:
        values = ANSWERS.read(self.body(request))
        member = finding.member(ref, self.partner)
        said = {purpose: given for purpose, given in values["consents"].items() if given is not None}
        version = values["version"] or consent.TEXT_VERSION
        consent.answer(member, said, now=self.now, version=version, source=Consent.Source.API)
        return Response(tell_consents(member))


class MemberErasure(PartnerView):
    """The wish to be forgotten, told by a partner for the member."""

    scopes = {"POST": PartnerKey.Scope.ERASE}

    @POST_ERASURE
    def post(self, request: Request, ref: str) -> Response:
        return self.once(request, lambda data: self._ask(finding.member(ref, self.partner), data))

    def _ask(self, member: Member, data: dict[str, Any]) -> Answer:
        NOTHING.read(data)
        row = wishes.ask(account_id=member.pk, partner=self.partner, now=self.now)
        told = {
            "member": member.account.number,
            "state": row.state,
            "asked_at": moment(row.asked_at),
            "due_on": row.due_on.isoformat(),
        }
        return Answer(201 if row.asked_at == self.now else 200, told)
