"""Parquet files built byte by byte, so that they can say what no writer would."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

from .thrift import BINARY, FALSE, I32, I64, LIST, STRUCT, TRUE, List, decode, encode

BOOLEAN, INT32, INT64, INT96, FLOAT, DOUBLE, BYTE_ARRAY, FIXED = range(8)
REQUIRED, OPTIONAL, REPEATED = range(3)
PLAIN, RLE, DELTA, DELTA_LENGTH, DELTA_BYTES, DICTIONARY, SPLIT = 0, 3, 5, 6, 7, 8, 9
DATA_PAGE, INDEX_PAGE, DICTIONARY_PAGE, DATA_PAGE_V2 = range(4)
CODECS = {"none": 0, "snappy": 1, "gzip": 2, "brotli": 4, "zstd": 6, "lz4_raw": 7}
MAGIC = b"PAR1"


def compress(data: bytes, codec: str) -> bytes:
    return data if codec == "none" else pa.compress(data, codec=codec.removesuffix("_raw"), asbytes=True)


def page(
    payload: bytes,
    values: int,
    *,
    kind: int = DATA_PAGE,
    encoding: int = PLAIN,
    codec: str = "none",
    uncompressed: int | None = None,
    compressed: int | None = None,
    crc: int | None = None,
    v2: tuple[int, int] | None = None,
) -> bytes:
    """A page of `payload`, which is not compressed yet; sizes and crc may be lies.

    v2: the bytes of definition and of repetition levels in a page of version 2.
    """
    body = compress(payload, codec)
    header = {
        1: (I32, kind),
        2: (I32, len(payload) if uncompressed is None else uncompressed),
        3: (I32, len(body) if compressed is None else compressed),
    }
    if crc is not None:
        header[4] = (I32, crc)
    if kind == DATA_PAGE:
        header[5] = (STRUCT, {1: (I32, values), 2: (I32, encoding), 3: (I32, RLE), 4: (I32, RLE)})
    elif kind == DICTIONARY_PAGE:
        header[7] = (STRUCT, {1: (I32, values), 2: (I32, encoding)})
    elif kind == DATA_PAGE_V2:
        levels = {5: (I32, v2[0]), 6: (I32, v2[1]), 7: (TRUE if codec != "none" else FALSE, None)}
        counts = {1: (I32, values), 2: (I32, 0), 3: (I32, values), 4: (I32, encoding)}
        header[8] = (STRUCT, counts | levels)
    return encode(header) + body


@dataclass
class Column:
    """One column chunk: its pages, and what the footer says of it; None means the truth."""

    pages: list[bytes]
    values: int
    type: int = INT64
    name: str | bytes = "c"
    codec: str = "none"
    repetition: int = REQUIRED
    uncompressed: int | None = None
    dictionary: bool = False  # the first page is one
    type_length: int | None = None
    converted: int | None = None
    precision: int | None = None
    logical: dict | None = None
    encodings: list[int] = field(default_factory=lambda: [PLAIN, RLE])

    def schema(self) -> dict:
        element = {1: (I32, self.type), 3: (I32, self.repetition), 4: (BINARY, self.name)}
        if self.type_length is not None:
            element[2] = (I32, self.type_length)
        if self.converted is not None:
            element[6] = (I32, self.converted)
        if self.precision is not None:
            element |= {7: (I32, 0), 8: (I32, self.precision)}
        if self.logical is not None:
            element[10] = (STRUCT, self.logical)
        return element

    def chunk(self, offset: int) -> dict:
        stored = sum(map(len, self.pages))
        metadata = {
            1: (I32, self.type),
            2: (LIST, List(I32, self.encodings)),
            3: (LIST, List(BINARY, [self.name])),
            4: (I32, CODECS[self.codec]),
            5: (I64, self.values),
            6: (I64, stored if self.uncompressed is None else self.uncompressed),
            7: (I64, stored),
            9: (I64, offset + (len(self.pages[0]) if self.dictionary else 0)),
        }
        if self.dictionary:
            metadata[11] = (I64, offset)
        return {2: (I64, offset), 3: (STRUCT, metadata)}


def schema_root(children: int) -> dict:
    return {4: (BINARY, "schema"), 5: (I32, children)}


def with_footer(data: bytes, footer: dict) -> bytes:
    """A file of `data`, which begins with the magic number, and a footer."""
    encoded = encode(footer)
    return data + encoded + len(encoded).to_bytes(4, "little") + MAGIC


def file_of(columns: list[Column], rows: int) -> bytes:
    """A file of one row group."""
    data = bytearray(MAGIC)
    chunks = []
    for column in columns:
        chunks.append(column.chunk(len(data)))
        data += b"".join(column.pages)
    total = sum(chunk[3][1][6][1] for chunk in chunks)
    group = {1: (LIST, List(STRUCT, chunks)), 2: (I64, total), 3: (I64, rows)}
    schema = [schema_root(len(columns)), *(column.schema() for column in columns)]
    footer = {
        1: (I32, 1),
        2: (LIST, List(STRUCT, schema)),
        3: (I64, rows),
        4: (LIST, List(STRUCT, [group])),
    }
    return with_footer(bytes(data), footer)


def footer_of(body: bytes) -> dict:
    length = int.from_bytes(body[-8:-4], "little")
    return decode(body[-8 - length : -8])[0]


def edit(body: bytes, change: Callable[[dict], None]) -> bytes:
    """The file with its footer changed."""
    footer = footer_of(body)
    change(footer)
    length = int.from_bytes(body[-8:-4], "little")
    return with_footer(body[: -8 - length], footer)


def row_group(footer: dict, index: int = 0) -> dict:
    return footer[4][1].items[index]


def column_metadata(footer: dict, column: int = 0) -> dict:
    """The metadata of a column chunk in the first row group."""
    return row_group(footer)[1][1].items[column][3][1]
