"""Browsers in words."""

import pytest
from django.utils import translation

from members.entering import devices

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 14; PJE110) AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "device", "english", "chinese"),
    [
        (
            f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.53 NetType/WIFI",
            "iphone/wechat",
            "iPhone, WeChat",
            "iPhone，微信",
        ),
        (f"{IPHONE} Version/18.1 Mobile/15E148 Safari/604.1", "iphone/safari", "iPhone, Safari", "iPhone，Safari"),
        (f"{IPHONE} CriOS/130.0 Mobile/15E148 Safari/604.1", "iphone/chrome", "iPhone, Chrome", "iPhone，Chrome"),
        (
            f"{ANDROID} Chrome/120.0 Mobile Safari/537.36 AlipayClient/10.6.50",
            "android/alipay",
            "Android phone, Alipay",
            "安卓手机，支付宝",
        ),
        (
            f"{ANDROID} Chrome/120.0 HuaweiBrowser/15.0 Mobile Safari/537.36",
            "android/huawei",
            "Android phone, Huawei Browser",
            "安卓手机，华为浏览器",
        ),
        (
            "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0 Safari/537.36 ArkWeb/4.1 Mobile",
            "harmony/chrome",
            "HarmonyOS phone, Chrome",
            "鸿蒙手机，Chrome",
        ),
        (f"{WINDOWS} Edg/130.0", "windows/edge", "Windows computer, Edge", "Windows 电脑，Edge"),
        (
            f"{WINDOWS} WXWork/4.1 MicroMessenger/7.0",
            "windows/wecom",
            "Windows computer, WeCom",
            "Windows 电脑，企业微信",
        ),
        (f"{MAC} Version/18.1 Safari/605.1.15", "mac/safari", "Mac, Safari", "Mac，Safari"),
        ("curl/8.5", "/", "A device", "一台设备"),
        ("", "/", "A device", "一台设备"),
    ],
)
def test_a_browser_is_told_in_words(agent: str, device: str, english: str, chinese: str) -> None:
    found = devices.read(agent)
    with translation.override("en"):
        in_english = devices.show(found)
    with translation.override("zh-hans"):
        in_chinese = devices.show(found)

    assert (found, in_english, in_chinese) == (device, english, chinese)


def test_what_a_browser_says_is_read_only_so_far() -> None:
    assert devices.read("x" * 10_000 + "iPhone") == "/"


def test_a_device_of_a_later_release_is_still_a_device() -> None:
    with translation.override("en"):
        assert devices.show("hologram/unknown") == "A device"
