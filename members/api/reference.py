"""What the reference says of ``/members``."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from loyalty import faults
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
from loyalty.api.reference import ENTRY, ENTRY_EXAMPLE, FAULTS, KEY_FAULTS
from members.api import finding, paging, statement, tendering
from members.api.shapes import NEW_MEMBER
from members.entering import details, enrolment, guardians, phones

TAG = "Members"
MEMBER = record(
    number=TEXT,
    name=TEXT,
    phone=maybe(TEXT),
    status=word("active", "frozen", "closed"),
    tier=maybe(record(code=TEXT, name=TEXT)),
    joined_at=MOMENT,
)
CLAIM = record(order_id=TEXT, claimed=BOOLEAN, error=maybe(record(code=TEXT, message=TEXT)))
ENROLLED = MEMBER | {"properties": MEMBER["properties"] | {"referred": BOOLEAN, "orders": listed(CLAIM)}}
PILE = record(at=MOMENT, amount=INTEGER)
POSITION = record(
    code=TEXT,
    name=TEXT,
    available=INTEGER,
    pending=INTEGER,
    held=INTEGER,
    debt=INTEGER,
    expiring=listed(PILE),
    pending_until=listed(PILE),
)
PAID = record(points=INTEGER, value_minor=INTEGER, left_minor=INTEGER)
TENDER = record(
    currency=TEXT, points=INTEGER, value=TEXT, value_minor=INTEGER, limit=maybe(TEXT), lines=maybe(listed(PAID))
)
BALANCE = record(member=TEXT, as_of=MOMENT, currencies=listed(POSITION), tender=maybe(TENDER))
ENTRIES = record(entries=listed(ENTRY), next=maybe(TEXT), has_more=BOOLEAN)
named(
    Member=MEMBER,
    EnrolledMember=ENROLLED,
    NewMember=NEW_MEMBER.schema(),
    Position=POSITION,
    Tender=TENDER,
    Balance=BALANCE,
    Statement=ENTRIES,
)

MEMBER_EXAMPLE: dict[str, Any] = {
    "number": "68012345678",
    "name": "Wang Fang",
    "phone": "138****8000",
    "status": "active",
    "tier": {"code": "silver", "name": "Silver"},
    "joined_at": "2026-11-11T01:58:12Z",
}
ENROLLED_EXAMPLE = MEMBER_EXAMPLE | {
    "referred": True,
    "orders": [{"order_id": "A-1001", "claimed": True, "error": None}],
}
BALANCE_EXAMPLE: dict[str, Any] = {
    "member": "68012345678",
    "as_of": "2026-11-11T02:00:00Z",
    "currencies": [
        {
            "code": "points",
            "name": "Points",
            "available": 1250,
            "pending": 100,
            "held": 0,
            "debt": 0,
            "expiring": [{"at": "2026-12-31T16:00:00Z", "amount": 250}],
            "pending_until": [{"at": "2026-11-18T02:00:00Z", "amount": 100}],
        }
    ],
    "tender": {
        "currency": "CNY",
        "points": 1200,
        "value": "12.00",
        "value_minor": 1200,
        "limit": "asked",
        "lines": [
            {"points": 960, "value_minor": 960, "left_minor": 1040},
            {"points": 240, "value_minor": 240, "left_minor": 260},
        ],
    },
}
REF = OpenApiParameter(
    "ref",
    {"type": "string", "minLength": 1},
    OpenApiParameter.PATH,
    description="`m:` member number, `x:` your own id of the customer, `p:` phone; a bare word is tried in that order.",
    examples=[example("Your own id", "x:C-1001"), example("Phone", "p:+8613800138000")],
)
GONE = (finding.MemberUnknown(param="ref"), finding.MemberErased(param="ref"))

POST_MEMBER = endpoint(
    "enrol_member",
    tag=TAG,
    summary="Enrol a member",
    text="Needs a phone number, an e-mail address or your own id of the customer. With an id that you have "
    "enrolled before, the first member is returned. Orders that named the customer before come with them; `order_ids` "
    "gives them your guest orders too, and the answer says what became of each. Who is under 14 needs a `guardian`. "
    "Scope `members:write`.",
    body=NEW_MEMBER.schema(),
    samples=[
        example(
            "By phone",
            {
                "name": "Wang Fang",
                "phone": "138 0013 8000",
                "external_id": "C-1001",
                "consents": {"terms": True, "marketing": False},
            },
        )
    ],
    answers=[
        answer(ENROLLED, "Enrolled before.", "Known", MEMBER_EXAMPLE),
        answer(ENROLLED, "Enrolled.", "New", ENROLLED_EXAMPLE, 201),
    ],
    refusals=(
        *FAULTS[:7],
        phones.PhoneUnreadable(param="phone"),
        details.EmailUnreadable(param="email"),
        details.BirthdayAhead(param="birthday"),
        *KEY_FAULTS,
        enrolment.PhoneTaken(param="phone"),
        enrolment.EmailTaken(param="email"),
        enrolment.ContactNeeded(param="phone"),
        details.GuardianNeeded(param="birthday", years=details.GUARDED_YEARS),
        guardians.AgreementNeeded(param="guardian_agreed"),
    ),
)
GET_MEMBER = endpoint(
    "get_member",
    tag=TAG,
    summary="Read a member",
    text="Phone numbers are masked. Scope `members:read`.",
    parameters=[REF],
    answers=[answer(MEMBER, "The member.", "A member", MEMBER_EXAMPLE)],
    refusals=GONE,
)
GET_BALANCE = endpoint(
    "get_balance",
    tag=TAG,
    summary="Read what a member has",
    text="As of this instant, never waiting for a job. With `amount` or `lines`, also how many points may "
    "pay such an order, what they are worth, and what they pay of each line. Scope `members:read`.",
    parameters=[
        REF,
        OpenApiParameter(
            "amount",
            {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,2})?$"},
            description="What is to be paid, in the programme's money, as decimal text.",
            examples=[example("¥25.00", "25.00")],
        ),
        OpenApiParameter(
            "lines",
            {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,2})?(,[0-9]{1,12}(\.[0-9]{1,2})?)*$"},
            description="Instead of `amount`: what is to be paid for each line. The points are split over them; what "
            "rounding leaves falls to the last line, or where most was cut off, as the programme is set.",
            examples=[example("Two lines", "20.00,5.00")],
        ),
        OpenApiParameter(
            "points",
            {"type": "integer", "minimum": 0},
            description="How many points the customer wishes to use. Left out: as many as there are.",
        ),
    ],
    answers=[answer(BALANCE, "What there is.", "Points", BALANCE_EXAMPLE)],
    refusals=(
        *GONE,
        faults.InvalidFormat(param="amount", expected="100.00"),
        faults.TooManyDecimals(param="amount", currency="CNY", digits=2),
        faults.NegativePrice(param="amount"),
        faults.OneOf(param="lines", first="amount", second="lines"),
        faults.ListTooLong(param="lines", maximum=tendering.LONGEST, given=tendering.LONGEST + 1),
        faults.IntegerRequired(param="points"),
    ),
)
GET_ENTRIES = endpoint(
    "get_entries",
    tag=TAG,
    summary="Read a member's statement",
    text="Newest first. Take `next` as `cursor` for the page after. Scope `members:read`.",
    parameters=[
        REF,
        OpenApiParameter("currency", {"type": "string", "maxLength": 20}, description="Only this currency."),
        OpenApiParameter("since", {"type": "string", "format": "date-time"}, description="From this instant on."),
        OpenApiParameter("until", {"type": "string", "format": "date-time"}, description="Before this instant."),
        *statement.PAGES.parameters(),
    ],
    stray="page",
    answers=[answer(ENTRIES, "A page.", "One entry", {"entries": [ENTRY_EXAMPLE], "next": None, "has_more": False})],
    refusals=(
        *GONE,
        faults.InvalidDate(param="since", expected="2026-11-11T10:00:00+08:00"),
        paging.InvalidCursor(param="cursor"),
        statement.PAGES.out_of_range(),
    ),
)
