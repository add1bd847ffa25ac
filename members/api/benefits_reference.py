"""What the reference says of benefits, and the bodies that use a code."""

from typing import Any

from loyalty import accounts, faults
from loyalty.api.describing import (
    DAY,
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
from loyalty.api.reference import FAULTS, KEY_FAULTS
from loyalty.errors import Conflict
from loyalty.readers import Choice, Text
from loyalty.shapes import Item, Shape
from members.api import finding
from members.api.reference import GONE, REF
from members.benefits import using
from members.models import Benefit, BenefitClaim, BenefitOffer

TAG = "Benefits"
PLACES = (Benefit.Place.TILL.value, Benefit.Place.MALL.value)
_MEMBER = Text(
    100,
    identifier=True,
    note="Who shows the code, where you know: `m:` member number, `x:` your own id of the customer, `p:` phone. "
    "Another member's code is refused.",
    example="x:C-1001",
)
_ITEMS = (
    Item("code", Text(40, note="As scanned or typed; spaces, hyphens and case don't matter.", example="7KQ2M9XWD4TB")),
    Item("member", _MEMBER, required=False, default=""),
    Item("place", Choice(PLACES, note="Where it is used; a till unless you say so."), required=False, default="till"),
)
_REFERENCE = Text(
    100,
    identifier=True,
    note="Yours for this use, such as the receipt's number. The same code and reference are the same use, for ever.",
    example="T-20261111-0042",
)
CODE = Shape("BenefitCode", _ITEMS)
USE_CODE = Shape("BenefitUse", (*_ITEMS, Item("reference", _REFERENCE)))
_SHARED = {
    "benefit": TEXT,
    "name": TEXT,
    "kind": word(*Benefit.Kind.values),
    "used_in": word(*Benefit.Place.values),
}
HOLDING = record(
    **_SHARED,
    way=word(*Benefit.Way.values),
    set=TEXT,
    quota=maybe(INTEGER),
    period=maybe(word(*BenefitOffer.Period.values)),
    left=maybe(INTEGER),
    claim_through=maybe(DAY),
)
CLAIM = record(
    **_SHARED,
    code=maybe(TEXT),
    tier=maybe(TEXT),
    state=word(*BenefitClaim.State.values),
    claimed_at=MOMENT,
    usable_through=maybe(DAY),
    used_at=maybe(MOMENT),
    reference=maybe(TEXT),
)
BENEFITS = record(member=TEXT, as_of=MOMENT, benefits=listed(HOLDING), claims=listed(CLAIM))
named(
    HeldBenefit=HOLDING,
    ClaimedBenefit=CLAIM,
    MemberBenefits=BENEFITS,
    BenefitCode=CODE.schema(),
    BenefitUse=USE_CODE.schema(),
)
CLAIM_EXAMPLE: dict[str, Any] = {
    "code": "7KQ2M9XWD4TB",
    "benefit": "grooming",
    "name": "Grooming session",
    "kind": "service",
    "used_in": "till",
    "tier": "gold",
    "state": "open",
    "claimed_at": "2026-11-11T02:00:00Z",
    "usable_through": "2026-12-31",
    "used_at": None,
    "reference": None,
}
USED_EXAMPLE = {**CLAIM_EXAMPLE, "state": "used", "used_at": "2026-11-12T06:30:00Z", "reference": "T-20261112-0007"}
HOLDING_EXAMPLE: dict[str, Any] = {
    "benefit": "grooming",
    "name": "Grooming session",
    "kind": "service",
    "way": "claimed",
    "used_in": "till",
    "set": "experience",
    "quota": 2,
    "period": "quarter",
    "left": 1,
    "claim_through": "2026-12-31",
}
BENEFITS_EXAMPLE: dict[str, Any] = {
    "member": "68012345678",
    "as_of": "2026-11-11T02:00:00Z",
    "benefits": [HOLDING_EXAMPLE],
    "claims": [CLAIM_EXAMPLE],
}
REFUSALS = (
    using.CodeUnknown(param="code"),
    using.OthersBenefit(param="code"),
    using.AlreadyUsed(on="Nov. 11, 2026"),
    using.Lapsed(through="Oct. 31, 2026"),
    using.TakenBack(),
    using.WrongPlace(place="in the points mall"),
    finding.MemberUnknown(param="member"),
    finding.MemberErased(param="member"),
)
_BODY_FAULTS = (*FAULTS[:8], faults.InvalidChoice(param="place", choices=", ".join(PLACES)))

GET_BENEFITS = endpoint(
    "get_member_benefits",
    tag=TAG,
    summary="Read a member's benefits",
    text="What the member holds now by tier and plan, what is left of it in the present period, and what is "
    "claimed and still to be used. `quota` is null for benefits that are always there. Days are business days, the "
    "last one included. Scope `members:read`; codes are told to keys that have `redeem` too.",
    parameters=[REF],
    answers=[answer(BENEFITS, "The benefits.", "One held, one claimed", BENEFITS_EXAMPLE)],
    refusals=GONE,
)
VERIFY = endpoint(
    "verify_benefit",
    tag=TAG,
    summary="Ask whether a benefit's code can be used",
    text="The same checks as using it, with nothing written. Scope `redeem`.",
    body=CODE.schema(),
    samples=[example("As scanned", {"code": "7KQ2M9XWD4TB"})],
    once=False,
    answers=[answer(CLAIM, "It can be used.", "Still to be used", CLAIM_EXAMPLE)],
    refusals=(*_BODY_FAULTS, *REFUSALS, accounts.AccountFrozen()),
)
USE = endpoint(
    "use_benefit",
    tag=TAG,
    summary="Use a benefit by its code",
    text="Each code is used once. The same code and reference from you again get the first answer. Scope `redeem`.",
    body=USE_CODE.schema(),
    samples=[
        example("At a till", {"code": "7KQ2M9XWD4TB", "member": "x:C-1001", "reference": "T-20261112-0007"}),
    ],
    answers=[answer(CLAIM, "Used.", "Used", USED_EXAMPLE)],
    refusals=(*_BODY_FAULTS, *KEY_FAULTS, *REFUSALS, Conflict(), accounts.AccountFrozen()),
)
