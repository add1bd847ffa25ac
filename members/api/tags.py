"""``/members/{ref}/tags``: the tags of a member; giving one and taking it off."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.describing import BOOLEAN, MOMENT, TEXT, answer, endpoint, example, listed, maybe, named, record, word
from loyalty.api.reference import FAULTS, KEY_FAULTS
from loyalty.api.telling import moment
from loyalty.api.views import PartnerView
from loyalty.idempotency import Answer
from loyalty.models import PartnerKey
from loyalty.readers import Integer, Text
from loyalty.shapes import Item, Shape
from members.api import finding
from members.api.reference import GONE, REF
from members.groups import tags
from members.models import Member, Tagging

TAG = "Tags and segments"
NEW_TAG = Shape(
    "NewTag",
    (
        Item("tag", Text(30, identifier=True, note="The tag's code.", example="vip")),
        Item(
            "days",
            Integer(minimum=1, maximum=tags.LONGEST_DAYS, note="How long; left out: as the tag is set."),
            required=False,
        ),
    ),
)
ONE = record(
    code=TEXT,
    name=TEXT,
    color=TEXT,
    source=word(*Tagging.Source.values),
    given_at=MOMENT,
    expires_at=maybe(MOMENT),
)
TAGS = record(member=TEXT, tags=listed(ONE))
TAKEN = record(member=TEXT, tag=TEXT, removed=BOOLEAN)
named(MemberTag=ONE, MemberTags=TAGS, NewTag=NEW_TAG.schema())
ONE_EXAMPLE: dict[str, Any] = {
    "code": "vip",
    "name": "VIP",
    "color": "#1d6b52",
    "source": "partner",
    "given_at": "2026-11-11T02:00:00Z",
    "expires_at": None,
}
CODE = OpenApiParameter(
    "tag",
    {"type": "string", "minLength": 1, "maxLength": 30},
    OpenApiParameter.PATH,
    description="The tag's code.",
    examples=[example("A tag", "vip")],
)
GET_TAGS = endpoint(
    "get_member_tags",
    tag=TAG,
    summary="Read a member's tags",
    text="Those the member has at this instant. Scope `members:read`.",
    parameters=[REF],
    answers=[answer(TAGS, "The tags.", "One", {"member": "68012345678", "tags": [ONE_EXAMPLE]})],
    refusals=GONE,
)
POST_TAG = endpoint(
    "give_tag",
    tag=TAG,
    summary="Give a member a tag",
    text="Who has it keeps it, with the later end. Tags that set themselves can't be given. Scope `members:write`.",
    parameters=[REF],
    body=NEW_TAG.schema(),
    samples=[example("For a year", {"tag": "vip", "days": 365})],
    answers=[answer(ONE, "The member had it.", "Known", ONE_EXAMPLE), answer(ONE, "Given.", "New", ONE_EXAMPLE, 201)],
    refusals=(*FAULTS, *GONE, *KEY_FAULTS, tags.TagUnknown(param="tag"), tags.TagSetsItself(param="tag")),
)
DELETE_TAG = endpoint(
    "take_tag",
    tag=TAG,
    summary="Take a tag off a member",
    text="`removed` says whether the member had it. Scope `members:write`.",
    parameters=[REF, CODE],
    answers=[answer(TAKEN, "It is off.", "Taken", {"member": "68012345678", "tag": "vip", "removed": True})],
    refusals=(*GONE, tags.TagUnknown(param="tag"), tags.TagSetsItself(param="tag")),
)


def tell_tagging(row: Tagging) -> dict[str, Any]:
    return {
        "code": row.tag.code,
        "name": row.tag.name,
        "color": row.tag.color,
        "source": row.source,
        "given_at": moment(row.given_at),
        "expires_at": moment(row.expires_at) if row.expires_at else None,
    }


class MemberTags(PartnerView):
    """What a member is tagged with."""

    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ, "POST": PartnerKey.Scope.MEMBERS_WRITE}

    @GET_TAGS
    def get(self, request: Request, ref: str) -> Response:
        self.query(request, ())
        member = finding.member(ref, self.partner)
        rows = tags.on(member.pk, now=self.now)
        return Response({"member": member.account.number, "tags": [tell_tagging(row) for row in rows]})

    @POST_TAG
    def post(self, request: Request, ref: str) -> Response:
        return self.once(request, lambda data: self._give(finding.member(ref, self.partner), data))

    def _give(self, member: Member, data: dict[str, Any]) -> Answer:
        values = NEW_TAG.read(data)
        tag = tags.by_code(values["tag"])
        new = tags.give(
            tag=tag, account_ids=[member.pk], source=Tagging.Source.PARTNER, now=self.now, days=values["days"]
        )
        row = Tagging.objects.select_related("tag").get(member=member, tag=tag)
        return Answer(201 if new else 200, tell_tagging(row))


class MemberTag(PartnerView):
    """One tag of a member."""

    http_method_names = ["delete"]
    scopes = {"DELETE": PartnerKey.Scope.MEMBERS_WRITE}

    @DELETE_TAG
    def delete(self, request: Request, ref: str, tag: str) -> Response:
        self.query(request, ())
        member = finding.member(ref, self.partner)
        found = tags.by_code(tag.replace("\x00", ""))
        taken = tags.take(tag=found, account_ids=[member.pk], source=Tagging.Source.PARTNER)
        return Response({"member": member.account.number, "tag": found.code, "removed": taken > 0})
