"""Where readings wait on disk while the store is away: bounded, fsynced, oldest out first.

Enters: batches that the store did not take. Leaves: the same batches, in order, once or (after a crash) once more.
Never: loses one that `append` has returned for, believes a torn end, or grows beyond its bound.
"""

import os
import struct
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from gateway.payloads import ADAPTERS
from gateway.topics import Kind
from ingest.model import Reading

SEGMENT_BYTES: Final = 8 * 1024 * 1024
"""Size at which a new file is begun. Larger: more is written to the store again after a crash, and disk is given back
later. Smaller: more files."""
SUFFIX: Final = ".spool"

_FRAME: Final = struct.Struct(">II")
"""Length and CRC-32 of a frame; a frame is one batch."""
_RECORD: Final = struct.Struct(">BBqI")
"""Kind, length of the station id, received (ms), length of the payload."""
_KINDS: Final = tuple(Kind)
_NUMBERS: Final = {kind: number for number, kind in enumerate(_KINDS)}


class SpoolFull(Exception):
    """The bound or the disk is reached; what was to be appended is not kept."""


class Spool:
    """A folder of segments. Every call blocks on the disk: from asyncio, use a thread, and one call at a time."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._segments: deque[Path] = deque()
        self._offset = 0
        """Where the oldest undrained frame begins, in the oldest segment."""
        self._handed_out = 0
        self._handed_readings = 0
        self._writing: int | None = None
        self._written = 0
        self.size_bytes = 0
        """On disk, drained frames of the oldest segment included."""
        self.readings = 0
        """Waiting."""

    def open(self) -> None:
        """Find what an earlier process left; a torn frame at the end of a segment was never acknowledged, and goes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            content = path.read_bytes()
            good = 0
            for end, body in _frames(content, 0):
                self.readings += sum(1 for _ in _records(body))
                good = end
            if good < len(content):
                os.truncate(path, good)
            if good:
                self._segments.append(path)
                self.size_bytes += good
            else:
                path.unlink()
        self._sync_folder()

    @property
    def is_empty(self) -> bool:
        """Nothing waits."""
        return self.readings == 0

    def append(self, readings: Sequence[Reading]) -> None:
        """Keep a batch; on disk when this returns. Raises `SpoolFull`, and then nothing of it is kept."""
        body = b"".join(_record(reading) for reading in readings)
        frame = _FRAME.pack(len(body), zlib.crc32(body)) + body
        if self.size_bytes + len(frame) > self._max_bytes:
            raise SpoolFull(f"the spool holds {self.size_bytes} bytes of at most {self._max_bytes}")
        if self._writing is None or self._written + len(frame) > SEGMENT_BYTES:
            self._begin_segment()
        file = self._file
        try:
            _write_all(file, frame)
            os.fsync(file)
        except OSError as error:
            os.ftruncate(file, self._written)
            os.lseek(file, self._written, os.SEEK_SET)
            raise SpoolFull(f"the disk of the spool: {error}") from error
        self._written += len(frame)
        self.size_bytes += len(frame)
        self.readings += len(readings)

    def oldest(self, most: int) -> list[Reading]:
        """The batches that wait longest, as many as make `most` readings (and one at least); empty when none wait."""
        readings: list[Reading] = []
        self._handed_out = self._offset
        if not self._segments:
            return readings
        with self._segments[0].open("rb") as segment:
            segment.seek(self._offset)
            while body := _next_body(segment):
                waiting = [_reading(*record) for record in _records(body)]
                if readings and len(readings) + len(waiting) > most:
                    break
                readings += waiting
                self._handed_out += _FRAME.size + len(body)
        self._handed_readings = len(readings)
        return readings

    def drop_oldest(self) -> None:
        """What `oldest` gave is in the store now. A segment is deleted with its last; a crash until then repeats it."""
        self._offset = self._handed_out
        self.readings -= self._handed_readings
        self._handed_readings = 0
        path = self._segments[0]
        size = path.stat().st_size
        if self._offset < size:
            return
        if len(self._segments) == 1:
            self._end_segment()
        self._segments.popleft()
        self._offset = 0
        self.size_bytes -= size
        path.unlink()
        self._sync_folder()

    def every(self) -> Iterator[Reading]:
        """All that waits, oldest first."""
        for place, path in enumerate(self._segments):
            for _end, body in _frames(path.read_bytes(), self._offset if place == 0 else 0):
                for record in _records(body):
                    yield _reading(*record)

    def close(self) -> None:
        """Let go of the file; what waits stays on disk."""
        self._end_segment()

    @property
    def _file(self) -> int:
        if self._writing is None:
            raise RuntimeError("no segment is open")
        return self._writing

    def _begin_segment(self) -> None:
        self._end_segment()
        number = int(self._segments[-1].stem) + 1 if self._segments else 1
        path = self._folder / f"{number:012d}{SUFFIX}"
        try:
            # Not O_EXCL: an empty file that a full disk left behind is as good as a new one.
            file = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
            self._sync_folder()
        except OSError as error:
            raise SpoolFull(f"the disk of the spool: {error}") from error
        self._writing, self._written = file, 0
        self._segments.append(path)

    def _end_segment(self) -> None:
        if self._writing is not None:
            os.close(self._writing)
            self._writing = None

    def _sync_folder(self) -> None:
        """A new or deleted name is durable only with its folder."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _record(reading: Reading) -> bytes:
    station = reading.station.encode()
    head = _RECORD.pack(_NUMBERS[reading.kind], len(station), reading.received_ms, len(reading.payload))
    return head + station + reading.payload


def _records(body: bytes) -> Iterator[tuple[int, str, int, bytes]]:
    at = 0
    while at < len(body):
        number, station_length, received_ms, payload_length = _RECORD.unpack_from(body, at)
        at += _RECORD.size
        station = body[at : at + station_length].decode()
        at += station_length
        yield number, station, received_ms, body[at : at + payload_length]
        at += payload_length


def _reading(number: int, station: str, received_ms: int, payload: bytes) -> Reading:
    kind = _KINDS[number]
    return Reading(station, kind, ADAPTERS[kind].validate_json(payload), payload, received_ms)


def _next_body(segment: BinaryIO) -> bytes:
    """The next frame's body; empty at the end."""
    head = segment.read(_FRAME.size)
    return segment.read(_FRAME.unpack(head)[0]) if len(head) == _FRAME.size else b""


def _frames(content: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """End and body of each whole frame; ends at the first that is torn."""
    while at + _FRAME.size <= len(content):
        length, checksum = _FRAME.unpack_from(content, at)
        body = content[at + _FRAME.size : at + _FRAME.size + length]
        if len(body) < length or zlib.crc32(body) != checksum:
            return
        at += _FRAME.size + length
        yield at, body
