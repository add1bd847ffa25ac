"""What the room of pets, profiles and days of honor brings to the house; named in ``contributions``."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.registry import EventField, EventKind, ValueType
from members.models import Pet
from members.profile import celebrating, completeness, feast_words, pets, pictures
from members.profile.facts_people import FACTS


def _species(payload: Mapping[str, Any]) -> str | None:
    return payload.get("species") or None


SPECIES = EventField("species", _("species"), ValueType.CHOICE, _species, lambda: Pet.Species.choices)
PET_ADDED = EventKind(
    pets.ADDED,
    _("pet added"),
    dict,
    fields=(
        SPECIES,
        EventField("is_first", _("the member's first pet"), ValueType.BOOLEAN, lambda payload: payload["is_first"]),
        EventField("number", _("how many pets so far"), ValueType.NUMBER, lambda payload: payload["number"]),
    ),
    is_activity=True,
    title=_("A pet introduced"),
    icon="paw",
)
CONTRIBUTED = (
    completeness.COMPLETED,
    PET_ADDED,
    *celebrating.KINDS,
    *celebrating.JOBS,
    *feast_words.KINDS,
    *pictures.JOBS,
    *FACTS,
)
