"""The demo's pets: who lives with whom, birthdays soon, a pet remembered, what people care about, a household."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from loyalty import clock, rules
from loyalty.demo.stage import EVERYBODY, ZONE, Shopper, Stage
from loyalty.events import intake
from loyalty.ledger import pooling
from loyalty.models import Rule, User
from loyalty.registry import DemoData, Happening
from members.demo.portraits import portrait
from members.models import Interest, Member, MemberInterest, Pet, Picture
from members.profile import breeds, celebrating, households, interests, pets, pictures, redrawing

FEASTS_DAYS = 45
_INTERESTS = (
    ("food", "营养主粮", "Good food"),
    ("grooming", "洗护美容", "Grooming"),
    ("health", "健康医疗", "Health"),
    ("toys", "玩具互动", "Toys and play"),
    ("training", "训练行为", "Training"),
    ("travel", "出行寄养", "Trips and boarding"),
)
_NAMES = (
    *("豆豆", "毛毛", "糯米", "奶茶", "可乐", "布丁", "芝麻", "汤圆", "乐乐", "小白", "旺财"),
    *("花花", "年糕", "橘子", "煤球", "拿铁", "饭团", "泡芙", "土豆", "麻薯", "雪球", "抹茶"),
)
_RULES = (
    ("birthday-gift", "生日礼 88 积分", "88 points for your birthday", "member.birthday", 88),
    ("pet-birthday-gift", "毛孩子生日礼 50 积分", "50 points for your pet's birthday", "pet.birthday", 50),
    ("profile-complete", "完善资料礼 60 积分", "60 points for a complete profile", "profile.completed", 60),
)


class _Introduced(NamedTuple):
    shopper: Shopper
    told: pets.Told


def plant(stage: Stage) -> None:
    """What the brand keeps, and the notes of who introduces whom; the people must have been drawn before."""
    Interest.objects.bulk_create(
        Interest(code=code, name_zh=zh, name_en=en, rank=rank) for rank, (code, zh, en) in enumerate(_INTERESTS)
    )
    _publish(stage)
    random = stage.dice("pets")
    stage.cast("pet", _introduce_all)
    stage.cast("feasts", lambda notes, _at: _celebrate(notes), in_batches=False)
    for shopper in stage.shoppers:
        for told in _drawn(stage, random, shopper):
            at = shopper.joins_at + timedelta(hours=random.uniform(1, 400))
            stage.note("pet", at, _Introduced(shopper, told), who=shopper.reference)
    for days in range(FEASTS_DAYS, -1, -1):
        at = stage.at(stage.today - timedelta(days=days), 0, random)
        stage.note("feasts", at, None, who=EVERYBODY)


def _publish(stage: Stage) -> None:
    operator = User.objects.filter(is_superuser=True).first()
    opened = stage.at(stage.opening_day, 0, stage.dice("pet rules")) - timedelta(days=1)
    for code, zh, en, kind, points in _RULES:
        effects = [{"effect": "points.fixed", "currency": "points", "points": points}]
        rule = Rule.objects.create(code=code, name_zh=zh, name_en=en, kind=kind, effects=effects)
        rules.publish(rule, by=operator, now=opened)


def _drawn(stage: Stage, random: Random, shopper: Shopper) -> list[pets.Told]:
    """One or two of the species they buy for; the star's own three; some have told of none yet."""
    if shopper.is_star:
        soon, long_ago = stage.today + timedelta(days=6), stage.today - timedelta(days=4000)
        return [
            pets.Told("团子", "cat", "布偶猫", "female", clock.add_months(soon, -36), False, True),
            pets.Told("可乐", "dog", "柯基", "male", date(stage.today.year - 5, 6, 18), False, True),
            pets.Told("咪咪", "cat", "中华田园猫", "female", long_ago.replace(day=1), True),
        ]
    if shopper.first_buy_days is None or random.random() < 0.25:
        return []
    return [_one(stage, random, shopper.species) for _ in range(2 if random.random() < 0.2 else 1)]


def _one(stage: Stage, random: Random, species: str) -> pets.Told:
    born = stage.today - timedelta(days=round(random.triangular(90, 4500, 900)))
    breed = random.choice(breeds.BREEDS[species]).zh if random.random() < 0.8 else ""
    return pets.Told(
        name=random.choice(_NAMES),
        species=species,
        breed=breed,
        sex=random.choice(["female", "male", ""]),
        birthday=born if random.random() < 0.8 else None,
        is_neutered=random.choice([True, True, False, None]),
    )


def _introduce_all(notes: Sequence[tuple[datetime, Any]], ends: datetime) -> None:
    """Many pets in one batch, as ``members.profile.pets.add`` adds them one by one."""
    known: dict[int, int] = {}
    rows, told = [], []
    for at, (shopper, pet) in notes:
        if shopper.account_id is None or (pet.birthday and pet.birthday > at.date()):
            continue
        row = Pet(member_id=shopper.account_id, added_at=at, **pet._asdict())
        number = known.setdefault(shopper.account_id, Pet.objects.filter(member_id=shopper.account_id).count()) + 1
        known[shopper.account_id] = number
        rows.append(row)
        told.append((row, number, at))
    Pet.objects.bulk_create(rows)
    intake.record([_added(row, number, at) for row, number, at in told], now=ends)


def _added(pet: Pet, number: int, at: datetime) -> Happening:
    payload = {"pet": pet.pk, "species": pet.species, "number": number, "is_first": number == 1}
    return Happening(pets.ADDED, f"{pets.ADDED}:{pet.pk}", pet.member_id, at, payload)


def _celebrate(notes: Sequence[tuple[datetime, Any]]) -> None:
    """The night's three walks, each to its end."""
    for at, _what in notes:
        day = clock.business_day(at, ZONE).isoformat()
        for walk in (celebrating.member_birthdays, celebrating.pet_birthdays, celebrating.joining_days):
            cursor = walk(at, day, "").cursor
            while cursor:
                cursor = walk(at, day, cursor).cursor


def plant_after(stage: Stage) -> None:
    """Once the history is over: ticks, photos, the star's scales and farewell, a household of two."""
    _tick(stage)
    star = next((each for each in stage.shoppers if each.is_star and each.account_id), None)
    if star is None or star.account_id is None:
        return
    mine = {pet.name: pet for pet in Pet.objects.filter(member=star.account_id)}
    if "可乐" in mine:
        for months, kilograms in ((8, "11.2"), (5, "11.8"), (3, "12.6"), (1, "12.1"), (0, "11.9")):
            day = clock.add_months(stage.today, -months)
            pets.weigh(
                member_id=star.account_id, pet_id=mine["可乐"].pk, kilograms=Decimal(kilograms), on=day, now=stage.now
            )
    if "咪咪" in mine:
        gone = stage.today - timedelta(days=200)
        pets.remember(member_id=star.account_id, pet_id=mine["咪咪"].pk, on=gone, now=stage.now)
    interests.choose(member_id=star.account_id, codes=["food", "grooming", "toys"], now=stage.now)
    _hang(stage, list(mine.values()), star.account_id)
    _share(stage, star.account_id)


def _tick(stage: Stage) -> None:
    """Two or three ticks for two in five."""
    random = stage.dice("ticks")
    offered = interests.offered()
    rows = [
        MemberInterest(member_id=shopper.account_id, interest=each)
        for shopper in stage.shoppers
        if shopper.account_id is not None and not shopper.is_star and random.random() < 0.4
        for each in random.sample(offered, random.randint(2, 3))
    ]
    MemberInterest.objects.bulk_create(rows)


def _hang(stage: Stage, mine: Sequence[Pet], star: int) -> None:
    """Photos of the star's pets and of a few others, drawn here; and the star's portrait."""
    others = Pet.objects.exclude(member=star).order_by("-pk")[:10]
    for number, pet in enumerate([*mine, *others]):
        drawn = redrawing.draw(portrait(pet.species, number))
        photo = pictures.keep(member_id=pet.member_id, drawn=drawn, purpose=Picture.Purpose.PET, now=stage.now)
        pets.set_photo(member_id=pet.member_id, pet_id=pet.pk, picture=photo)
    avatar = pictures.keep(
        member_id=star, drawn=redrawing.draw(portrait("", 3)), purpose=Picture.Purpose.AVATAR, now=stage.now
    )
    pictures.set_avatar(member_id=star, picture=avatar)


def _share(stage: Stage, star: int) -> None:
    """The star and one more put some points together."""
    rich = Member.objects.filter(account__status="active", account__balances__available__gte=400).exclude(pk=star)
    other = rich.filter(account__balances__currency__code="points").order_by("pk").first()
    if other is None:
        return
    pool = households.open_household(member_id=star, name="毛球之家", percent=10, now=stage.now)
    pooling.join(pool_id=pool.pk, account_id=other.pk, now=stage.now)
    for member_id, points in ((star, 150), (other.pk, 120)):
        households.contribute(member_id=member_id, points=points, key="demo", now=stage.now)


DEMO = (
    DemoData("companions", 45, plant),
    DemoData("companions-after", 96, plant_after),
)
