"""Finding a member by what a till, a person or a member of staff knows of them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from loyalty import accounts
from loyalty.registry import Address
from members import consent
from members.entering import ages, numbers, phones
from members.models import Member


def by_number(number: str) -> Member | None:
    """The member with that number; spaces don't matter."""
    return _members().filter(account__number=number.replace(" ", "")).first()


def by_phone(phone: str) -> Member | None:
    """The member with that phone, however it is written."""
    found = phones.read(phone)
    return _members().filter(phone=found).first() if found else None


def by_email(email: str) -> Member | None:
    """The member with that e-mail address, capitals or not."""
    return _members().filter(email=email.strip().lower()).first()


def by_external_id(partner_id: int, external_id: str) -> Member | None:
    """The member whom that partner calls ``external_id``."""
    return _members().filter(
        account__references__partner_id=partner_id, account__references__external_id=external_id
    ).first()  # fmt: skip


def by_contact(text: str) -> Member | None:
    """The member with that number, phone or e-mail address: what a person types to sign in."""
    if "@" in text:
        return by_email(text)
    found = by_number(text) if numbers.is_number(text) else None
    return found or by_phone(text)


def by_phones(references: Sequence[str]) -> Mapping[str, int]:
    """Phone as written → account id, for those that are known. One query, one more where one was merged."""
    wanted = {reference: phone for reference in references if (phone := phones.read(reference))}
    known = _known("phone", set(wanted.values()))
    return {reference: known[phone] for reference, phone in wanted.items() if phone in known}


def by_emails(references: Sequence[str]) -> Mapping[str, int]:
    """E-mail address as written → account id, for those that are known. One query."""
    wanted = {reference: reference.strip().lower() for reference in references if "@" in reference}
    known = _known("email", set(wanted.values()))
    return {reference: known[email] for reference, email in wanted.items() if email in known}


def _known(column: str, values: Collection[str]) -> dict[str, int]:
    """Value → account id; of a merged one the account that lives on."""
    rows = Member.objects.filter(**{f"{column}__in": values}).values_list(column, "account_id", "account__merged_into")
    found = {value: (account_id, heir) for value, account_id, heir in rows}
    merged = {account_id for account_id, heir in found.values() if heir is not None}
    living = accounts.living(merged) if merged else {}
    return {value: living.get(account_id, account_id) for value, (account_id, _heir) in found.items()}


def accounts_of(user: Any) -> set[int]:
    """Accounts of whoever signs in as ``user``: their own membership, or one of the same e-mail address."""
    mail = user.email.strip().lower()
    own = Q(user=user) | Q(email=mail) if mail else Q(user=user)
    return set(Member.objects.filter(own).values_list("account_id", flat=True))


def addresses(account_ids: Collection[int]) -> dict[int, Address]:
    """How to reach these members, in the language they chose last, and what they agreed to. Two queries.

    Of a child's answers none counts that is not for children, whenever it was given.
    """
    rows = Member.objects.select_related("user").filter(pk__in=account_ids)
    rows = rows.annotate(is_child=ages.under(ages.CHILD_UNTIL, "birthday"))
    agreed = consent.given_by(account_ids)
    return {
        row.pk: Address(
            email=row.email or "",
            phone=row.phone or "",
            language=(row.user.language if row.user else "") or row.language,
            name=row.name,
            consents=frozenset(purpose for purpose, is_given in agreed.get(row.pk, {}).items() if is_given)
            - (consent.NOT_FOR_CHILDREN if row.is_child else frozenset()),
        )
        for row in rows
    }


def _members() -> QuerySet[Member]:
    return Member.objects.select_related("account", "tier")
