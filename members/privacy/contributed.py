"""What this room brings to the house."""

from members import strands
from members.merging import step
from members.privacy import demo, erasing, guarding, people, words

CONTRIBUTED = (
    people.DOSSIER,
    step.STEP,
    erasing.ERASED,
    *erasing.JOBS,
    *guarding.JOBS,
    *words.KINDS,
    *strands.STRANDS,
    *demo.DEMO,
)
