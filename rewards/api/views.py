"""``/rewards`` and ``/redemptions``: partners show the shelf and redeem for a member."""

from datetime import timedelta
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.telling import moment
from loyalty.api.views import PartnerView
from loyalty.idempotency import Answer
from loyalty.models import PartnerKey
from members.api import finding
from rewards import privileges, redemptions, shelf
from rewards.api import reference
from rewards.api.shapes import NEW_REDEMPTION
from rewards.models import Privilege, Redemption, Reward


def tell_reward(reward: Reward) -> dict[str, Any]:
    return {
        "code": reward.code,
        "name": reward.name,
        "text": reward.text,
        "points": reward.price_points,
        "left": reward.stock_left,
        "limit_per_member": reward.limit_per_member or None,
        "starts_at": moment(reward.starts_at),
        "ends_at": moment(reward.ends_at) if reward.ends_at else None,
        "privileges": [
            {
                "benefit": each.benefit.code,
                "does": each.does,
                "opens_at": moment(reward.starts_at - timedelta(hours=each.hours)) if each.hours else None,
                "points": each.price_points,
                "takes_use": each.does == Privilege.Does.PRICE and privileges.is_counted(each),
            }
            for each in reward.privileges.all()
        ],
    }


def tell_redemption(redemption: Redemption) -> dict[str, Any]:
    return {
        "number": redemption.number,
        "token": redemption.token,
        "reward": redemption.reward.code,
        "quantity": redemption.quantity,
        "points": redemption.points,
        "benefit": redemption.benefit.code if redemption.benefit else None,
        "state": redemption.state,
        "redeemed_at": moment(redemption.redeemed_at),
    }


class Rewards(PartnerView):
    """What can be redeemed at this instant, by all or by some, the cheapest first; sold-out ones say so."""

    scopes = {"GET": PartnerKey.Scope.REDEEM}

    @reference.GET_REWARDS
    def get(self, request: Request) -> Response:
        self.query(request, ())
        return Response({"rewards": [tell_reward(reward) for reward in shelf.open_at(self.now)]})


class Redemptions(PartnerView):
    """Taking a reward. The token makes a repeat harmless for ever, the key for thirty days."""

    scopes = {"POST": PartnerKey.Scope.REDEEM}

    @reference.POST_REDEMPTION
    def post(self, request: Request) -> Response:
        return self.once(request, self._post)

    def _post(self, data: dict[str, Any]) -> Answer:
        values = NEW_REDEMPTION.read(data)
        redemption = redemptions.place(
            account_id=finding.member(values["member"], self.partner, param="member").account_id,
            reward_code=values["reward"],
            quantity=values["quantity"],
            token=f"{self.partner.code}:{values['token']}",
            quoted_points=values["quoted_points"],
            benefit=values["benefit"],
            now=self.now,
        )
        told = tell_redemption(redemption) | {"token": values["token"]}
        return Answer(201 if redemption.redeemed_at == self.now else 200, told)
