"""The guide tells the truth: its commands are run, in their order, against a live server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loyalty.models import AccountReference, Currency
from tests import cast
from tests.tills import a_point_per_yuan

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "api.md"


def snippets(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE)


def run(command: list[str], live: str, key: str) -> str:
    env = {**os.environ, "EVERGREEN": live, "KEY": key}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_every_command_of_the_guide_works(live: str) -> None:
    a_point_per_yuan()
    key = cast.key()
    Currency.objects.filter(code="points").update(is_transferable=True)
    other = cast.member("周一诺", phone="13700137000")
    AccountReference.objects.create(partner=cast.partner(), external_id="C-1002", account=other.account)
    _settings, *commands = snippets("sh")

    answers: list[Any] = [json.loads(run(["sh", "-c", command], live, key)) for command in commands]

    assert [answer for answer in answers if "error" in answer] == []
    member, order, balance, refund, batch, joined, statement, held, captured, given, benefits = answers
    assert member["phone"] == "139****5678"
    assert order["awards"] == [{"currency": "points", "amount": 100}]
    assert balance["currencies"][0]["available"] == 100
    assert refund["awards"] == [{"currency": "points", "amount": -12}]
    assert [row["status"] for row in batch["results"]] == ["accepted", "guest"]
    assert [(each["order_id"], each["claimed"]) for each in joined["orders"]] == [("A-1004", True)]
    assert [entry["amount"] for entry in statement["entries"]] == [10, -12, 100]
    assert (held["state"], held["amount"]) == ("held", 50)
    assert (captured["state"], captured["captured"], captured["id"]) == ("captured", 30, held["id"])
    assert (benefits["member"], benefits["claims"]) == (member["number"], [])
    assert (given["amount"], given["receiver"]) == (5, other.account.number)


@pytest.mark.django_db(transaction=True)
def test_the_python_of_the_guide_works(live: str) -> None:
    a_point_per_yuan()
    (program,) = snippets("python")

    printed = run([sys.executable, "-c", program], live, cast.key()).splitlines()

    assert len(printed) == 2
    assert printed[1].startswith("25 points ")


def test_the_example_of_a_refusal_is_json() -> None:
    (example,) = snippets("json")

    assert json.loads(example)["error"]["code"] == "too_many_decimals"
