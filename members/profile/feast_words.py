"""What members are told on days of honor, and when their household changes; with the texts for it.

A pet's name is looked up when the message goes out: events hold none, and of a pet that passed away or was
taken out in the meantime nothing is said.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.messaging.kinds import payload_of
from loyalty.models import Pool
from loyalty.registry import MessageKind, Shipped, ValueType, Variable
from members.models import Member, Pet

TAKEN, HEADED = "household.taken", "household.headed"


def _birthday(_account_id: int, _params: Mapping[str, Any], _now: datetime) -> Mapping[str, Any]:
    return {}


def _pet(account_id: int, params: Mapping[str, Any], _now: datetime) -> Mapping[str, Any] | None:
    payload = payload_of(params) or {}
    pets = Pet.objects.filter(pk=payload.get("pet", 0), member_id=account_id, passed_on=None, removed_at=None)
    pet = pets.first()
    return {"pet": pet.name, "age": payload["age"]} if pet else None


def _years(_account_id: int, params: Mapping[str, Any], _now: datetime) -> Mapping[str, Any] | None:
    payload = payload_of(params)
    return {"years": payload["years"]} if payload else None


def _household(_account_id: int, params: Mapping[str, Any], _now: datetime) -> Mapping[str, Any] | None:
    """Who did it and which purse; nothing where either is gone."""
    who = Member.objects.filter(pk=params.get("member", 0)).first()
    pool = Pool.objects.filter(pk=params.get("pool", 0), closed_at=None).first()
    return {"who": who.name or who.account.number, "household": pool.name} if who and pool else None


KINDS = (
    MessageKind(
        "member.birthday",
        _("member's birthday"),
        (),
        _birthday,
        event="member.birthday",
        shipped=Shipped(
            name=("生日祝福", "Happy birthday"),
            subject=("{name}，生日快乐！", "Happy birthday, {name}!"),
            body=(
                "{name}，今天是属于你的日子。{brand}祝你生日快乐，愿新的一岁平安顺意。\n\n生日礼已经放进你的账户，来看看吧。",
                (
                    "{name}, today is your day. All of us at {brand} wish you a happy birthday and a good year.\n\n"
                    "Your birthday gift is waiting in your account."
                ),
            ),
            short=(
                "【{brand}】{name}，生日快乐！生日礼已到账，祝你新的一岁一切顺意。",
                "{brand}: happy birthday, {name}! Your gift is waiting.",
            ),
            link="/",
        ),
    ),
    MessageKind(
        "pet.birthday",
        _("pet's birthday"),
        (
            Variable("pet", _("the pet's name"), "咪咪"),
            Variable("age", _("years of age"), 3, ValueType.NUMBER),
        ),
        _pet,
        event="pet.birthday",
        shipped=Shipped(
            name=("宠物生日祝福", "A pet's birthday"),
            subject=("{pet}，{age} 岁生日快乐！", "Happy birthday, {pet}!"),
            body=(
                (
                    "{name}，今天是{pet}的 {age} 岁生日。\n\n"
                    "{brand}给{pet}准备了一份小心意，已经放进你的账户。替我们抱抱{pet}。"
                ),
                (
                    "{name}, {pet} turns {age} today.\n\n"
                    "{brand} has put something small for {pet} into your account. Please give {pet} a hug from us."
                ),
            ),
            short=(
                "【{brand}】{pet}，{age} 岁生日快乐！小礼物已经放进{name}的账户。",
                "{brand}: happy birthday, {pet}! Something small is waiting in your account.",
            ),
            link="/me/pets/",
        ),
    ),
    MessageKind(
        "member.anniversary",
        _("anniversary of joining"),
        (Variable("years", _("years with us"), 2, ValueType.NUMBER),),
        _years,
        event="member.anniversary",
        shipped=Shipped(
            name=("入会周年", "Anniversary"),
            subject=("{name}，我们一起走过 {years} 年", "{years} years together, {name}"),
            body=(
                "{name}，从你加入{brand}那天算起，已经 {years} 年了。谢谢你一直都在。",
                "{name}, you have been with {brand} for {years} years today. Thank you for staying with us.",
            ),
            short=(
                "【{brand}】{name}，谢谢你陪我们走过 {years} 年。",
                "{brand}: {name}, thank you for {years} years together.",
            ),
            link="/",
        ),
    ),
    MessageKind(
        TAKEN,
        _("invitation to a household taken"),
        (
            Variable("who", _("who joined"), "林小满"),
            Variable("household", _("the household's name"), "毛球之家"),
        ),
        _household,
        shipped=Shipped(
            name=("家庭成员加入", "Somebody joined the household"),
            subject=("{who} 加入了{household}", "{who} has joined {household}"),
            body=(
                "{name}，{who} 接受了邀请，已经加入{household}。从现在起，你们可以一起攒积分。",
                "{name}, {who} has taken the invitation and joined {household}. From now on you collect together.",
            ),
            link="/me/household/",
        ),
    ),
    MessageKind(
        HEADED,
        _("a household handed over"),
        (
            Variable("who", _("who handed it over"), "林小满"),
            Variable("household", _("the household's name"), "毛球之家"),
        ),
        _household,
        shipped=Shipped(
            name=("家庭交接", "A household handed over"),
            subject=("{household}现在由你打理", "You look after {household} now"),
            body=(
                "{name}，{who} 把{household}交给了你。从现在起，由你邀请家人、决定谁可以花积分。大家的积分都没有变。",
                (
                    "{name}, {who} has handed {household} over to you. From now on you invite people and say who may "
                    "spend. Nobody's points have changed."
                ),
            ),
            link="/me/household/",
        ),
    ),
)
