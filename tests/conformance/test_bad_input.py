"""Bad input to the partner API, line by line: each gets the one clear answer that is promised.

The ids are the lines' stable numbers. A line is a function that sends what it names and gives back
the (status, code) of every answer; the table says what they must be.
"""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from loyalty import clock
from loyalty.models import Event, IdempotencyKey, PartnerKey
from members.models import Member
from tests import cast
from tests.tills import Till, code, order, told

pytestmark = pytest.mark.django_db

Seen = list[Any]
LINES: dict[int, tuple[Callable[[], Seen], Seen]] = {}


def line(number: int, *expected: Any) -> Callable[[Callable[[], Seen]], Callable[[], Seen]]:
    """Registers a line with the answers it must get."""

    def register(send: Callable[[], Seen]) -> Callable[[], Seen]:
        LINES[number] = (send, list(expected))
        return send

    return register


def sent(*bodies: Any) -> Seen:
    """(status, code) of each body posted as an event; bytes go as they are."""
    till = Till()
    return [code(till.post("/events", body)) for body in bodies]


def with_points(*raw: str) -> Seen:
    """Orders whose ``points_paid`` is written exactly so."""
    text = json.dumps(order(points_paid="HERE"))
    return sent(*(text.replace('"HERE"', one).encode() for one in raw))


def with_data(**data: Any) -> Seen:
    return sent(order() | {"data": order()["data"] | data})


@line(1, (400, "body_required"), (400, "body_required"))
def _() -> Seen:
    return sent(b"", b" \n ")


@line(2, (400, "invalid_json", "line 1, column 12"))
def _() -> Seen:
    answer = Till().post("/events", b'{"points":1')
    return [(*code(answer), "line 1, column 12" if "line 1, column 12" in told(answer)["error"]["message"] else "")]


@line(3, (400, "invalid_json"), (400, "invalid_json"))
def _() -> Seen:
    return sent(json.dumps(order()).encode() + b" x", b"{}{}")


@line(5, (400, "invalid_encoding"), (400, "invalid_encoding"))
def _() -> Seen:
    body = json.dumps(order(store="Café"), ensure_ascii=False)
    declared = Till().post("/events", body.encode("latin-1"), content_type="application/json; charset=latin-1")
    return [*sent(body.encode("latin-1")), code(declared)]


@line(6, *[(400, "object_expected")] * 3)
def _() -> Seen:
    return sent([order()], "text", None)


@line(8, (413, "body_too_large"))
def _() -> Seen:
    return sent(order(order_id="x" * 3 * 1024 * 1024))


@line(10, (400, "unknown_field"), (400, "unknown_field"), (400, "unknown_field"))
def _() -> Seen:
    return [
        *sent(order() | {"points_multiplier": 2}),
        *with_data(balance=1),
        *with_data(lines=[{"amount": "1", "tier": "gold"}]),
    ]


@line(11, *[(400, "invalid_number")] * 3)
def _() -> Seen:
    return with_points("NaN", "Infinity", "-Infinity")


@line(12, (400, "integer_required"), (400, "integer_required"))
def _() -> Seen:
    return with_points("1e3", "5.0")


@line(13, (400, "integer_required"))
def _() -> Seen:
    return with_points("5.9")


@line(15, (400, "integer_required"))
def _() -> Seen:
    return with_points('"1_000"')


@line(16, (400, "integer_required", True))
def _() -> Seen:
    answer = Till().post("/events", order(points_paid="５"))
    return [(*code(answer), "0-9" in told(answer)["error"]["message"])]


@line(17, (400, "integer_required"))
def _() -> Seen:
    return with_points("true")


@line(19, (400, "out_of_range"), (400, "out_of_range"))
def _() -> Seen:
    return with_points(str(2**63), "9" * 5000)


@line(20, (400, "must_be_positive"), (400, "must_be_positive"))
def _() -> Seen:
    return [answer for count in (-1, 0) for answer in with_data(lines=[{"amount": "1", "quantity": count}])]


@line(21, (400, "too_many_decimals"))
def _() -> Seen:
    return with_data(amount="1.00001")


@line(22, (400, "amount_as_text", True))
def _() -> Seen:
    answer = Till().post("/events", order() | {"data": order()["data"] | {"amount": 0.1 + 0.2}})
    return [(*code(answer), "minor units" in told(answer)["error"]["message"])]


@line(23, (400, "boolean_required"), (400, "boolean_required"))
def _() -> Seen:
    return [answer for word in ("yes", "on") for answer in with_data(lines=[{"amount": "1", "voided": word}])]


@line(24, (400, "invalid_date"), (400, "invalid_date"))
def _() -> Seen:
    birthday = Till().post("/members", {"external_id": "C-1", "birthday": "2026-02-30"})
    return [*sent(order() | {"occurred_at": "2026-02-30T10:00:00+08:00"}), code(birthday)]


@line(26, (400, "out_of_range"))
def _() -> Seen:
    return sent(order() | {"occurred_at": "9999-12-31T23:00:00-14:00"})


@line(27, (422, "too_old"))
def _() -> Seen:
    return sent(order(at=clock.now() - timedelta(days=730)))


@line(28, (422, "in_future"))
def _() -> Seen:
    return sent(order(at=clock.now() + timedelta(hours=1)))


@line(29, (400, "invalid_date"), (400, "invalid_date"))
def _() -> Seen:
    return sent(order() | {"occurred_at": 1794362400000}, order() | {"occurred_at": "1794362400000"})


@line(30, (201, "2004-02-29"))
def _() -> Seen:
    answer = Till().post("/members", {"external_id": "C-1", "birthday": "2004-02-29"})
    return [(answer.status_code, str(Member.objects.get(account__number=told(answer)["number"]).birthday))]


@line(31, (400, "control_character"), (400, "control_character"))
def _() -> Seen:
    return [*with_data(order_id="A\u00001"), *with_data(lines=[{"amount": "1", "title": "tea\u0000"}])]


@line(34, (400, "metadata_too_large"), (400, "metadata_too_large"))
def _() -> Seen:
    many = {f"key-{index}": 1 for index in range(51)}
    return [*with_data(metadata=many), *with_data(metadata={"note": "x" * 9000})]


@line(35, (201, {"__proto__": "a", "$where": "b"}))
def _() -> Seen:
    notes = {"__proto__": "a", "$where": "b"}
    answer = Till().post("/events", order(metadata=notes))
    return [(answer.status_code, Event.objects.get(pk=told(answer)["id"]).payload["metadata"])]


@line(36, (400, "too_long"))
def _() -> Seen:
    return with_data(order_id="x" * 10_000)


@line(37, (400, "blank"), (400, "blank"), (400, "blank"))
def _() -> Seen:
    return [answer for order_id in ("   ", "\u200b\u200d\ufeff", "") for answer in with_data(order_id=order_id)]


@line(38, (400, "control_character"), (400, "control_character"))
def _() -> Seen:
    member = Till().post("/members", {"external_id": "C-1", "name": "Wang\u202egnaF"})
    return [code(member), *with_data(lines=[{"amount": "1", "title": "\u202egnp.exe"}])]


@line(40, (415, "unsupported_media_type"), (415, "unsupported_media_type"))
def _() -> Seen:
    till = Till()
    kinds = ("text/xml", "application/x-www-form-urlencoded")
    return [code(till.post("/events", b"<event/>", content_type=kind)) for kind in kinds]


@line(41, (413, "body_too_large"))
def _() -> Seen:
    bomb = gzip.compress(b'{"kind":"' + b"x" * 50 * 1024 * 1024 + b'"}')
    return [code(Till().post("/events", bomb, headers={"Content-Encoding": "gzip"}))]


@line(42, (400, "idempotency_key_required"), (400, "idempotency_key_required"), (400, "idempotency_key_required"))
def _() -> Seen:
    till = Till()
    return [code(till.post(path, order(), key=None)) for path in ("/events", "/events/batch", "/members")]


@line(43, *[(400, "invalid_idempotency_key")] * 4)
def _() -> Seen:
    till = Till()
    return [code(till.post("/events", order(), key=key)) for key in ("x" * 300, "a\nb", "a b", "钥匙")]


@line(44, (409, "idempotency_mismatch"), (409, "idempotency_mismatch"))
def _() -> Seen:
    till = Till()
    till.post("/events", order("A-1"), key="one")
    return [code(till.post("/events", order("A-2"), key="one")), code(till.post("/members", {}, key="one"))]


@line(45, (409, "request_in_progress", "1"))
def _() -> Seen:
    till, event = Till(), order()
    till.post("/events", event, key="one")
    now = clock.now()
    IdempotencyKey.objects.update(status=None, answer=None, locked_at=now)
    answer = till.post("/events", event, key="one")
    return [(*code(answer), answer.headers["Retry-After"])]


@line(48, (405, "method_not_allowed"), (404, "unknown_path"), (404, "unknown_path"), (404, "unknown_path"))
def _() -> Seen:
    till = Till()
    headers = {"Authorization": f"Api-Key {till.key}"}
    return [
        code(till.client.put("/api/v1/events", b"{}", content_type="application/json", headers=headers)),
        code(till.get("/nothing")),
        code(till.post("/events/", order())),
        code(till.client.get("/api/v2/events")),
    ]


@line(49, (401, "key_expired"), (401, "key_revoked"), (401, "unknown_key"), (403, "scope_missing"))
def _() -> Seen:
    expired, revoked, narrow = Till(), Till(), Till("till", "members:read")
    PartnerKey.objects.filter(prefix=expired.key[:8]).update(expiry_date=clock.now() - timedelta(seconds=1))
    PartnerKey.objects.filter(prefix=revoked.key[:8]).update(revoked=True)
    unknown = Till(key="abcdefgh." + "x" * 32)
    return [code(till.post("/events", order())) for till in (expired, revoked, unknown, narrow)]


@line(50, (400, "ambiguous_credentials"))
def _() -> Seen:
    till = Till()
    both = {"Authorization": f"Api-Key {till.key},Api-Key {cast.key()}"}
    return [code(till.post("/events", order(), headers=both))]


@pytest.mark.parametrize("number", LINES, ids=str)
def test_bad_input_gets_a_clear_answer(number: int) -> None:
    """Bad input 1 to 50, each line that is listed."""
    send, expected = LINES[number]

    assert send() == expected
