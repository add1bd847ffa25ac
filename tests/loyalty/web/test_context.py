"""What every page knows of the brand and of where one is."""

import pytest
from django.test import RequestFactory
from django.urls import resolve
from django.utils.formats import number_format
from django.utils.translation import override

from loyalty import programme
from loyalty.models import Currency, User
from loyalty.web import context
from tests import visits


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "lit"),
    [
        ("/", "members:home"),
        ("/points/", "members:home"),
        ("/me/profile/", "members:me"),
        ("/messages/", "members:me"),
        ("/benefits/", "members:me"),
        ("/path/", "members:home"),
        ("/mall/toy/redeem/", "rewards:list"),
        ("/tickets/", "rewards:list"),
        ("/tasks/", "community:tasks"),
    ],
)
def test_each_page_lights_one_tab(path: str, lit: str) -> None:
    request = RequestFactory().get(path)
    request.user = User(pk=1)
    request.resolver_match = resolve(path)

    found = [item.url for item in context.tabs(request) if item.current]

    assert [f"{(match := resolve(url)).namespace}:{match.url_name}" for url in found] == [lit]


@pytest.mark.django_db
def test_points_go_by_the_operators_name() -> None:
    Currency.objects.filter(code="points").update(name_zh="毛球", name_en="paws")

    with override("en"):
        english = context.brand(programme.current())
    with override("zh-hans"):
        chinese = context.brand(programme.current())

    assert (english.points_name, english.points_unit) == ("Paws", "paws")
    assert (chinese.points_name, chinese.points_unit) == ("毛球", "毛球")


@pytest.mark.django_db
def test_visitors_have_no_tabs() -> None:
    assert 'class="tabs"' not in visits.visitor().get("/sign-in/").content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_figures_are_grouped_by_thousands(language: str) -> None:
    with override(language):
        assert number_format(1234567, use_l10n=True, force_grouping=True) == "1,234,567"
