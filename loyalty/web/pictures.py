"""Pictures that operators upload. Only the public folders: imports lie beside them and stay private."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

PUBLIC = ("brand", "rewards")


@require_safe
@cache_control(public=True, max_age=86400)
def picture(request: HttpRequest, folder: str, name: str) -> HttpResponseBase:
    """One file of a public folder. The route lets no other folder through."""
    return static.serve(request, f"{folder}/{name}", document_root=str(settings.MEDIA_ROOT))
