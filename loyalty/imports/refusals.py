"""What can be wrong with a file, with a plan or with a cell, one class for each stable code."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import Conflict, InvalidInput
from loyalty.faults import Fault


class InvalidFile(InvalidInput):
    """Not a CSV or XLSX at all, damaged, locked, or made to blow up when it is unpacked."""

    code = "invalid_file"
    sentence = _("This file cannot be read as CSV or Excel. Please save it as CSV (UTF-8) or .xlsx and try again.")


class FileTooLarge(InvalidInput):
    """More bytes than are taken at once."""

    code = "file_too_large"
    sentence = _("The file may have %(maximum)s MB. Please split it and import the parts one after the other.")


class TooManyRows(InvalidInput):
    """More rows than are taken at once, blank ones counted too once they are very many."""

    code = "too_many_rows"
    sentence = _("A file may have %(maximum)s rows. Please split it and import the parts one after the other.")


class NoRows(InvalidInput):
    """Nothing below the header, or nothing at all."""

    code = "no_rows"
    sentence = _("There are no rows in this file: only a header, or nothing at all.")


class MissingColumns(InvalidInput):
    """The plan names columns that the file does not have."""

    code = "missing_columns"
    sentence = _("The file has no column %(columns)s. Its columns are: %(known)s.")


class FieldsUnmapped(InvalidInput):
    """Something every order needs has no column yet."""

    code = "fields_unmapped"
    sentence = _("Please choose a column for: %(fields)s.")


class UnknownImportField(InvalidInput):
    """The plan names a field that orders do not have."""

    code = "unknown_import_field"
    sentence = _("Orders have no field %(field)s. There are: %(known)s.")


class DoubledColumn(InvalidInput):
    """A chosen column stands in the header twice, so it is not clear which one is meant."""

    code = "doubled_column"
    sentence = _("The column %(columns)s is there twice. Please rename one of them.")


class UnknownZone(InvalidInput):
    """No IANA zone of that name."""

    code = "unknown_zone"
    sentence = _("There is no time zone “%(zone)s”. Use a name such as Asia/Shanghai.")


class BadRows(InvalidInput):
    """Some rows can't be read, and nobody said to leave them out. Nothing was imported."""

    code = "bad_rows"
    sentence = _(
        "Rows that cannot be read: %(count)s. Nothing was imported. Correct them, or choose to leave them out."
    )


class AlreadyImported(Conflict):
    """The same bytes came from the same partner before."""

    code = "already_imported"
    sentence = _("This file was already imported as #%(number)s. Nothing was changed.")


class ImportUnfinished(Conflict):
    """The same file is half-way in; going on is the way, not beginning anew."""

    code = "import_unfinished"
    sentence = _("This file is half-way in as #%(number)s. Please let that import go on.")


class ImportBusy(Conflict):
    """Somebody is working on it just now."""

    code = "import_busy"
    sentence = _("This import is under way already.")


class FileForgotten(InvalidInput):
    """Files are kept for a month."""

    code = "file_forgotten"
    sentence = _("The file is no longer kept. Please upload it again; what is there already is not taken twice.")


class ChangedByExcel(Fault):
    """A long number or id in scientific notation: its digits are lost."""

    code = "changed_by_excel"
    sentence = _("Excel changed this number. Format the column as text, and export the file again.")


class LeadingZerosLost(Fault):
    """Shorter than the others of its column, which begin with zeros."""

    code = "leading_zeros_lost"
    sentence = _("Others in this column have %(expected)s digits: the zeros in front are lost. Please add them again.")


class AmbiguousDate(Fault):
    """Day and month can be taken for each other."""

    code = "ambiguous_date"
    sentence = _(
        "This date can be read in two ways. Write 2026-03-02, or say whether the day or the month comes first."
    )


class TooManyCells(Fault):
    """More cells than the header has: a delimiter inside an unquoted text."""

    code = "too_many_cells"
    sentence = _("This row has more cells than the header. Put text that holds the delimiter into quotes.")


class QuoteNotClosed(Fault):
    """A quote is opened and not closed, or closed and followed by more."""

    code = "quote_not_closed"
    sentence = _("A quotation mark in this row is opened and not closed.")


class RowsDisagree(Fault):
    """Rows of one order say different things."""

    code = "rows_disagree"
    sentence = _("The rows of this order say different things here.")


class CannotTellYesOrNo(Fault):
    """Neither yes nor no."""

    code = "yes_or_no"
    sentence = _("Write yes or no here, or 1 or 0.")
