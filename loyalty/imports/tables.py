"""A row as it stands in a file: its number, its cells as text, and what is wrong with it."""

from dataclasses import dataclass

from loyalty.faults import Fault
from loyalty.imports.refusals import TooManyCells


@dataclass(slots=True)
class Row:
    """One record. ``number`` is the spreadsheet's; a ``fault`` means the cells can't be trusted."""

    number: int
    cells: list[str]
    fault: Fault | None = None

    def fitted(self, width: int) -> "Row":
        """Exactly ``width`` cells: short rows are filled up, extra cells must be empty."""
        if len(self.cells) < width:
            self.cells += [""] * (width - len(self.cells))
        elif len(self.cells) > width:
            if self.fault is None and any(map(str.strip, self.cells[width:])):
                self.fault = TooManyCells(param="")
            del self.cells[width:]
        return self
