"""What a visitor chooses about the pages themselves: language and appearance."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views import i18n
from django.views.decorators.http import require_POST

from loyalty.models import User
from loyalty.web import addresses

THEME = "theme"
THEMES = ("light", "dark")
YEAR = 365 * 24 * 3600


def theme_of(request: HttpRequest) -> str:
    """``light``, ``dark``, or empty: as the device has it."""
    chosen = request.COOKIES.get(THEME, "")
    return chosen if chosen in THEMES else ""


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keeps the appearance on this device; anything but light and dark follows the device."""
    answer = redirect(addresses.onward(request, "/"))
    chosen = request.POST.get("theme")
    if chosen in THEMES:
        answer.set_cookie(THEME, chosen, max_age=YEAR, secure=settings.SECURE, httponly=True, samesite="Lax")
    else:
        answer.delete_cookie(THEME, samesite="Lax")
    return answer


@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """As Django's own, and remembered on the login, so that the next device starts with it."""
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    return i18n.set_language(request)


def speak(answer: HttpResponse, user: User) -> None:
    """Lets the pages after signing in speak the language the login remembers."""
    if user.language in dict(settings.LANGUAGES):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            user.language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
