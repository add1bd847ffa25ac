"""What is left on the shelf. It moves only here, in single conditional statements."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from loyalty.errors import LoyaltyError
from rewards.models import Reward


class OutOfStock(LoyaltyError):
    code = "out_of_stock"
    sentence = _("Sorry, the last one has just gone. Your points are untouched.")
    left: int


class StockTooLow(LoyaltyError):
    code = "stock_too_low"
    sentence = _("There are not that many left to take away. Please reload to see how many there are now.")


def take(reward: Reward, quantity: int) -> None:
    """Takes items only if that many are left; raises ``OutOfStock``. Nobody reads first."""
    if not _move(reward, -quantity):
        raise OutOfStock(left=0)


def change(reward: Reward, by: int) -> None:
    """Adds delivered items, or takes broken ones away (``by`` < 0); raises ``StockTooLow``.

    Relative, so a sale at the same moment isn't undone by what somebody saw before it.
    """
    if not _move(reward, by):
        raise StockTooLow(param="stock_change")


def _move(reward: Reward, by: int) -> bool:
    enough = Reward.objects.filter(pk=reward.pk, stock_left__gte=max(0, -by))
    return bool(enough.update(stock_left=F("stock_left") + by))
