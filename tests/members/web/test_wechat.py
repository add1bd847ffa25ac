"""Signing in with WeChat: everything but WeChat itself, which is answered for at the HTTP layer."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse

from loyalty.models import Account, User
from members import consent
from members.models import Member
from members.privacy import erasing, persons, wishes
from tests import cast, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "keys")]
IN_APP = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"
FORM = {"name": "小满", "terms": "on"}
PERSON = {"openid": "o-1", "unionid": "u-1", "nickname": "小满 🐱", "headimgurl": "https://wx.example/1.png"}


@pytest.fixture
def keys(settings: Any) -> None:
    settings.WEIXIN_APP = ("wx-screen", "s3cret")
    settings.WEIXIN_OFFICIAL_APP = ("wx-official", "s3cret-too")
    cache.clear()


class Tencent:
    """WeChat's servers: what they were asked and what they answer."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.token: Any = {"access_token": "t-1", "expires_in": 7200, "openid": "o-1"}
        self.person: Any = PERSON
        self.is_down = False

    def request(self, method: str, url: str, **sent: Any) -> requests.Response:
        self.asked.append(f"{method.upper()} {urlsplit(url).path} {(sent.get('data') or {}).get('appid', '')}".strip())
        if self.is_down:
            raise requests.ConnectTimeout
        answer = requests.Response()
        answer.status_code = 200
        answer.headers["Content-Type"] = "text/plain"
        answer.encoding = "ISO-8859-1"
        told = self.token if "access_token" in url else self.person
        answer._content = told if isinstance(told, bytes) else json.dumps(told).encode()
        return answer


@pytest.fixture
def tencent(monkeypatch: pytest.MonkeyPatch) -> Tencent:
    servers = Tencent()
    monkeypatch.setattr(requests.Session, "request", servers.request)
    return servers


def leave(client: Client, path: str = "/wechat/", **headers: str) -> tuple[str, dict[str, str]]:
    """Off to WeChat: where to, and with what."""
    answer = client.get(path, headers=headers)
    assert answer.status_code == 302
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.scheme}://{parts.netloc}{parts.path}", {
        name: said[0] for name, said in parse_qs(parts.query).items()
    }


def come_back(client: Client, **told: str) -> Any:
    return client.get("/wechat/back/", told)


def go(client: Client, path: str = "/wechat/") -> Any:
    """There and back, agreed to."""
    _where, told = leave(client, path)
    return come_back(client, code="c-1", state=told["state"])


def join(client: Client, form: dict[str, str] = FORM) -> Member:
    go(client)
    answer = client.post("/join/", form)
    assert answer.status_code == 302
    return Member.objects.get(name=form["name"])


@pytest.mark.parametrize(
    ("agent", "where", "app", "scope"),
    [
        ("Chrome", "https://open.weixin.qq.com/connect/qrconnect", "wx-screen", "snsapi_login"),
        (IN_APP, "https://open.weixin.qq.com/connect/oauth2/authorize", "wx-official", "snsapi_userinfo"),
    ],
)
def test_each_browser_is_sent_to_the_app_that_it_knows(agent: str, where: str, app: str, scope: str) -> None:
    asked, told = leave(visits.visitor(), **{"user-agent": agent})

    assert (asked, told["appid"], told["scope"]) == (where, app, scope)
    assert told["redirect_uri"] == "http://testserver/wechat/back/"


def test_who_is_new_joins_on_one_screen_without_password_or_contact(tencent: Tencent) -> None:
    cast.rule("gift", "member.joined", points=50)
    client = visits.visitor()

    arrived = go(client)
    page = client.get("/join/")
    answer = client.post("/join/", {**FORM, "name": "小满"})

    assert (arrived.headers["Location"], answer.headers["Location"]) == ("/join/", "/")
    assert 'value="小满 🐱"' in page.content.decode()
    assert "password" not in page.context["form"].fields
    member = Member.objects.get()
    assert (member.phone, member.email, cast.available(member.pk)) == (None, None, 50)
    assert consent.given(member)["terms"] is True
    assert SocialAccount.objects.values_list("provider", "uid", "extra_data").get() == (
        "weixin", "u-1", {"openid": "o-1"},
    )  # fmt: skip
    assert (SocialToken.objects.count(), client.get("/me/").status_code) == (0, 200)


def test_without_the_terms_nobody_joins(tencent: Tencent) -> None:
    client = visits.visitor()
    go(client)

    answer = client.post("/join/", {"name": "小满"})

    assert (answer.status_code, Member.objects.count()) == (422, 0)


def test_the_second_time_one_tap_lets_in(tencent: Tencent) -> None:
    join(visits.visitor())
    client = visits.visitor()

    answer = go(client, "/wechat/?next=/mall/")

    assert answer.headers["Location"] == "/mall/"
    assert (client.get("/me/").status_code, Member.objects.count()) == (200, 1)


def test_a_contact_given_along_is_proven_and_finds_the_card_of_the_till(tencent: Tencent) -> None:
    cast.rule("gift", "member.joined", points=50)
    known = cast.new_member()
    client = visits.visitor()
    go(client)

    asked = client.post("/join/", {**FORM, "contact": str(known.phone)})
    answer = client.post("/join/code/", {"code": client.get("/join/code/").context["hint"]})

    assert (asked.headers["Location"], answer.headers["Location"]) == ("/join/code/", "/")
    assert Member.objects.count() == 1
    assert SocialAccount.objects.get().user == Member.objects.get().user


def test_who_was_known_by_openid_is_known_once_the_apps_are_bound(tencent: Tencent) -> None:
    tencent.person = {"openid": "o-1", "nickname": "小满"}
    member = join(visits.visitor())
    tencent.person = PERSON
    client = visits.visitor()

    go(client)

    assert client.get("/me/").context["member"].number == member.account.number
    assert SocialAccount.objects.get().uid == "u-1"


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"code": "c-1", "state": "somebody-elses"}, 400),
        ({"code": "c-1"}, 400),
        ({}, 400),
    ],
)
def test_a_state_that_is_not_this_sessions_lets_nobody_in(told: dict[str, str], status: int, tencent: Tencent) -> None:
    """OAuth login CSRF: a foreign code with a foreign state."""
    client = visits.visitor()
    leave(client)

    answer = come_back(client, **told)

    assert (answer.status_code, tencent.asked, client.get("/me/").status_code) == (status, [], 302)
    assert "Sign in with phone or e-mail" in answer.content.decode()


def test_a_state_is_good_once(tencent: Tencent) -> None:
    client = visits.visitor()
    _where, told = leave(client)
    come_back(client, code="c-1", state=told["state"])

    again = come_back(client, code="c-2", state=told["state"])

    assert again.status_code == 400


def test_who_says_no_at_wechat_is_shown_the_other_way(tencent: Tencent) -> None:
    client = visits.visitor()
    _where, told = leave(client)

    answer = come_back(client, state=told["state"])

    assert (answer.status_code, tencent.asked) == (200, [])
    assert "that is fine" in answer.content.decode()


@pytest.mark.parametrize(
    "broken",
    [
        {"is_down": True},
        {"token": {"errcode": 40029, "errmsg": "invalid code"}},
        {"token": b"<html>502</html>"},
        {"person": {"errcode": 48001}},
        {"person": b"\xff\xfe"},
        {"person": {"openid": ["o-1"]}},
        {"person": {"openid": "o" * 500}},
        {"person": []},
        {"token": []},
    ],
)
def test_wechat_being_down_or_odd_is_told_with_another_way_in(broken: dict[str, Any], tencent: Tencent) -> None:
    for name, value in broken.items():
        setattr(tencent, name, value)
    client = visits.visitor()

    answer = go(client)

    assert (answer.status_code, SocialAccount.objects.count()) == (503, 0)
    assert "Sign in with phone or e-mail" in answer.content.decode()


@pytest.mark.parametrize("columns", [{"is_active": False}, {"is_staff": True}, {"is_superuser": True}])
def test_disabled_logins_and_staff_are_never_let_in(columns: dict[str, bool], tencent: Tencent) -> None:
    member = join(visits.visitor())
    User.objects.filter(member=member).update(**columns)
    client = visits.visitor()

    answer = go(client)

    assert (answer.status_code, client.get("/me/").status_code) == (403, 302)


def test_a_login_whose_member_was_erased_is_not_let_in(tencent: Tencent) -> None:
    member = join(visits.visitor())
    Member.objects.filter(pk=member.pk).delete()

    assert go(visits.visitor()).status_code == 403


def test_who_is_suspended_may_look_and_who_left_sees_that(tencent: Tencent) -> None:
    member = join(visits.visitor())
    seen = []
    for status in (Account.Status.FROZEN, Account.Status.CLOSED):
        Account.objects.filter(pk=member.pk).update(status=status)
        client = visits.visitor()
        go(client)
        seen.append(client.get("/me/").status_code)

    assert seen == [200, 403]


def test_a_member_connects_and_disconnects_wechat(tencent: Tencent) -> None:
    member = cast.new_member(password=cast.PASSWORD)
    client = visits.as_member(member)

    back = go(client)
    page = client.get("/me/entrances/").content.decode()
    client.post("/me/entrances/wechat/")

    assert (back.headers["Location"], "connected" in page) == ("/me/entrances/", True)
    assert SocialAccount.objects.count() == 0


def test_the_only_way_in_stays(tencent: Tencent) -> None:
    client = visits.visitor()
    join(client)

    client.post("/me/entrances/wechat/")

    assert SocialAccount.objects.count() == 1
    assert "only way in" in client.get("/me/entrances/").content.decode()


def test_a_wechat_of_another_member_is_not_taken_over(tencent: Tencent) -> None:
    join(visits.visitor())
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))

    go(client)

    assert SocialAccount.objects.get().user.member.name == "小满"
    assert "opens another membership" in client.get("/me/entrances/").content.decode()


def test_what_was_begun_by_one_login_is_not_finished_by_another(tencent: Tencent) -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))
    _where, told = leave(client)
    other = cast.gold_member(password=cast.PASSWORD)
    assert other.user is not None
    states = client.session["socialaccount_states"]
    client.force_login(other.user, backend="members.backends.MemberBackend")
    session = client.session
    session["socialaccount_states"] = states
    session.save()

    answer = come_back(client, code="c-1", state=told["state"])

    assert (answer.status_code, SocialAccount.objects.count()) == (400, 0)


def test_without_keys_there_is_no_button_and_no_address(settings: Any) -> None:
    settings.WEIXIN_APP = ("", "")
    client = visits.visitor()

    pages = [client.get(path).content.decode() for path in ("/join/", "/sign-in/")]

    assert [client.get(path).status_code for path in ("/wechat/", "/wechat/back/")] == [404, 404]
    assert ["/wechat/" in page for page in pages] == [False, False]


def test_with_keys_both_pages_offer_it() -> None:
    client = visits.visitor()

    pages = [client.get(path).content.decode() for path in ("/join/", "/sign-in/")]

    assert ["/wechat/" in page for page in pages] == [True, True]


@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_email", "socialaccount_connections", "weixin_login"]
)
def test_none_of_the_librarys_own_pages_has_an_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_who_comes_from_wechat_may_join_without_it(tencent: Tencent) -> None:
    client = visits.visitor()
    go(client)

    client.post("/join/without-wechat/")

    assert "password" in client.get("/join/").context["form"].fields


def test_who_is_erased_leaves_nothing_of_wechat_behind(tencent: Tencent) -> None:
    """PIPL 47: the tie is told in one's copy and gone with the person."""
    member = join(visits.visitor())
    kept = [table for dossier, tables in persons.tell([member.pk]) for table in tables if dossier.code == "wechat"]

    wishes.ask(account_id=member.pk, now=cast.NOW)
    erasing.carry_out(member.pk, now=cast.NOW)

    assert [table.code for table in kept] == ["wechat"]
    assert SocialAccount.objects.count() == 0
    assert go(visits.visitor()).headers["Location"] == "/join/"


def test_a_child_comes_from_wechat_with_the_guardians_code_alone(tencent: Tencent) -> None:
    client = visits.visitor()
    go(client)
    child = {**FORM, "birthday": "2016-05-01", "guardian_name": "周妈妈", "guardian_contact": "13600136000"}

    first = client.post("/join/", {**child, "guardian_agreed": "on"})
    nobody = Member.objects.count()
    second = client.post("/join/guardian/", {"code": client.get("/join/guardian/").context["hint"]})

    assert (first.headers["Location"], nobody, second.headers["Location"]) == ("/join/guardian/", 0, "/")
    assert Member.objects.get().guardian_name == "周妈妈"
