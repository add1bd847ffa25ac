"""The road to WeChat and back, by allauth's provider: where to send people, and what comes back of them.

Three things are ours: which of the brand's apps is asked (WeChat's own browser knows only official
accounts), how the answer is read, and what happens afterwards (``members.web.wechat``), so that none of
allauth's own pages is ever reached.
"""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.weixin.client import WeixinOAuth2Client
from allauth.socialaccount.providers.weixin.provider import WeixinProvider
from allauth.socialaccount.providers.weixin.views import WeixinOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from loyalty.models import User
from members.entering import wechat
from members.web import arriving
from members.web.arriving import Failure

ON_SCREEN = "https://open.weixin.qq.com/connect/qrconnect"
IN_APP = "https://open.weixin.qq.com/connect/oauth2/authorize"
LONGEST = 191


def is_in_app(request: HttpRequest) -> bool:
    """Whether the page is open in WeChat's own browser."""
    return "MicroMessenger" in request.headers.get("User-Agent", "")


class Client(WeixinOAuth2Client):
    """WeChat's own browser wants the fragment; the other one does not mind it."""

    def get_redirect_url(self, authorization_url: str, scope: list[str], extra_params: dict[str, str]) -> str:
        return f"{super().get_redirect_url(authorization_url, scope, extra_params)}#wechat_redirect"


class Road(WeixinOAuth2Adapter):
    """What is asked of WeChat."""

    client_class = Client

    @property
    def authorize_url(self) -> str:
        return IN_APP if is_in_app(self.request) else ON_SCREEN

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        path = reverse("members:wechat-callback")
        return f"{settings.SITE_URL}{path}" if settings.SITE_URL else request.build_absolute_uri(path)

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """Only for the one question that follows; it is kept nowhere."""
        return SocialToken(token=str(data["access_token"]))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Reads who it is. WeChat says what went wrong in a body of status 200."""
        openid = kwargs["response"].get("openid")
        with Doorway(request).get_requests_session() as session:
            answer = session.get(self.profile_url, params={"access_token": token.token, "openid": openid})
            answer.raise_for_status()
            answer.encoding = "utf-8"
            told = answer.json()
        if not isinstance(told, dict) or not _is_id(told.get("openid")):
            raise OAuth2Error("WeChat told no openid")
        return self.get_provider().sociallogin_from_response(request, told)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST


class Provider(WeixinProvider):
    """How the answer is read: as little as will do."""

    oauth2_adapter_class = Road

    def get_default_scope(self) -> list[str]:
        return ["snsapi_userinfo"] if is_in_app(self.request) else ["snsapi_login"]

    def extract_uid(self, data: dict[str, Any]) -> str:
        return str(data["unionid"] if _is_id(data.get("unionid")) else data["openid"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"openid": data["openid"]}


class Doorway(DefaultSocialAccountAdapter):
    """allauth's adapter: keys come from the settings alone, and who arrives is handed to our own pages."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        app_id, secret = settings.WEIXIN_OFFICIAL_APP if is_in_app(request) else settings.WEIXIN_APP
        return [SocialApp(provider=wechat.PROVIDER, name="WeChat", client_id=app_id, secret=secret)]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        return Provider(request, app=self.get_app(request, provider=provider))

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = sociallogin.user
        user.display_name = str(data.get("name") or "")
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        raise ImmediateHttpResponse(arriving.arrived(request, _identity(sociallogin), sociallogin.state))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        if exception is not None:
            failure = Failure.DOWN
        elif "state" in (extra_context or {}):
            failure = Failure.REFUSED
        else:
            failure = Failure.STALE
        raise ImmediateHttpResponse(arriving.failed(request, failure, exception))


def _identity(login: SocialLogin) -> wechat.Identity:
    name = "".join(sign for sign in login.user.display_name if sign.isprintable()).strip()[:60]
    return wechat.Identity(uid=login.account.uid, openid=login.account.extra_data["openid"], name=name)
