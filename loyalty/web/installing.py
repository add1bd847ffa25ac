"""The portal as an app on the home screen: its manifest, its worker and the page without a network."""

import hashlib

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from loyalty import programme as programmes

PAPER, GREEN = "#fbf8f3", "#1f6647"
SHELL = (
    "css/tokens.css",
    "css/tokens-dark.css",
    "css/base.css",
    "css/top.css",
    "css/buttons.css",
    "css/panel.css",
    "css/notice.css",
    "css/states.css",
    "css/card.css",
    "img/icons.svg",
    "img/icon.svg",
    "js/page.js",
)
"""What the offline page and the saved member code are drawn with."""


@require_safe
@vary_on_headers("Accept-Language", "Cookie")
@cache_control(max_age=3600, private=True)
def manifest(_request: HttpRequest) -> JsonResponse:
    """Name and looks for the home screen, in the visitor's language."""
    name = programmes.current().name
    icons = [
        {"src": static(f"img/icon-{side}.png"), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
        for side in (192, 512)
        for purpose in ("any", "maskable")
    ]
    told = {
        "id": "/",
        "name": name,
        "short_name": name,
        "lang": get_language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": GREEN,
        "icons": icons,
    }
    return JsonResponse(told, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


@require_safe
@cache_control(no_cache=True)
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker. Its cache is named by its content, so a new release replaces the old shell."""
    shell = [static(path) for path in SHELL] + [reverse("offline")]
    version = hashlib.sha256("\n".join(shell).encode()).hexdigest()[:12]
    script = render_to_string("web/worker.js", {"shell": shell, "version": version})
    return HttpResponse(script, content_type="text/javascript")


@require_safe
@cache_control(no_cache=True)
def offline(request: HttpRequest) -> HttpResponse:
    """What the worker shows without a network. Kept on the device, so it names nobody."""
    return render(request, "web/offline.html", {"nav": []})
