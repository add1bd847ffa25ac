"""Pages of libraries, dressed in the theme: the scheduler's. Keys have their own page here."""

from django.contrib import admin
from django_celery_beat.admin import ClockedScheduleAdmin as PlainClockedAdmin
from django_celery_beat.admin import CrontabScheduleAdmin as PlainCrontabAdmin
from django_celery_beat.admin import PeriodicTaskAdmin as PlainPeriodicTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from rest_framework_api_key.models import APIKey
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from loyalty.admin.base import ModelAdmin

# Partners' keys are ours (loyalty.admin.partners); the library's own table is not used.
admin.site.unregister([APIKey, PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule])


class ThemedTaskSelect(UnfoldAdminSelectWidget, TaskSelectWidget):
    """The library's list of tasks as a themed select."""


class ThemedTaskForm(PeriodicTaskForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = ThemedTaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(PlainPeriodicTaskAdmin, ModelAdmin):
    form = ThemedTaskForm


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(ModelAdmin):
    """How often, in seconds to days."""


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(PlainCrontabAdmin, ModelAdmin):
    """At which minutes, hours and days."""


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(PlainClockedAdmin, ModelAdmin):
    """Once, at an instant."""
