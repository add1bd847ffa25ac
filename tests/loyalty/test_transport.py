"""The broker of files: whole messages, in order, and nothing that ends a worker."""

from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import cast

import pytest
from kombu import Connection
from kombu.transport import filesystem

from loyalty.transport import Channel

QUEUE = "celery"


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Channel]:
    with Connection("safe+filesystem://", transport_options={"folder": str(tmp_path)}) as connection:
        yield cast("Channel", connection.default_channel)


def test_messages_come_back_in_the_order_they_were_sent(channel: Channel) -> None:
    for number in range(20):
        channel._put(QUEUE, {"number": number})

    assert [channel._get(QUEUE)["number"] for _ in range(20)] == list(range(20))
    with pytest.raises(Empty):
        channel._get(QUEUE)


@pytest.mark.parametrize("content", [b"", b'{"body": "cut sho', b"\xff\xfe\x00"])
def test_what_cannot_be_read_is_put_aside_and_the_next_message_is_had(channel: Channel, content: bytes) -> None:
    """An empty .msg is what a writer killed half-way leaves; it must not end the worker."""
    (channel.queue / f"0_torn.{QUEUE}.msg").write_bytes(content)
    channel._put(QUEUE, {"number": 1})

    assert channel._get(QUEUE) == {"number": 1}
    assert [path.name for path in channel.unreadable.iterdir()] == [f"0_torn.{QUEUE}.msg"]
    assert list(channel.queue.iterdir()) == []


def test_kombus_own_transport_fails_on_an_empty_message(tmp_path: Path) -> None:
    """The control: without our channel the same file raises, which ends a worker."""
    options = {name: str(tmp_path) for name in ("data_folder_in", "data_folder_out", "control_folder")}
    (tmp_path / f"0_torn.{QUEUE}.msg").touch()

    with (
        Connection("filesystem://", transport_options=options) as connection,
        pytest.raises(ValueError, match="Expecting"),
    ):
        cast("Channel", connection.default_channel)._get(QUEUE)


def test_a_queue_has_only_its_own_messages(channel: Channel) -> None:
    channel._put("celery@host.celery.pidbox", {"for": "control"})
    channel._put(QUEUE, {"for": "work"})

    assert channel._get(QUEUE) == {"for": "work"}
    assert channel._size(QUEUE) == 0
    assert channel._size("celery@host.celery.pidbox") == 1


def test_a_message_is_never_seen_before_it_is_whole(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr("os.fsync", lambda _: seen.append([path.name for path in channel.queue.iterdir()]))

    channel._put(QUEUE, {"number": 1})

    assert seen[0] == []
    assert list(channel.drafts.iterdir()) == []


def test_a_torn_table_of_bindings_counts_as_empty_and_is_made_anew(channel: Channel) -> None:
    (channel.control_folder / "celery.exchange").touch()

    channel._queue_bind("celery", QUEUE, "", QUEUE)

    assert channel.get_table("celery") == [filesystem.exchange_queue_t(QUEUE, "", QUEUE)]


def test_a_binding_is_written_once_and_can_be_taken_back(channel: Channel) -> None:
    for queue in (QUEUE, "reports", QUEUE):
        channel._queue_bind("celery", queue, "", queue)
    channel._delete("reports", "celery", "reports", "")

    assert channel.get_table("celery") == [filesystem.exchange_queue_t(QUEUE, "", QUEUE)]
