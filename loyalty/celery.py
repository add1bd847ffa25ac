"""The Celery application. A message is only a wake-up: the truth is rows (outbox, job runs)."""

import os

from celery import Celery

from loyalty import transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
transport.register()
app = Celery("loyalty")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
