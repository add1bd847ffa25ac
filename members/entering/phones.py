"""Phone numbers: read as people write them, kept in E.164, shown as their country writes them.

Numbers without a country belong to ``settings.PHONE_REGION``. Only numbers that can receive a
message are taken, since people sign in and are reached by them.
"""

import re
import unicodedata

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from loyalty.errors import InvalidInput

_SPREADSHEET = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_NOISE = re.compile(r"[\s\-‐-―−()./·]+")
_MOBILE = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
_CHINESE_DIGITS = 11


class PhoneChangedBySpreadsheet(InvalidInput):
    code = "phone_changed_by_spreadsheet"
    sentence = _("Excel changed this number. Please format the column as text and enter the phone again.")


class PhoneLengthWrong(InvalidInput):
    code = "phone_length"
    sentence = _("A mobile number has %(expected)s digits; this one has %(given)s. Please check it.")


class PhoneUnreadable(InvalidInput):
    code = "phone_invalid"
    sentence = _("This does not look like a phone number. For a number abroad, start with + and the country code.")


class PhoneNotMobile(InvalidInput):
    code = "phone_not_mobile"
    sentence = _("This looks like a landline. Please give a mobile number.")


def normalize(text: str, *, param: str = "phone") -> str:
    """``text`` in E.164 (``+8613800138000``); full-width digits, spaces, hyphens and 86 are fine.

    Raises ``PhoneUnreadable``, ``PhoneLengthWrong``, ``PhoneNotMobile`` or
    ``PhoneChangedBySpreadsheet``.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if _SPREADSHEET.fullmatch(plain):
        raise PhoneChangedBySpreadsheet(param=param)
    plain = _NOISE.sub("", plain)
    _check_length(plain, param)
    try:
        number = phonenumbers.parse(plain, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        raise PhoneUnreadable(param=param) from None
    if not phonenumbers.is_valid_number(number):
        raise PhoneUnreadable(param=param)
    if phonenumbers.number_type(number) not in _MOBILE:
        raise PhoneNotMobile(param=param)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _check_length(plain: str, param: str) -> None:
    """Counts the digits where a Chinese mobile number is evidently meant: it starts with 1."""
    national = re.sub(r"^(\+|00)?86(?=1)", "", plain)
    means_mobile = settings.PHONE_REGION == "CN" or national != plain
    if means_mobile and re.fullmatch(r"1\d+", national) and len(national) != _CHINESE_DIGITS:
        raise PhoneLengthWrong(param=param, expected=_CHINESE_DIGITS, given=len(national))


def read(text: str) -> str | None:
    """As :func:`normalize`, but ``None`` where ``text`` is no phone number."""
    try:
        return normalize(text)
    except InvalidInput:
        return None


def show(phone: str) -> str:
    """A stored number for its owner: ``138 0013 8000``; numbers abroad keep their country code."""
    number = phonenumbers.parse(phone, None)
    if phonenumbers.region_code_for_number(number) == settings.PHONE_REGION:
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def mask(phone: str) -> str:
    """A stored number for others: ``138****8000``."""
    digits = str(phonenumbers.parse(phone, None).national_number)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 7 else f"****{digits[-2:]}"
