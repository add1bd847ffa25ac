"""Words about how one is reached: the code to a new address, word to the old one, the codes to a guardian."""

from django.utils.translation import gettext_lazy as _

from loyalty.messaging import kinds
from loyalty.registry import MessageKind, Shipped

CODE, CHANGED, GUARDIAN, GUARDING = "code.contact", "contact.changed", "code.guardian", "code.guarding"


KINDS = (
    kinds.with_code(
        CODE,
        _("code for a new phone or e-mail address"),
        Shipped(
            name=("更换联系方式验证码", "Code for a new contact"),
            subject=("{code} 用于更换联系方式", "{code} to change how we reach you"),
            body=(
                (
                    "输入验证码 {code}，确认更改你在 {brand} 的手机号或邮箱，{minutes} 分钟内有效。\n\n"
                    "不是你本人操作？忽略就好，请勿把验证码告诉他人。"
                ),
                (
                    "The code {code} confirms the new phone or e-mail address of your {brand} membership. It is good "
                    "for {minutes} minutes.\n\nIf this was not you, you can leave it at that; tell nobody the code."
                ),
            ),
            short=(
                "【{brand}】验证码 {code}，用于更换联系方式，{minutes} 分钟内有效。切勿告诉他人。",
                "{brand}: {code} confirms your new contact, good for {minutes} minutes. Tell nobody.",
            ),
        ),
    ),
    MessageKind(
        CHANGED,
        _("phone or e-mail address changed"),
        (),
        kinds.as_given,
        is_secret=True,
        shipped=Shipped(
            name=("联系方式已更改", "Contact changed"),
            subject=("你的联系方式刚刚更改了", "How we reach you was changed"),
            body=(
                "你在{brand}的手机号或邮箱刚刚更改成功。\n\n如果不是你本人操作，请马上联系我们的门店，我们帮你找回。",
                (
                    "The phone or e-mail address of your {brand} membership was just changed.\n\n"
                    "If this was not you, please get in touch with one of our shops at once; we set it right."
                ),
            ),
            short=(
                "【{brand}】你的会员手机号或邮箱刚刚更改。如非本人操作，请马上联系门店。",
                "{brand}: your phone or e-mail was just changed. If this was not you, please contact us at once.",
            ),
        ),
    ),
    kinds.with_code(
        GUARDIAN,
        _("code for a parent or guardian"),
        Shipped(
            name=("监护人同意验证码", "Code for a guardian"),
            subject=("{code} 用于确认同意孩子入会", "{code} to agree to your child joining"),
            body=(
                (
                    "你的孩子想加入 {brand}，需要你的同意。确认同意的话，请把验证码 {code} 填在入会页面，"
                    "{minutes} 分钟内有效。\n\n我们不会向孩子推送广告，你可以随时联系我们取消会员。"
                    "\n\n没有这回事？忽略就好。"
                ),
                (
                    "Your child would like to join {brand} and needs your agreement. If you agree, type the code "
                    "{code} on the joining page; it is good for {minutes} minutes.\n\nWe send children no advertising, "
                    "and you can end the membership at any time.\n\nIf you know nothing of this, you can leave it."
                ),
            ),
            short=(
                "【{brand}】你的孩子想入会。同意请把验证码 {code} 填在入会页面，{minutes} 分钟内有效；不知情请忽略。",
                "{brand}: your child wants to join. If you agree, {code} is the code, good for {minutes} minutes.",
            ),
        ),
    ),
    kinds.with_code(
        GUARDING,
        _("code for a guardian's own page"),
        Shipped(
            name=("监护人验证码", "Code for a guardian's page"),
            subject=("{code} 用于确认你是孩子的监护人", "{code} to confirm that you are the guardian"),
            body=(
                (
                    "你的孩子是 {brand} 的会员。确认你是监护人，请把验证码 {code} 填在页面上，{minutes} 分钟内有效。"
                    "是否同意孩子继续做会员，由你决定。\n\n没有这回事？忽略就好，请勿把验证码告诉他人。"
                ),
                (
                    "Your child is a member of {brand}. To confirm that you are the guardian, type the code {code} on "
                    "the page; it is good for {minutes} minutes. Whether your child stays a member is up to you.\n\n"
                    "If you know nothing of this, you can leave it; tell nobody the code."
                ),
            ),
            short=(
                "【{brand}】监护人验证码 {code}，{minutes} 分钟内有效，用于确认孩子的会员事宜。切勿告诉他人。",
                "{brand}: {code} confirms that you are the guardian of a member, good for {minutes} minutes.",
            ),
        ),
    ),
)
