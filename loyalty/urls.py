"""Every address of the portal. Upper apps are included by name only."""

from django.contrib import admin
from django.urls import include, path

from loyalty.web import health

handler500 = "loyalty.web.failures.server_error"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("admin/second-factor/", include("loyalty.web.second_factor.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("members.api.urls")),
    path("api/v1/", include("rewards.api.urls")),
    path("api/", include("loyalty.api.urls")),
    path("", include("loyalty.web.urls")),
    path("", include("members.web.urls")),
    path("", include("rewards.web.urls")),
    path("", include("community.web.urls")),
]
