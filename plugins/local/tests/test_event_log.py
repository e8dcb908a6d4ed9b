"""The events of a local execution: plain text first, compressed from some size on, and readable at each moment."""

from __future__ import annotations

import errno
import gzip
import json
import os

import pytest

from extract_local.executions.event_log import MORE, PLAIN, EventLog, EventReader

EVENTS = [
    {"id": number, "type": "TaskStateEntered", "input": f'{{"table": "t{number}", "text": "ü\udc80"}}'} for number in range(200)
]


def test_a_reader_sees_each_event_as_soon_as_it_is_written(tmp_path):
    log = EventLog(tmp_path, most_plain=5_000)
    with EventReader(tmp_path) as reader:
        for event in EVENTS:
            log.write(event)
            assert list(reader.new()) == [event]
        log.close()
        assert not list(reader.new())
    with EventReader(tmp_path) as reader:
        assert list(reader.new()) == EVENTS


def test_a_small_run_is_plain_text_and_the_rest_of_a_large_one_is_gzip(tmp_path):
    log = EventLog(tmp_path, most_plain=5_000)
    for event in EVENTS[:10]:
        log.write(event)
    assert not (tmp_path / MORE).exists()
    for event in EVENTS[10:]:
        log.write(event)
    log.close()
    plain, more = (tmp_path / PLAIN).read_bytes(), gzip.decompress((tmp_path / MORE).read_bytes())
    lines = (plain + more).decode("utf-8", "surrogatepass").splitlines()
    assert [json.loads(line) for line in lines] == EVENTS
    assert len(plain) <= 5_000
    assert (tmp_path / MORE).stat().st_size < len(more) / 3


@pytest.mark.parametrize("lost", [8, 40])
def test_a_process_that_died_in_a_write_leaves_whole_events(tmp_path, lost):
    log = EventLog(tmp_path, most_plain=1_000)
    for event in EVENTS:
        log.write(event)
    more = tmp_path / MORE
    os.truncate(more, more.stat().st_size - lost)
    with EventReader(tmp_path) as reader:
        events = list(reader.new())
    assert events == EVENTS[: len(events)]
    assert len(EVENTS) - 3 <= len(events) < len(EVENTS)


def test_a_damaged_compressed_file_hides_no_event_before_the_damage(tmp_path):
    log = EventLog(tmp_path, most_plain=1_000)
    for event in EVENTS:
        log.write(event)
    log.close()
    more = tmp_path / MORE
    data = more.read_bytes()
    more.write_bytes(data[: len(data) // 2] + b"\xff" * 64 + data[len(data) // 2 :])
    with EventReader(tmp_path) as reader:
        events = list(reader.new())
        assert not list(reader.new())
    assert events == EVENTS[: len(events)]
    assert len(events) > 5


@pytest.mark.parametrize("most_plain", [100, 1_000_000])
def test_a_full_disk_ends_the_events_and_nothing_else(tmp_path, monkeypatch, caplog, most_plain):
    log = EventLog(tmp_path, most_plain=most_plain)
    for event in EVENTS[:50]:
        log.write(event)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        log.write(EVENTS[50])
    log.write(EVENTS[51])
    log.close()
    assert "No space left on device; the run continues" in caplog.text
    with EventReader(tmp_path) as reader:
        assert list(reader.new()) == EVENTS[:50]


def test_a_folder_without_events(tmp_path):
    with EventReader(tmp_path / "gone") as reader:
        assert not list(reader.new())
