"""What this room brings to the house."""

from members.privacy import erasing, people, words

CONTRIBUTED = (people.DOSSIER, erasing.ERASED, *erasing.JOBS, *words.KINDS)
