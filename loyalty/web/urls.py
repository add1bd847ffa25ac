"""Addresses that belong to no app: the chosen language and looks, the home screen app, pictures."""

from django.urls import path, re_path

from loyalty.web import installing, pictures, preferences, unsubscribing

urlpatterns = [
    path("i18n/setlang/", preferences.set_language, name="set_language"),
    path("theme/", preferences.set_theme, name="theme"),
    path("manifest.webmanifest", installing.manifest, name="manifest"),
    path("worker.js", installing.worker, name="worker"),
    path("offline/", installing.offline, name="offline"),
    path("unsubscribe/<str:token>/", unsubscribing.unsubscribe, name="unsubscribe"),
    re_path(rf"^media/(?P<folder>{'|'.join(pictures.PUBLIC)})/(?P<name>[\w.-]+)$", pictures.picture, name="picture"),
]
