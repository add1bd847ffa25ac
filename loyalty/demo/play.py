"""Letting the time of the diary pass, from the first note to the last.

What happens to one person happens in its order. Notes about different people may share a batch, as
they do in an import, which spares thousands of small transactions.
"""

from datetime import datetime, timedelta

from loyalty.demo.stage import EVERYBODY, Note, Stage

LONGEST = timedelta(days=7)


def play(stage: Stage) -> None:
    """Carries out every note of the diary."""
    waiting = _Waiting(stage)
    for note in sorted(stage.diary, key=lambda note: note.at):
        waiting.take(note)
    waiting.carry_out()


class _Waiting:
    """Notes put together for a batch: never two kinds for one person, never more than a week."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._notes: list[Note] = []
        self._claims: dict[str, str] = {}

    def take(self, note: Note) -> None:
        if self._collides(note):
            self.carry_out()
        if not self._stage.performers[note.code].in_batches:
            self._perform(note.code, [note], note.at)
            return
        self._notes.append(note)
        if note.who:
            self._claims[note.who] = note.code

    def _collides(self, note: Note) -> bool:
        if not self._notes:
            return False
        claimed = self._claims.get(note.who, note.code)
        return note.who == EVERYBODY or claimed != note.code or note.at - self._notes[0].at > LONGEST

    def carry_out(self) -> None:
        """Performs all that waits, each code in one go."""
        notes, self._notes = self._notes, []
        self._claims.clear()
        for code in dict.fromkeys(note.code for note in notes):
            self._perform(code, [note for note in notes if note.code == code], notes[-1].at)

    def _perform(self, code: str, notes: list[Note], ends: datetime) -> None:
        self._stage.performers[code].perform([(note.at, note.what) for note in notes], ends)
