"""Money as integers: how many decimals a currency has, and amounts in its minor units.

A leaf. Amounts are held in minor units (fen, cents, whole yen); text is turned into them exactly or
refused, never rounded.
"""

from decimal import Decimal
from functools import lru_cache

from babel.core import get_global
from babel.numbers import format_decimal, get_currency_precision, get_currency_symbol
from django.utils.translation import get_language, to_locale

from loyalty import faults

LIMIT = 10**15
_PLAIN = {"CNY": "¥"}


@lru_cache(maxsize=256)
def digits(currency: str) -> int:
    """Decimals of an ISO 4217 currency: CNY 2, JPY 0, KWD 3. Raises ``UnknownCurrency``."""
    if currency not in get_global("all_currencies"):
        raise faults.UnknownCurrency(param="currency")
    return get_currency_precision(currency)


def minor(amount: Decimal, currency: str, param: str) -> int:
    """``amount`` in minor units of ``currency``; negative, too fine or too big is refused."""
    scale = digits(currency)
    if amount < 0:
        raise faults.NegativePrice(param=param)
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > scale:
        raise faults.TooManyDecimals(param=param, currency=currency, digits=scale)
    return bounded(int(amount.scaleb(scale)), param)


def bounded(amount_minor: int, param: str) -> int:
    """``amount_minor`` where it is between 0 and the books' limit; else refused."""
    if amount_minor < 0:
        raise faults.NegativePrice(param=param)
    if amount_minor > LIMIT:
        raise faults.OutOfRange(param=param, minimum=0, maximum=LIMIT)
    return amount_minor


def text(amount_minor: int, currency: str) -> str:
    """Minor units as decimal text: 10000 CNY → ``100.00``."""
    return str(Decimal(amount_minor).scaleb(-digits(currency)).quantize(Decimal(1).scaleb(-digits(currency))))


def show(amount_minor: int, currency: str, *, short: bool = False) -> str:
    """Minor units as people of the active language read them: ``8000`` → ``¥80.00``.

    ``short`` leaves the zeros of a whole amount out: ``¥80``. Negative amounts carry a minus sign
    before the symbol. The home currency has its plain symbol in every language.
    """
    return _shown(amount_minor, currency, short, _locale())


@lru_cache(maxsize=4096)
def _shown(amount_minor: int, currency: str, short: bool, locale: str) -> str:
    scale = digits(currency)
    amount = Decimal(amount_minor).scaleb(-scale)
    bare = not scale or (short and amount == amount.to_integral_value())
    figure = format_decimal(abs(amount), format="#,##0" if bare else f"#,##0.{'0' * scale}", locale=locale)
    return f"{'−' if amount < 0 else ''}{_symbol(currency, locale)}{figure}"


def symbol(currency: str) -> str:
    """The sign of a currency in the active language; the home currency's is the same in all."""
    return _symbol(currency, _locale())


def _symbol(currency: str, locale: str) -> str:
    return _PLAIN.get(currency) or get_currency_symbol(currency, locale)


def _locale() -> str:
    return to_locale(get_language() or "zh-hans")
