"""A browser's own word about itself, read as far as a person recognizes their device by it.

Only what is read is kept, never the word itself. Browsers say what they like, so nothing is allowed or
refused by it.
"""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Text = str | Promise
Reading = Sequence[tuple[str, tuple[str, ...], Text]]

# Code, what of it stands in the word (lower case), name. The first that fits is meant, so order matters.
_SYSTEMS: Reading = (
    ("iphone", ("iphone",), "iPhone"),
    ("ipad", ("ipad",), "iPad"),
    ("harmony", ("harmonyos", "openharmony"), _("HarmonyOS phone")),
    ("android", ("android",), _("Android phone")),
    ("windows", ("windows",), _("Windows computer")),
    ("mac", ("macintosh",), _("Mac")),
    ("chromebook", ("cros ",), "Chromebook"),
    ("linux", ("linux",), _("Linux computer")),
)
_PROGRAMS: Reading = (
    ("wecom", ("wxwork",), _("WeCom")),
    ("wechat", ("micromessenger",), _("WeChat")),
    ("alipay", ("alipayclient",), _("Alipay")),
    ("dingtalk", ("dingtalk",), _("DingTalk")),
    ("weibo", ("weibo",), _("Weibo")),
    ("douyin", ("aweme", "douyin"), _("Douyin")),
    ("rednote", ("xhsdiscover", "xiaohongshu"), _("RedNote")),
    ("qqbrowser", ("qqbrowser",), _("QQ Browser")),
    ("qq", (" qq/",), "QQ"),
    ("uc", ("ucbrowser",), _("UC Browser")),
    ("quark", ("quark/",), _("Quark")),
    ("baidu", ("baiduboxapp", "baidubrowser"), _("Baidu")),
    ("huawei", ("huaweibrowser",), _("Huawei Browser")),
    ("xiaomi", ("miuibrowser",), _("Xiaomi Browser")),
    ("vivo", ("vivobrowser",), _("vivo Browser")),
    ("oppo", ("heytapbrowser",), _("OPPO Browser")),
    ("samsung", ("samsungbrowser",), "Samsung Internet"),
    ("edge", ("edg/", "edga/", "edgios/"), "Edge"),
    ("opera", ("opr/", "opt/"), "Opera"),
    ("firefox", ("firefox/", "fxios/"), "Firefox"),
    ("chrome", ("chrome/", "crios/", "chromium/"), "Chrome"),
    ("safari", ("safari/",), "Safari"),
)
_READ = 512


def read(agent: str) -> str:
    """``system/program`` by their codes, either empty where nothing known is said."""
    plain = agent[:_READ].lower()
    return f"{_first(_SYSTEMS, plain)}/{_first(_PROGRAMS, plain)}"


def show(device: str) -> str:
    """In words of the reader's language, such as "iPhone, WeChat"."""
    system, _slash, program = device.partition("/")
    named = [name for name in (_name(_SYSTEMS, system), _name(_PROGRAMS, program)) if name]
    return str(pgettext_lazy("between a device and its browser", ", ")).join(named) or str(_("A device"))


def is_handheld(device: str) -> bool:
    return device.partition("/")[0] in ("iphone", "ipad", "harmony", "android")


def _first(readings: Reading, plain: str) -> str:
    return next((code for code, signs, _name in readings if any(sign in plain for sign in signs)), "")


def _name(readings: Reading, code: str) -> str:
    return next((str(name) for known, _signs, name in readings if known == code), "")
