"""The project and the kernel every other app shares."""

from loyalty.celery import app as celery_app

__all__ = ["celery_app"]
