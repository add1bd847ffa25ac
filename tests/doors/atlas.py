"""Every address of the portal, from the resolver, and something real to put into its blanks.

A page that takes a key and has no row in ``OWN`` or ``OPEN`` fails the tests here: nobody adds an address
without saying whose it is.
"""

from collections.abc import Callable, Iterator, Mapping

from django.urls import URLPattern, URLResolver, get_resolver

from loyalty.ledger import pooling
from loyalty.models import Entry, Message, PoolMembership
from members.benefits import claiming
from members.entering import places
from members.models import Address, HouseholdInvite, Member, Pet, Picture, Plan
from members.paying import by_hand
from members.profile import households, pets, pictures
from rewards import redemptions
from tests import cast, visits
from tests.members.benefits import perks
from tests.members.paying import shop
from tests.members.privacy import canaries

Route = tuple[str, str]
"""The pattern as it is written, and the full name of the address, such as ``members:pet``."""

# What visitors may open, for this reason; the blanks are filled with words that mean nothing.
OPEN: Mapping[str, str] = {
    "healthz": "whether the server is well",
    "set_language": "the language of a browser",
    "theme": "light or dark in a browser",
    "manifest": "names the brand",
    "worker": "a script that names nobody",
    "offline": "a page that names nobody",
    "unsubscribe": "signed, from a letter",
    "picture": "pictures of the brand and its rewards",
    "members:brand-css": "the brand's colors",
    "members:privacy": "what we keep, in words; a member's own choices stand above",
    "members:join": "the way in",
    "members:sign-in": "the way in",
    "members:sign-out": "the way out",
    "members:join-code": "the way in",
    "members:join-guardian": "the way in",
    "members:join-without-wechat": "the way in",
    "members:wechat": "the way in",
    "members:wechat-callback": "the way in",
    "members:guarding": "parents and guardians have no login",
    "members:guarding-code": "parents and guardians have no login",
    "members:guarding-children": "who typed the code that was sent to the guardian's contact",
    "members:guarding-agree": "who typed the code that was sent to the guardian's contact",
    "members:guarding-withdraw": "who typed the code that was sent to the guardian's contact",
    "members:forgot": "the way back in",
    "members:forgot-code": "the way back in",
}


def routes() -> Iterator[Route]:
    """Every address outside the back office and the API."""
    yield from (route for route in _walk(get_resolver()) if not route[0].startswith(("admin/", "api/")))


def _walk(resolver: URLResolver, prefix: str = "", space: str = "") -> Iterator[Route]:
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route, f"{space}{each.name}"
        else:
            yield from _walk(each, route, f"{each.namespace}:" if each.namespace else space)


def _pet(member: Member) -> int:
    found = Pet.objects.filter(member=member).first()
    return (found or pets.add(member_id=member.pk, told=pets.Told("年糕", "cat"), now=cast.NOW)).pk


def _address(member: Member) -> int:
    told = {"recipient": "林", "phone": "+8613800138000", "province": "上海", "city": "上海", "street": "南京路1号"}
    found, _new = Address.objects.get_or_create(member=member, defaults=told | {"written_at": cast.NOW})
    return int(found.pk)


def _picture(member: Member) -> tuple[str, str]:
    found = Picture.objects.filter(member=member).first()
    if found is None:
        drawn = canaries.drawing()
        found = pictures.keep(member_id=member.pk, drawn=drawn, purpose=Picture.Purpose.AVATAR, now=cast.NOW)
    return str(found.pk), "small"


def _ticket(member: Member) -> str:
    row = member.account.redemptions.first()
    if row is None:
        row = redemptions.place(
            account_id=member.pk, reward_code="toy", quantity=1, token=f"t-{member.pk}", now=cast.NOW
        )
    return str(row.number)


def _benefit(member: Member) -> str:
    row = member.benefit_claims.first() or claiming.claim(account_id=member.pk, benefit="grooming", now=cast.NOW)
    return str(row.code)


def _invite(member: Member) -> int:
    if not PoolMembership.objects.filter(account=member.pk, left_at=None).exists():
        households.open_household(member_id=member.pk, name="毛球之家", percent=0, now=cast.NOW)
    households.invite(member_id=member.pk, role=PoolMembership.Role.ADULT, now=cast.NOW)
    return int(HouseholdInvite.objects.filter(invited_by=member).latest("pk").pk)


def _message(member: Member) -> str:
    columns = {"purpose": "service", "channel": "in_app", "body": "你好", "state": "sent", "sent_at": cast.NOW}
    row, _new = Message.objects.get_or_create(
        key=f"m-{member.pk}", account_id=member.pk, defaults=columns | {"created_at": cast.NOW}
    )
    return str(row.pk)


def _term(member: Member) -> int:
    """The plan is the one of the scene."""
    term = by_hand.give(
        account_id=member.pk, plan=Plan.objects.get(), days=30, token="given", reason="x", by=None, now=cast.NOW
    )
    return int(term.pk)


def _fellow(member: Member) -> int:
    """Somebody else's share in the member's household."""
    _invite(member)
    pool_id = PoolMembership.objects.get(account=member.pk, left_at=None).pool_id
    there = PoolMembership.objects.filter(pool=pool_id, left_at=None).exclude(account=member.pk).first()
    if there is None:
        guest = cast.member("家人", phone=f"136{member.pk:08d}")
        there = pooling.join(pool_id=pool_id, account_id=guest.pk, now=cast.NOW)
    return int(there.pk)


def _device(member: Member) -> int:
    """Signed in somewhere else as well."""
    assert member.user is not None
    elsewhere = visits.as_member(member)
    visit = places.Visit(str(elsewhere.session.session_key), "x" * places.MARK_LENGTH, "Firefox", "203.0.113.9")
    return places.enter(member.user.pk, visit, now=cast.NOW)


def _receipt(member: Member) -> str:
    return str(Entry.objects.filter(account=member.pk).latest("pk").pk)


# Full name → what of a member's own stands in the blanks. Nobody else may open these.
OWN: Mapping[str, Callable[[Member], object]] = {
    "members:receipt": _receipt,
    "members:message": _message,
    "members:benefit-ticket": _benefit,
    "members:plan-term": _term,
    "members:picture": _picture,
    "members:pet": _pet,
    "members:pet-edit": _pet,
    "members:pet-photo": _pet,
    "members:pet-weight": _pet,
    "members:pet-farewell": _pet,
    "members:pet-remove": _pet,
    "members:address-edit": _address,
    "members:address-usual": _address,
    "members:address-remove": _address,
    "members:household-withdraw": _invite,
    "members:household-spend": _fellow,
    "members:household-head": _fellow,
    "members:device-end": _device,
    "rewards:ticket": _ticket,
}
# What the brand offers everybody who is signed in.
BRAND: Mapping[str, str] = {
    "members:benefit": "grooming",
    "members:benefit-claim": "grooming",
    "members:plan-buy": "plus",
    "members:plan-try": "plus",
    "members:share-picture": "masked",
    "rewards:detail": "toy",
    "rewards:redeem": "toy",
}


def scene() -> tuple[Member, Member]:
    """Two members with something on every page; the second is not to see the first one's."""
    cast.ladder()
    cast.reward(points=100)
    perks.offer(quota=5)
    shop.plan()
    members = cast.gold_member(points=900, password=cast.PASSWORD), cast.new_member(password=cast.PASSWORD)
    cast.give(members[1].pk, 900)
    return members


def own(member: Member) -> dict[str, str]:
    """Full name → address of everything that is the member's alone."""
    return {name: "/" + _fill(route, OWN[name](member)) for route, name in routes() if name in OWN}


def common() -> dict[str, str]:
    """Full name → address of every other page of members."""
    known = [(route, name) for route, name in routes() if name not in {*OWN, *OPEN}]
    return {name: "/" + (_fill(route, BRAND[name]) if name in BRAND else route) for route, name in known}


def unknown() -> list[str]:
    """Addresses with blanks of which nobody has said whose they are."""
    return [name for route, name in routes() if "<" in route and name not in {*OWN, *OPEN, *BRAND}]


def _fill(route: str, words: object) -> str:
    """The pattern with its blanks filled from left to right."""
    head, *rest = route.split("<")
    told = words if isinstance(words, tuple) else (words,)
    return head + "".join(f"{word}{part.split('>', 1)[1]}" for word, part in zip(told, rest, strict=True))


def forms() -> dict[str, str]:
    """Full name → address of the forms that visitors may send."""
    return {name: f"/{route}" for route, name in routes() if name in OPEN and "<" not in route and name not in NO_FORM}


NO_FORM = ("healthz", "manifest", "worker", "offline", "members:brand-css", "members:wechat-callback")
