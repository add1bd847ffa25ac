"""The stamp of the configuration: one row that a trigger replaces with every change of a configuration row."""

from django.db import models


class ConfigurationStamp(models.Model):
    """Drawn at random by the database, so none ever comes back. Read by ``loyalty.configuration``."""

    stamp = models.CharField(max_length=36)

    def __str__(self) -> str:
        return self.stamp
