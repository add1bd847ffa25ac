"""The pages of pets: one's own, told, weighed, remembered, taken out."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import override

from members.models import Interest, Member, MemberInterest, Pet, PetWeight, Picture
from members.profile import pets
from members.web import companions
from tests import cast, visits
from tests.members import corpus

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
MIMI = {"name": "咪咪", "species": "cat", "breed": "英短", "birthday": "2022-03-20", "is_neutered": "yes"}


@pytest.fixture(autouse=True)
def _media(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def member() -> Member:
    return cast.gold_member(password=cast.PASSWORD)


@pytest.fixture
def client(member: Member) -> Client:
    return visits.as_member(member)


def added(member: Member, **told: Any) -> Pet:
    return pets.add(member_id=member.pk, told=pets.Told(**{"name": "咪咪", "species": "cat", **told}), now=cast.NOW)


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_a_pet_is_added_with_its_photo_and_found_on_me_and_at_home(client: Client) -> None:
    photo = SimpleUploadedFile("../../x.exe", corpus.with_place())

    answer = client.post("/me/pets/add/", {**MIMI, "picture": photo})

    pet = Pet.objects.get()
    assert answer.headers["Location"] == f"/me/pets/{pet.pk}/"
    assert (pet.name, pet.is_neutered, pet.photo_id is not None) == ("咪咪", True, True)
    assert "Nice to meet you, 咪咪!" in text(client, f"/me/pets/{pet.pk}/")
    for path in ("/me/", "/me/pets/", "/"):
        page = text(client, path)
        assert ("咪咪" in page, "Birthday in 2 days" in page, f"/me/pictures/{pet.photo_id}/small.webp" in page) == (
            True,
            True,
            True,
        )


def test_a_photo_that_cannot_be_taken_keeps_the_pet_and_says_why(client: Client) -> None:
    answer = client.post("/me/pets/add/", {**MIMI, "picture": SimpleUploadedFile("a.jpg", b"GIF89a")}, follow=True)

    assert "This picture cannot be opened." in answer.content.decode()
    assert (Pet.objects.count(), Picture.objects.count()) == (1, 0)


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_is_kept(client: Client) -> None:
    answer = client.post("/me/pets/add/", {**MIMI, "birthday": "2199-01-01"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["birthday"])
    assert 'value="英短"' in answer.content.decode()
    assert Pet.objects.count() == 0


def test_a_pet_is_edited_and_weighed(client: Client, member: Member) -> None:
    pet = added(member)

    client.post(f"/me/pets/{pet.pk}/edit/", {**MIMI, "name": "喵喵", "sex": "female"})
    client.post(f"/me/pets/{pet.pk}/weight/", {"kilograms": "4.1", "on": "2026-03-01"})
    client.post(f"/me/pets/{pet.pk}/weight/", {"kilograms": "4.25", "on": "2026-03-18"})
    refused = client.post(f"/me/pets/{pet.pk}/weight/", {"kilograms": "900", "on": "2026-03-18"})

    page = text(client, f"/me/pets/{pet.pk}/")
    assert [words for words in ("喵喵", "4.25 kg", "+0.15", "girl", "polyline") if words not in page] == []
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["kilograms"])
    assert PetWeight.objects.count() == 2


def test_a_pet_that_passed_away_is_a_memory_and_never_stands_at_home(client: Client, member: Member) -> None:
    pet = added(member, birthday=date(2012, 3, 20))
    asked = text(client, f"/me/pets/{pet.pk}/farewell/")

    client.post(f"/me/pets/{pet.pk}/farewell/", {"on": "2026-03-10"})
    page, home = text(client, f"/me/pets/{pet.pk}/"), text(client, "/")
    client.post(f"/me/pets/{pet.pk}/farewell/", {"back": "1"})

    assert "We are very sorry." in asked
    assert ("Always in our hearts" in page, "Birthday" in page, "咪咪" in home) == (True, False, False)
    assert Pet.objects.get().passed_on is None


def test_a_pet_is_taken_out_only_when_asked_twice(client: Client, member: Member) -> None:
    pet = added(member)
    client.get(f"/me/pets/{pet.pk}/remove/")
    before = Pet.objects.filter(removed_at=None).count()

    answer = client.post(f"/me/pets/{pet.pk}/remove/")

    assert (before, answer.headers["Location"]) == (1, "/me/pets/")
    assert client.get(f"/me/pets/{pet.pk}/").status_code == 404


@pytest.mark.parametrize("page", ["", "edit/", "photo/", "weight/", "farewell/", "remove/"])
def test_pets_of_others_are_not_found(client: Client, page: str) -> None:
    other = added(cast.new_member())

    answers = [client.get(f"/me/pets/{other.pk}/{page}"), client.post(f"/me/pets/{other.pk}/{page}", MIMI)]

    assert [answer.status_code for answer in answers] == [404, 405 if page == "" else 404]
    assert Pet.objects.get(pk=other.pk, removed_at=None).name == "咪咪"


def test_a_photo_is_replaced_and_taken_away(client: Client, member: Member) -> None:
    pet = added(member)
    for _ in range(2):
        client.post(f"/me/pets/{pet.pk}/photo/", {"picture": SimpleUploadedFile("a", corpus.jpeg())})
    one = Picture.objects.count()

    client.post(f"/me/pets/{pet.pk}/photo/", {"remove": "1"})

    assert (one, Picture.objects.count()) == (1, 0)


def test_no_pet_at_the_moment_is_an_answer(client: Client) -> None:
    client.post("/me/pets/none/", {"none": "1"})

    assert "You told us that there is no pet at the moment." in text(client, "/me/pets/")
    assert Member.objects.get(account__number__isnull=False).has_no_pet is True


def test_interests_are_ticked_and_the_bar_says_what_a_complete_profile_brings(client: Client, member: Member) -> None:
    Interest.objects.create(code="food", name_zh="美食", name_en="Good food")
    cast.rule("complete", "profile.completed", points=60)
    before = text(client, "/me/")

    client.post("/me/interests/", {"interest-food": "on"})
    client.post("/me/pets/none/", {"none": "1"})

    assert ("50% complete" in before, "+60 points" in before) == (True, True)
    assert "complete</h2>" not in text(client, "/me/")
    assert MemberInterest.objects.filter(member=member).count() == 1
    assert cast.available(member.pk) == 3280 + 60


def test_pages_cost_the_same_with_one_and_with_three_pets(client: Client, member: Member) -> None:
    added(member)
    paths = ("/me/", "/me/pets/", "/")
    one = [visits.queries(client, path) for path in paths]
    for _ in range(2):
        added(member, birthday=date(2020, 5, 1))

    assert [visits.queries(client, path) for path in paths] == one


@pytest.mark.parametrize(
    ("born", "words"),
    [
        (date(2026, 3, 18), "born today"),
        (date(2026, 3, 17), "1 day"),
        (date(2026, 2, 18), "1 month"),
        (date(2024, 3, 19), "23 months"),
        (date(2024, 3, 18), "2 years"),
        (date(2016, 2, 29), "10 years"),
    ],
)
def test_age_is_told_as_people_do(born: date, words: str) -> None:
    with override("en"):
        assert companions.age(born, date(2026, 3, 18)) == words


def test_the_curve_of_the_weights_runs_from_old_to_new(member: Member) -> None:
    pet = added(member)
    for day, kilograms in ((1, "4"), (11, "5")):
        pets.weigh(
            member_id=member.pk, pet_id=pet.pk, kilograms=Decimal(kilograms), on=date(2026, 3, day), now=cast.NOW
        )

    scales = companions.scales(pets.weights(pet))

    assert scales is not None
    assert scales.points == "0.0,74.0 300.0,6.0"
    assert scales.rows == [(date(2026, 3, 11), Decimal(5), Decimal(1)), (date(2026, 3, 1), Decimal(4), None)]
