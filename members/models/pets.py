"""The animals a member lives with."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from members.models.pictures import Picture


class Pet(models.Model):
    """One animal. ``passed_on`` turns its page into a memorial: no birthday, no offer, never deleted by us.

    ``weight_grams`` is the last one weighed; a birthday may be a guess of the year alone.
    """

    class Species(models.TextChoices):
        CAT = "cat", _("cat")
        DOG = "dog", _("dog")
        RABBIT = "rabbit", _("rabbit")
        HAMSTER = "hamster", _("hamster")
        BIRD = "bird", _("bird")
        FISH = "fish", _("fish")
        REPTILE = "reptile", _("reptile")
        OTHER = "other", pgettext_lazy("species", "other")

    class Sex(models.TextChoices):
        UNKNOWN = "", pgettext_lazy("sex", "not told")
        FEMALE = "female", pgettext_lazy("pet", "girl")
        MALE = "male", pgettext_lazy("pet", "boy")

    member = models.ForeignKey("members.Member", models.CASCADE, related_name="pets", verbose_name=_("member"))
    name = models.CharField(_("name"), max_length=30)
    species = models.CharField(_("species"), max_length=8, choices=Species)
    breed = models.CharField(_("breed"), max_length=40, blank=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex, default=Sex.UNKNOWN, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    is_birthday_guessed = models.BooleanField(_("only about"), default=False)
    is_neutered = models.BooleanField(_("neutered"), null=True, blank=True)
    weight_grams = models.PositiveIntegerField(_("weight (grams)"), null=True, blank=True)
    weighed_on = models.DateField(_("weighed on"), null=True, blank=True)
    photo = models.ForeignKey(
        Picture, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("photo")
    )
    passed_on = models.DateField(_("passed away on"), null=True, blank=True)
    birthday_set_on = models.DateField(_("birthday last set"), null=True, editable=False)
    added_at = models.DateTimeField(_("added"))
    removed_at = models.DateTimeField(_("removed"), null=True, editable=False)

    class Meta:
        verbose_name = _("pet")
        verbose_name_plural = _("pets")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["birthday"], name="pet_birthdays", condition=Q(removed_at=None, passed_on=None)),
        ]

    def __str__(self) -> str:
        return self.name


class PetWeight(models.Model):
    """One weighing; a day has one."""

    pet = models.ForeignKey(Pet, models.CASCADE, related_name="weights", db_index=False, verbose_name=_("pet"))
    weighed_on = models.DateField(_("weighed on"))
    grams = models.PositiveIntegerField(_("weight (grams)"))

    class Meta:
        verbose_name = _("weighing")
        verbose_name_plural = _("weighings")
        constraints = [
            models.UniqueConstraint(fields=["pet", "weighed_on"], name="one_weighing_a_day"),
            models.CheckConstraint(name="weight_positive", condition=Q(grams__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.grams} g"
