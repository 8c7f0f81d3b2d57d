"""numpy columns to Postgres without a Python object a value: array parameters, and rows for COPY."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_OIDS = {"int4": 23, "int8": 20}
_ARRAY_OIDS = {"int4": 1007, "int8": 1016}


class Column:
    """A column to send as a one-dimensional array ; use ``Int4`` or ``Int8``."""

    __slots__ = ("values",)

    def __init__(self, values: Any) -> None:
        self.values = np.ascontiguousarray(values).ravel()


class Int4(Column):
    """A column of ``int4``."""

    __slots__ = ()


class Int8(Column):
    """A column of ``int8``."""

    __slots__ = ()


class _ColumnDumper(Dumper):
    """Postgres's binary form of an array: a header, then length and value of each, most significant first."""

    format = Format.BINARY
    kind = "int8"

    def dump(self, obj: Column) -> bytes:
        width = 4 if self.kind == "int4" else 8
        out = np.empty(len(obj.values), dtype=[("length", ">i4"), ("value", f">i{width}")])
        out["length"], out["value"] = width, obj.values
        header = np.array([1, 0, _OIDS[self.kind], len(obj.values), 1], dtype=">i4")
        return bytes(header.tobytes() + out.tobytes())


class _Int4Dumper(_ColumnDumper):
    kind = "int4"
    oid = _ARRAY_OIDS["int4"]


class _Int8Dumper(_ColumnDumper):
    oid = _ARRAY_OIDS["int8"]


psycopg.adapters.register_dumper(Int4, _Int4Dumper)
psycopg.adapters.register_dumper(Int8, _Int8Dumper)

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"


def copy_rows(columns: Mapping[str, tuple[str, Any]]) -> bytes:
    """A whole binary COPY. Each column is (``i4``, ``i8``, or ``text``; values); a text is the same in all rows."""
    count = max(len(values) for kind, values in columns.values() if kind != "text")
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for name, (kind, values) in columns.items():
        size = len(values.encode()) if kind == "text" else int(kind[1:])
        fields += [(f"{name}_length", ">i4"), (name, f"S{size}" if kind == "text" else f">i{size}")]
    out = np.empty(count, dtype=fields)
    out["count"] = len(columns)
    for name, (kind, values) in columns.items():
        encoded = values.encode() if kind == "text" else values
        out[f"{name}_length"] = len(encoded) if kind == "text" else int(kind[1:])
        out[name] = encoded
    return bytes(_HEADER + out.tobytes() + _END)
