"""The brand, its stores, its till and the people who run it."""

from loyalty.demo.stage import Login, Stage
from loyalty.models import Currency, Partner, PartnerKey, Programme, Store, User

OPERATOR, PASSWORD = "operator", "furball-2026"
KEY_PREFIX, KEY_SECRET = "furball1", "DemoTillKeyOnlyForTryingOut00001"

_STORES = (
    ("SH01", "毛球星球 徐汇店", "上海"),
    ("SH02", "毛球星球 静安店", "上海"),
    ("HZ01", "毛球星球 西湖店", "杭州"),
    ("online", "毛球星球 小程序", ""),
)


def plant(stage: Stage) -> None:
    """Names the programme and makes stores, till and operator."""
    Programme.objects.filter(pk=1).update(
        name_zh="毛球星球", name_en="Furball Planet", brand_color="#1d6b52", accent_color="#d9552b"
    )
    Currency.objects.filter(code="points").update(expiry_mode=Currency.ExpiryMode.YEAR_END, expiry_length=1)
    stage.partner = Partner.objects.create(
        code="till", name="门店收银与小程序", unknown_member=Partner.UnknownMember.PARK
    )
    Store.objects.bulk_create(
        Store(code=code, name=name, city=city, partner=stage.partner) for code, name, city in _STORES
    )
    _make_key(stage.partner)
    User.objects.create_superuser(
        OPERATOR, email="operator@furball.example", password=PASSWORD, display_name="店长 安然", language="zh-hans"
    )


def logins() -> list[Login]:
    """The operator and the till's key, where the demo is planted."""
    found: list[Login] = []
    operator = User.objects.filter(username=OPERATOR).first()
    if operator and operator.check_password(PASSWORD):
        found.append(Login("operator", operator.display_name, OPERATOR, PASSWORD))
    key = PartnerKey.objects.filter(prefix=KEY_PREFIX, revoked=False).select_related("partner").first()
    if key:
        found.append(Login("partner", key.partner.name, key.partner.code, f"{KEY_PREFIX}.{KEY_SECRET}"))
    return found


def _make_key(partner: Partner) -> None:
    """A key that is the same on every start; only its hash is kept, as of any other."""
    hashed = PartnerKey.objects.key_generator.hash(f"{KEY_PREFIX}.{KEY_SECRET}")
    PartnerKey.objects.create(
        id=f"{KEY_PREFIX}.{hashed}",
        prefix=KEY_PREFIX,
        hashed_key=hashed,
        name="demo",
        partner=partner,
        scopes=PartnerKey.Scope.values,
    )
