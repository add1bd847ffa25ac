"""``/segments``: which there are, who is in one, and which a member is in; as of this instant."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import programme
from loyalty.api.describing import (
    BOOLEAN,
    INTEGER,
    MOMENT,
    TEXT,
    answer,
    endpoint,
    example,
    listed,
    maybe,
    named,
    record,
    word,
)
from loyalty.api.telling import moment
from loyalty.api.views import PartnerView
from loyalty.faults import IntegerRequired
from loyalty.models import PartnerKey
from members.api import finding, paging
from members.api.paging import InvalidCursor, Pages
from members.api.reference import GONE, REF
from members.api.tags import TAG
from members.groups import segments
from members.models import Segment

PAGES = Pages("Members", usual=100, longest=1000)
SEGMENT = record(
    code=TEXT, name=TEXT, kind=word(*Segment.Kind.values), members=maybe(INTEGER), counted_at=maybe(MOMENT)
)
SEGMENTS = record(segments=listed(SEGMENT))
BRIEF = record(code=TEXT, name=TEXT)
OF_MEMBER = record(member=TEXT, segments=listed(BRIEF))
PEOPLE = record(segment=TEXT, members=listed(TEXT), next=maybe(TEXT), has_more=BOOLEAN)
INSIDE = record(member=TEXT, segment=TEXT, inside=BOOLEAN)
named(Segment=SEGMENT)
EXAMPLE: dict[str, Any] = {
    "code": "cat-lovers",
    "name": "Cat lovers",
    "kind": "dynamic",
    "members": 1240,
    "counted_at": "2026-11-11T18:00:00Z",
}
CODE = OpenApiParameter(
    "segment",
    {"type": "string", "minLength": 1, "maxLength": 30},
    OpenApiParameter.PATH,
    description="The segment's code.",
    examples=[example("A segment", "cat-lovers")],
)
GET_SEGMENTS = endpoint(
    "list_segments",
    tag=TAG,
    summary="List the segments",
    text="With how many members each had when it was last counted. Scope `members:read`.",
    answers=[answer(SEGMENTS, "The segments.", "One", {"segments": [EXAMPLE]})],
)
GET_PEOPLE = endpoint(
    "list_segment_members",
    tag=TAG,
    summary="List who is in a segment",
    text="Numbers of members, in the order they joined. Take `next` as `cursor` for the page after. "
    "Scope `members:read`.",
    parameters=[
        CODE,
        *PAGES.parameters(),
    ],
    stray="page",
    answers=[
        answer(
            PEOPLE,
            "A page.",
            "Two",
            {"segment": "cat-lovers", "members": ["680123456789"], "next": None, "has_more": False},
        )
    ],
    refusals=(
        segments.SegmentUnknown(param="segment"),
        InvalidCursor(param="cursor"),
        IntegerRequired(param="limit"),
        PAGES.out_of_range(),
    ),
)
GET_INSIDE = endpoint(
    "get_segment_membership",
    tag=TAG,
    summary="Ask whether a member is in a segment",
    text="Judged at this instant. Scope `members:read`.",
    parameters=[CODE, REF],
    answers=[answer(INSIDE, "Yes or no.", "Yes", {"member": "680123456789", "segment": "cat-lovers", "inside": True})],
    refusals=(*GONE, segments.SegmentUnknown(param="segment")),
)
GET_OF_MEMBER = endpoint(
    "get_member_segments",
    tag=TAG,
    summary="Read which segments a member is in",
    text="All of them judged at this instant. Scope `members:read`.",
    parameters=[REF],
    answers=[
        answer(
            OF_MEMBER,
            "The segments.",
            "One",
            {"member": "680123456789", "segments": [{"code": "cat-lovers", "name": "Cat lovers"}]},
        )
    ],
    refusals=GONE,
)


def _found(code: str) -> Segment:
    row = Segment.objects.filter(code=code.replace("\x00", ""), archived_at=None).first()
    if row is None:
        raise segments.SegmentUnknown(param="segment")
    return row


class Segments(PartnerView):
    """All that are in use."""

    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ}

    @GET_SEGMENTS
    def get(self, request: Request) -> Response:
        self.query(request, ())
        rows = Segment.objects.filter(archived_at=None)
        return Response(
            {
                "segments": [
                    {
                        "code": row.code,
                        "name": row.name,
                        "kind": row.kind,
                        "members": row.count,
                        "counted_at": moment(row.counted_at) if row.counted_at else None,
                    }
                    for row in rows
                ]
            }
        )


class SegmentMembers(PartnerView):
    """Who is in one, page by page."""

    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ}

    @GET_PEOPLE
    def get(self, request: Request, segment: str) -> Response:
        query = self.query(request, ("cursor", "limit"))
        row, limit = _found(segment), PAGES.limit(query.get("limit"))
        people = segments.people(row, as_of=programme.day_of(self.now)).filter(pk__gt=_after(query.get("cursor")))
        found = list(people.order_by("pk").values_list("pk", "account__number")[: limit + 1])
        cursor = paging.write(str(found[limit - 1][0])) if len(found) > limit else None
        numbers = [number for _pk, number in found[:limit]]
        return Response({"segment": row.code, "members": numbers, **paging.tell(cursor)})


class SegmentMember(PartnerView):
    """Whether one member is in one segment."""

    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ}

    @GET_INSIDE
    def get(self, request: Request, segment: str, ref: str) -> Response:
        self.query(request, ())
        row, member = _found(segment), finding.member(ref, self.partner)
        inside = segments.people(row, as_of=programme.day_of(self.now)).filter(pk=member.pk).exists()
        return Response({"member": member.account.number, "segment": row.code, "inside": inside})


class MemberSegments(PartnerView):
    """All segments a member is in."""

    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ}

    @GET_OF_MEMBER
    def get(self, request: Request, ref: str) -> Response:
        self.query(request, ())
        member = finding.member(ref, self.partner)
        rows = segments.held_by(member.pk, now=self.now)
        return Response(
            {
                "member": member.account.number,
                "segments": [{"code": row.code, "name": row.name} for row in rows],
            }
        )


def _after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    last = paging.read(cursor)
    if not (last.isdecimal() and len(last) < 19):
        raise InvalidCursor(param="cursor")
    return int(last)
