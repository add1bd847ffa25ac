"""``/segments``: which there are, who is in one, and which a member is in; as of this instant."""

import base64
import binascii
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import faults
from loyalty.api.describing import (
    BOOLEAN,
    INTEGER,
    MOMENT,
    TEXT,
    answer,
    example,
    listed,
    maybe,
    named,
    problems,
    record,
    word,
)
from loyalty.api.telling import moment
from loyalty.api.views import PartnerView
from loyalty.faults import IntegerRequired, OutOfRange
from loyalty.models import PartnerKey
from members.api import finding
from members.api.reference import GONE, REF
from members.api.statement import InvalidCursor, tell_cursor
from members.api.tags import TAG
from members.groups import segments
from members.models import Segment

SHORTEST, USUAL, LONGEST = 1, 100, 1000
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
GET_SEGMENTS = extend_schema(
    operation_id="list_segments",
    tags=[TAG],
    summary="List the segments",
    description="With how many members each had when it was last counted. Scope `members:read`.",
    responses={
        200: answer(SEGMENTS, "The segments.", example("One", {"segments": [EXAMPLE]}, 200)),
        **problems(faults.UnknownField(param="verbose")),
    },
)
GET_PEOPLE = extend_schema(
    operation_id="list_segment_members",
    tags=[TAG],
    summary="List who is in a segment",
    description="Numbers of members, in the order they joined. Take `next` as `cursor` for the page after. "
    "Scope `members:read`.",
    parameters=[
        CODE,
        OpenApiParameter("cursor", {"type": "string"}, description="`next` of the page before."),
        OpenApiParameter(
            "limit",
            {"type": "integer", "minimum": SHORTEST, "maximum": LONGEST, "default": USUAL},
            description="Members a page.",
        ),
    ],
    responses={
        200: answer(
            PEOPLE,
            "A page.",
            example(
                "Two", {"segment": "cat-lovers", "members": ["680123456789"], "next": None, "has_more": False}, 200
            ),
        ),
        **problems(
            segments.SegmentUnknown(param="segment"),
            faults.UnknownField(param="page"),
            InvalidCursor(param="cursor"),
            IntegerRequired(param="limit"),
            OutOfRange(param="limit", minimum=SHORTEST, maximum=LONGEST),
        ),
    },
)
GET_INSIDE = extend_schema(
    operation_id="get_segment_membership",
    tags=[TAG],
    summary="Ask whether a member is in a segment",
    description="Judged at this instant. Scope `members:read`.",
    parameters=[CODE, REF],
    responses={
        200: answer(
            INSIDE,
            "Yes or no.",
            example("Yes", {"member": "680123456789", "segment": "cat-lovers", "inside": True}, 200),
        ),
        **problems(*GONE, segments.SegmentUnknown(param="segment"), faults.UnknownField(param="verbose")),
    },
)
GET_OF_MEMBER = extend_schema(
    operation_id="get_member_segments",
    tags=[TAG],
    summary="Read which segments a member is in",
    description="All of them judged at this instant. Scope `members:read`.",
    parameters=[REF],
    responses={
        200: answer(
            OF_MEMBER,
            "The segments.",
            example("One", {"member": "680123456789", "segments": [{"code": "cat-lovers", "name": "Cat lovers"}]}, 200),
        ),
        **problems(*GONE, faults.UnknownField(param="verbose")),
    },
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
        row, limit = _found(segment), _limit(query.get("limit"))
        people = segments.people(row, as_of=segments.today(self.now)).filter(pk__gt=_after(query.get("cursor")))
        found = list(people.order_by("pk").values_list("pk", "account__number")[: limit + 1])
        cursor = _written(found[limit - 1][0]) if len(found) > limit else None
        numbers = [number for _pk, number in found[:limit]]
        return Response({"segment": row.code, "members": numbers, **tell_cursor(cursor)})


class SegmentMember(PartnerView):
    """Whether one member is in one segment."""

    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ}

    @GET_INSIDE
    def get(self, request: Request, segment: str, ref: str) -> Response:
        self.query(request, ())
        row, member = _found(segment), finding.member(ref, self.partner)
        inside = segments.people(row, as_of=segments.today(self.now)).filter(pk=member.pk).exists()
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


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdigit()):
        raise IntegerRequired(param="limit")
    limit = int(text[:9])
    if not SHORTEST <= limit <= LONGEST:
        raise OutOfRange(param="limit", minimum=SHORTEST, maximum=LONGEST)
    return limit


def _written(last: int) -> str:
    return base64.urlsafe_b64encode(str(last).encode()).decode().rstrip("=")


def _after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        raise InvalidCursor(param="cursor") from None
    if not (text.isdecimal() and len(text) < 19):
        raise InvalidCursor(param="cursor")
    return int(text)
