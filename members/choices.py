"""The brand's choices about people: one row, laid at the start, read by whoever needs it."""

from members.models import MemberSettings


def lay() -> None:
    """Makes the row where it is missing."""
    if not MemberSettings.objects.filter(pk=1).exists():
        MemberSettings.objects.get_or_create(pk=1)


def current() -> MemberSettings:
    """The choices in force. One query; the shipped ones where the row is not laid yet."""
    return MemberSettings.objects.filter(pk=1).first() or MemberSettings(pk=1)
