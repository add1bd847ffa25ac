"""`manage.py reapply_erasures`."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils.translation import override

from members.models import Erasure, Member
from members.privacy import erasing, wishes
from tests import cast

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = io.StringIO()
    with override("en"):
        call_command("reapply_erasures", *words, stdout=out)
    return out.getvalue().strip()


def test_the_list_of_numbers_erases_again_after_an_older_backup_was_put_back(tmp_path: Path) -> None:
    """14.2.7: a list kept elsewhere does what the restored tables no longer know."""
    member, other = cast.member(), cast.member("二", phone="13800138010")
    wishes.ask(account_id=member.pk, now=cast.NOW)
    erasing.carry_out(member.pk, now=cast.NOW)
    kept = tmp_path / "erased.txt"
    kept.write_text(run("--list") + f"\n{other.account.number}\n", encoding="utf-8")

    said = run("--numbers", str(kept))

    assert (said, Member.objects.count()) == ("Erased again: 1.", 0)
    assert set(Erasure.objects.values_list("state", flat=True)) == {"done"}
    assert run() == "Erased again: 0."
