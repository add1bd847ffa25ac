"""What this room brings to the house."""

from members import strands
from members.merging import step
from members.privacy import demo, erasing, people, words

CONTRIBUTED = (people.DOSSIER, step.STEP, erasing.ERASED, *erasing.JOBS, *words.KINDS, *strands.STRANDS, *demo.DEMO)
