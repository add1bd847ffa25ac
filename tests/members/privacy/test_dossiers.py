"""Nothing that points to a person is left out of what is told and what is forgotten."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db.models import Model

from loyalty.models import Account, Currency
from loyalty.personal import Dossier, Person
from loyalty.registry import registry
from members.models import Member
from members.privacy import persons
from tests import cast

OURS = {"loyalty", "members", "rewards", "community"}
ROOTS = {"loyalty.Account", "members.Member"}


def _declared() -> tuple[set[str], set[str]]:
    found = registry.all(Dossier)
    return {table for each in found for table in each.tables}, {table for each in found for table in each.books}


def _pointing(labels: set[str]) -> Iterator[str]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in OURS and any(_target(field) in labels for field in model._meta.concrete_fields):
            yield model._meta.label


def _target(field: object) -> str:
    model = getattr(field, "related_model", None)
    return model._meta.label if isinstance(model, type) and issubclass(model, Model) else ""


def test_every_table_about_a_person_is_forgotten_or_declared_as_books() -> None:
    """14.2.7: a new table that points to an account, a member or anything of theirs has to say what becomes of it."""
    tables, books = _declared()
    known = tables | books

    missing = sorted({label for label in _pointing(ROOTS | tables) if label not in known})

    assert missing == []


def test_no_table_is_both_forgotten_and_kept_and_each_is_real() -> None:
    tables, books = _declared()

    assert tables & books == set()
    assert sorted(label for label in tables | books if apps.get_model(label)._meta.label != label) == []
    assert [each.code for each in registry.all(Dossier) if not all(each.books.values())] == []


@pytest.mark.django_db
def test_all_that_is_kept_is_told() -> None:
    member = cast.gold_member()
    cast.reward()

    told = {
        dossier.code: {table.code: table.count() for table in tables} for dossier, tables in persons.tell([member.pk])
    }

    assert set(told) == {"loyalty", "members", "rewards", "community", "wechat"}
    assert (told["members"]["member"], told["members"]["consent"], told["loyalty"]["entry"]) == (1, 1, 2)


@pytest.mark.django_db
def test_the_words_that_name_a_person_are_gathered_in_every_form() -> None:
    member = cast.member("林小满", phone="13800138000")

    person = persons.gather(member.pk)

    assert person.words == {"林小满", "+8613800138000", "138 0013 8000", "13800138000"}
    assert person.numbers == {member.account.number}


def test_a_name_of_one_letter_is_found_only_where_it_is_all_there_is() -> None:
    person = Person(frozenset({1}), frozenset(), frozenset({"安", "林小满"}))

    assert [person.is_named_in(text) for text in ("安", "平安", "给林小满的", "别人")] == [True, False, True, False]


@pytest.mark.django_db
def test_a_table_tells_its_columns_with_their_titles() -> None:
    member = cast.member()

    account = next(
        table for _dossier, tables in persons.tell([member.pk]) for table in tables if table.code == "account"
    )

    assert [name for name, _title in account.columns] == ["number", "status", "opened_at"]
    assert list(account.rows()) == [
        tuple(Account.objects.values_list("number", "status", "opened_at").get(pk=member.pk))
    ]
    assert (Member.objects.count(), Currency.objects.count()) == (1, 2)
