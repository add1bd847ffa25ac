"""Which column is what: the fields an order can have, guesses from header names, and the plan.

A plan is what an operator decided about a file. It is saved on the job, so an import that goes on
tomorrow reads the same as today.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from django.utils.translation import gettext_lazy as _

from loyalty import clock, money
from loyalty.errors import InvalidInput
from loyalty.imports.refusals import DoubledColumn, FieldsUnmapped, MissingColumns, UnknownImportField, UnknownZone
from loyalty.registry import Text

DATE_ORDERS = ("", "dmy", "mdy")


@dataclass(frozen=True, slots=True)
class ImportField:
    """One thing a column can hold, and the names it goes by in exports we have met."""

    code: str
    label: Text
    names: tuple[str, ...]
    hint: Text = ""


def _names(words: str) -> tuple[str, ...]:
    return tuple(words.split())


FIELDS = (
    ImportField(
        "order_id",
        _("order id"),
        _names("orderid orderno ordernumber order invoiceno invoicenumber invoice receiptno billno transactionid")
        + _names("订单号 订单编号 订单id 主订单编号 单号 单据编号 小票号 交易号 交易单号 流水号 订单"),
        _("Rows with the same id are lines of one order."),
    ),
    ImportField(
        "occurred_at",
        _("time of payment"),
        _names("occurredat paidat paymenttime paymentdate paidtime orderdate ordertime invoicedate placedat createdat")
        + _names("datetime timestamp date time")
        + _names("付款时间 支付时间 订单付款时间 成交时间 交易时间 下单时间 订单创建时间 创建时间 销售时间 日期 时间"),
    ),
    ImportField(
        "amount",
        _("order amount"),
        _names("amount ordertotal ordertotalamount totalamount total paidamount amountpaid grandtotal totalprice")
        + _names("实付金额 实付款 买家实际支付金额 订单金额 订单总额 总金额 支付金额 应付金额 合计 金额"),
        _("What was paid in all, on one row or repeated on each."),
    ),
    ImportField(
        "customer",
        _("customer id"),
        _names("customerid customer customerno customernumber clientid userid buyerid memberid 客户编号 客户id 客户号")
        + _names("顾客编号 会员id 会员编号 买家id 用户id 买家会员名 客户"),
        _("Your own id of the customer; unknown ones become members. Blank: a guest order."),
    ),
    ImportField("member", _("member number"), _names("membernumber memberno cardno cardnumber 会员号 会员卡号 卡号")),
    ImportField(
        "phone",
        _("phone"),
        _names("phone mobile phonenumber mobilephone telephone tel 手机 手机号 手机号码 联系手机 电话"),
    ),
    ImportField("currency", _("money"), _names("currency currencycode 币种 货币")),
    ImportField("freight", _("freight"), _names("freight shipping shippingfee postage 运费 邮费 买家应付邮费")),
    ImportField("store", _("store"), _names("storecode storeid store shopcode 门店编号 门店编码 门店 店铺编号")),
    ImportField("channel", _("channel"), _names("channel saleschannel source 渠道 来源 订单来源")),
    ImportField(
        "is_cancel",
        _("is a cancellation"),
        _names("iscancel iscancelled iscanceled cancelled canceled isrefund isreturn 是否取消 是否退款 是否退货"),
        _("Yes or no, 1 or 0."),
    ),
    ImportField(
        "refund_of",
        _("order it takes back"),
        _names("refundof originalorderid originalorder originalinvoice relatedorder 原订单号 原单号 关联订单号"),
        _("Which order a cancellation takes back. Left out, orders are matched."),
    ),
    ImportField(
        "sku", _("SKU"), _names("sku stockcode productcode productid itemcode itemno 商品编码 商品编号 货号 商家编码")
    ),
    ImportField(
        "title",
        _("title"),
        _names("title description productname product itemname item 商品名称 商品标题 宝贝标题 品名 商品"),
    ),
    ImportField("category", _("category"), _names("category productcategory 类目 分类 品类 商品分类")),
    ImportField("quantity", _("quantity"), _names("quantity qty count units 数量 购买数量 件数")),
    ImportField("unit_price", _("unit price"), _names("unitprice price itemprice 单价 价格 商品单价")),
    ImportField(
        "line_amount", _("line amount"), _names("lineamount linetotal subtotal itemtotal 小计 行金额 商品金额 明细金额")
    ),
)
BY_CODE = {each.code: each for each in FIELDS}
IDS = ("order_id", "customer", "member", "phone", "refund_of")
DETAILS = ("sku", "title", "category", "quantity", "unit_price", "line_amount")


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read one file: field → header, and what holds for all rows.

    ``zone`` is where times without an offset are from, ``cancel_prefix`` how ids of cancellations
    begin, ``date_order`` settles 02/03/2026. ``language`` is the operator's, for the report.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    currency: str = "CNY"
    zone: str = "Asia/Shanghai"
    cancel_prefix: str = ""
    date_order: str = ""
    skip_bad_rows: bool = False
    language: str = ""

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "Plan":
        return cls(**{name: stored[name] for name in cls.__slots__ if name in stored})


def suggest(header: Sequence[str]) -> dict[str, str]:
    """Field → column, guessed from the names alone; a column is used once, better names first."""
    plain = {name: re.sub(r"[\W_]+", "", name.lower()) for name in header}
    found: dict[str, str] = {}
    for each in FIELDS:
        free = [name for name in header if name and name not in found.values()]
        match = next((name for known in each.names for name in free if plain[name] == known), None)
        if match:
            found[each.code] = match
    return _sensible(found)


def _sensible(found: dict[str, str]) -> dict[str, str]:
    """Leaves out details that say nothing: pieces without a price or a name are no order line."""
    has_price = "line_amount" in found or {"quantity", "unit_price"} <= set(found)
    has_name = "sku" in found or "title" in found
    if has_price and (has_name or "amount" not in found):
        return found
    return {code: name for code, name in found.items() if code not in DETAILS}


def check(plan: Plan, header: Sequence[str]) -> None:
    """Raises what is wrong with the plan: fields, columns (all of them named), money or zone."""
    known = ", ".join(name for name in header if name)
    strangers = [code for code in plan.columns if code not in BY_CODE]
    if strangers:
        raise UnknownImportField(param=strangers[0], field=", ".join(strangers), known=", ".join(BY_CODE))
    missing = [name for name in plan.columns.values() if name not in header]
    if missing:
        raise MissingColumns(columns=", ".join(f"“{name}”" for name in missing), known=known or "–")
    doubled = [name for name in plan.columns.values() if list(header).count(name) > 1]
    if doubled:
        raise DoubledColumn(columns=", ".join(f"“{name}”" for name in doubled))
    needed = _unmapped(plan.columns)
    if needed:
        raise FieldsUnmapped(fields=", ".join(str(BY_CODE[code].label) for code in needed))
    money.digits(plan.currency)
    _check_zone(plan.zone)
    if plan.date_order not in DATE_ORDERS:
        raise InvalidInput(param="date_order")


def _unmapped(columns: Mapping[str, str]) -> list[str]:
    needed = [code for code in ("order_id", "occurred_at") if code not in columns]
    has_amount = "amount" in columns or "line_amount" in columns or {"quantity", "unit_price"} <= set(columns)
    return needed if has_amount else [*needed, "amount"]


def _check_zone(name: str) -> None:
    try:
        clock.zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZone(param="zone", zone=name) from None
