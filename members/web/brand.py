"""The operator's colors as a style sheet: the brand's hue and each tier's."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from loyalty import programme as programmes
from loyalty.web import colors
from members.models import Tier

MAX_AGE = 300


@require_safe
@conditional_page
@cache_control(public=True, max_age=MAX_AGE)
def brand_css(_request: HttpRequest) -> HttpResponse:
    """Every value is a checked slug, a whole number or a short decimal, so nothing can be slipped in."""
    shades = [(tier.code, colors.oklch(tier.color_from)) for tier in Tier.objects.order_by("ladder", "rank")]
    told = {
        "programme": {"hue": colors.oklch(programmes.current().brand_color).hue},
        "tiers": [{"code": code, "hue": shade.hue, "chroma": shade.calm_chroma} for code, shade in shades],
    }
    return HttpResponse(render_to_string("web/brand.css", told), content_type="text/css; charset=utf-8")
