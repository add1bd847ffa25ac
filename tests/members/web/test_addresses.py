"""The pages of addresses."""

import pytest
from django.test import Client

from members.models import Address, Member
from members.profile import postal
from tests import cast, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
HOME = {
    "recipient": "林小满",
    "phone": "138 0013 8000",
    "province": "上海市",
    "city": "上海市",
    "district": "静安区",
    "street": "南京西路 1 号",
    "postcode": "200041",
}


@pytest.fixture
def member() -> Member:
    return cast.gold_member(password=cast.PASSWORD)


@pytest.fixture
def client(member: Member) -> Client:
    return visits.as_member(member)


def test_addresses_are_added_changed_made_usual_and_taken_out(client: Client) -> None:
    client.post("/me/addresses/add/", HOME)
    client.post("/me/addresses/add/", {**HOME, "street": "新街 2 号"})
    first, second = Address.objects.order_by("pk")
    client.post(f"/me/addresses/{second.pk}/", {**HOME, "street": "新街 3 号"})
    client.post(f"/me/addresses/{second.pk}/usual/")
    page = client.get("/me/addresses/").content.decode()
    client.post(f"/me/addresses/{second.pk}/remove/")

    assert page.index("新街 3 号") < page.index("南京西路 1 号")
    assert ("138****8000" in page, "13800138000" in page) == (True, False)
    assert list(Address.objects.values_list("pk", "is_usual")) == [(first.pk, True)]


def test_a_refusal_stands_at_its_field_and_the_rest_is_kept(client: Client) -> None:
    answer = client.post("/me/addresses/add/", {**HOME, "phone": "123"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["phone"])
    assert 'value="南京西路 1 号"' in answer.content.decode()
    assert Address.objects.count() == 0


def test_the_form_asks_in_the_order_parcels_are_addressed_here(client: Client) -> None:
    page = client.get("/me/addresses/add/").content.decode()

    names = ["recipient", "phone", "province", "city", "district", "street", "postcode"]
    places = [page.index(f'name="{name}"') for name in names]
    assert places == sorted(places)
    assert 'value="林小满"' in page


@pytest.mark.parametrize("deed", ["", "usual/", "remove/"])
def test_addresses_of_others_are_not_found(client: Client, deed: str) -> None:
    other = postal.add(member_id=cast.new_member().pk, told=postal.Told(**HOME), now=cast.NOW)

    assert client.post(f"/me/addresses/{other.pk}/{deed}", HOME).status_code == 404
    assert Address.objects.count() == 1
