"""A Python file object as a target of libvips, with the beginning of the file changed on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO


class Target:
    """A file object as libvips' target; what it raises is kept, since nothing may be raised within libvips.

    Args:
        vips: The module.
        sink: The file object.
        change: Makes the beginning of the file another one.
        until: The beginning ends with the write that brings these bytes; None: it is the whole file.
    """

    def __init__(
        self, vips: Any, sink: BinaryIO, change: Callable[[bytes], bytes] | None = None, until: bytes | None = None
    ) -> None:
        self.error: Exception | None = None
        self.sink, self.change, self.until = sink, change, until
        self.head = b""
        self.vips = vips.TargetCustom()
        self.vips.on_write(lambda content: self._guarded(self._write, content))
        self.vips.on_read(lambda size: self._guarded(sink.read, size, failed=None))
        self.vips.on_seek(lambda offset, whence: self._guarded(sink.seek, offset, whence))
        self.vips.on_end(lambda: 0)

    def finish(self) -> None:
        """Write what is left, and raise what was raised on the way."""
        if self.error is not None:
            raise self.error
        if self.change is not None:
            self.sink.write(self.change(self.head))

    def _write(self, content: Any) -> int:
        if self.change is None:
            return self.sink.write(content)
        self.head += bytes(content)
        if self.until is not None and self.until in self.head:
            self.sink.write(self.change(self.head))
            self.change = None
        return len(content)

    def _guarded(self, call: Any, *arguments: Any, failed: int | None = -1) -> Any:
        try:
            return call(*arguments)
        except Exception as error:
            self.error = self.error or error
            return failed
