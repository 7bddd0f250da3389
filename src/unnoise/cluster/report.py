"""The report of a cluster's run: a Parquet file with a row for each image."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, Any

from unnoise.cluster.storage import Place
from unnoise.errors import UsageError
from unnoise.files.one_file import FileReport

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP = 10_000


def _columns() -> list[tuple[str, Any]]:
    import pyarrow as pa

    kinds = {
        "str": pa.string(), "int": pa.int64(), "float": pa.float64(), "float | None": pa.float64(), "bool": pa.bool_(),
        "list[str]": pa.list_(pa.string()),
    }  # fmt: skip
    fields = [(field.name, kinds[str(field.type)]) for field in dataclasses.fields(FileReport)]
    return [*fields[:2], ("status", pa.string()), ("error", pa.string()), *fields[2:]]


def row_schema() -> pa.Schema:
    """Return the columns of the rows that workers give: those of the report, the file's name and an error's remedy."""
    import pyarrow as pa

    return pa.schema([*_columns(), ("name", pa.string()), ("remedy", pa.string())])


class ParquetReport:
    """A Parquet file that is put in place, whole, when the block ends well; its rows are not kept in memory.

    Args:
        url: The file to write: a path, or a URL that fsspec opens.

    Raises:
        UsageError: a name that does not end in .parquet.
        OutputError: a place that cannot be written to.
    """

    def __init__(self, url: str) -> None:
        folder, _, name = url.replace("\\", "/").rpartition("/")
        if not name.endswith(".parquet"):
            raise UsageError(f"The report of a cluster is a Parquet file, its name ends in .parquet; received {url!r}.")
        self._place = Place.of(folder or ("/" if url.startswith("/") else "."))
        self._name = PurePosixPath(name)
        self._place.check_writable()
        self._rows: list[dict[str, Any]] = []

    def __enter__(self) -> ParquetReport:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._folder = tempfile.TemporaryDirectory(prefix="unnoise-")
        self._file = Path(self._folder.name, "report.parquet")
        self._writer = pq.ParquetWriter(self._file, pa.schema(_columns()))
        return self

    def add(self, rows: list[dict[str, Any]]) -> None:
        """Add rows; columns that they lack are null."""
        self._rows += rows
        if len(self._rows) >= _GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=pa.schema(_columns())))
            self._rows = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._folder:
            if kind is None:
                self._flush()
            self._writer.close()
            if kind is None:
                self._place.put(self._file, self._name)
