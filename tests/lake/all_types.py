"""One column for each type a Parquet file can bring, with what must arrive."""

import datetime as dt
import decimal
import uuid
from dataclasses import dataclass

import pyarrow as pa

ROWS = 4  # the third value of each column is null


@dataclass(frozen=True)
class Case:
    name: str
    stored: pa.Array  # as it is in the file
    sent: pa.Array  # as the plugin sends it
    postgres: list[str | None]  # as PostgreSQL shows it


def cases() -> list[Case]:
    return [*_numbers(), *_texts(), *_times(), *_nested(), *_extensions()]


def _case(name: str, kind: pa.DataType, values: list, postgres: list, sent=None) -> Case:
    """`sent` is the type the plugin makes of the column, where it is another."""
    stored = pa.array(values, kind)
    return Case(name, stored, pa.array(values, sent or kind), postgres)


def _numbers() -> list[Case]:
    whole = [
        _case(str(kind), kind, [low, high, None, 1], [str(low), str(high), None, "1"])
        for kind, low, high in [
            (pa.int8(), -(2**7), 2**7 - 1),
            (pa.int16(), -(2**15), 2**15 - 1),
            (pa.int32(), -(2**31), 2**31 - 1),
            (pa.int64(), -(2**63), 2**63 - 1),
            (pa.uint8(), 0, 2**8 - 1),
            (pa.uint16(), 0, 2**16 - 1),
            (pa.uint32(), 0, 2**32 - 1),
            (pa.uint64(), 0, 2**64 - 1),
        ]
    ]
    money = [decimal.Decimal(text) for text in ("1.25", "-999.99", "0.00")]
    money.insert(2, None)
    shown = ["1.25", "-999.99", None, "0.00"]
    large = [decimal.Decimal(text) for text in ("1" * 40 + ".5", "-0.1", "7.0")]
    large.insert(2, None)
    return whole + [
        _case("bool", pa.bool_(), [True, False, None, True], ["true", "false", None, "true"]),
        _case("half", pa.float16(), [1.5, -2.0, None, 65504.0], ["1.5", "-2", None, "65504"], pa.float32()),
        _case("float", pa.float32(), [0.1, float("inf"), None, -1e38], ["0.1", "Infinity", None, "-1e+38"]),
        _case(
            "double",
            pa.float64(),
            [0.1, float("-inf"), None, 1e308],
            ["0.1", "-Infinity", None, "1e+308"],
        ),
        _case("decimal32", pa.decimal32(5, 2), money, shown, pa.decimal128(5, 2)),
        _case("decimal64", pa.decimal64(12, 2), money, shown, pa.decimal128(12, 2)),
        _case("decimal128", pa.decimal128(20, 2), money, shown),
        _case("decimal256", pa.decimal256(50, 1), large, ["1" * 40 + ".5", "-0.1", None, "7.0"]),
    ]


def _texts() -> list[Case]:
    texts = ["", "ü 𝄞 \\ \" ' {,}", None, "tab\tnew\nline"]
    blobs = [b"", b"\x00\xff", None, b"abc"]
    blobs_shown = ["\\x", "\\x00ff", None, "\\x616263"]
    fixed = [b"\x00\x01\x02", b"abc", None, b"\xff\xff\xff"]
    dictionary = pa.dictionary(pa.int8(), pa.string())
    return [
        _case("string", pa.string(), texts, texts),
        _case("large_string", pa.large_string(), texts, texts, pa.string()),
        _case("string_view", pa.string_view(), texts, texts, pa.string()),
        Case("dictionary", pa.array(texts).dictionary_encode().cast(dictionary), pa.array(texts), texts),
        _case("binary", pa.binary(), blobs, blobs_shown),
        _case("large_binary", pa.large_binary(), blobs, blobs_shown, pa.binary()),
        _case(
            "fixed_binary",
            pa.binary(3),
            fixed,
            ["\\x000102", "\\x616263", None, "\\xffffff"],
            pa.binary(),
        ),
        _case("null", pa.null(), [None] * ROWS, [None] * ROWS, pa.string()),
    ]


def _times() -> list[Case]:
    days = [dt.date(1970, 1, 1), dt.date(1, 1, 1), None, dt.date(9999, 12, 31)]
    days_shown = ["1970-01-01", "0001-01-01", None, "9999-12-31"]
    clock = [dt.time(0), dt.time(23, 59, 59, 999000), None, dt.time(12, 30)]
    clock_shown = ["00:00:00", "23:59:59.999", None, "12:30:00"]
    moments = [
        dt.datetime(1970, 1, 1, 0, 0, 0, 1000),
        dt.datetime(1969, 12, 31, 23, 59, 59, 999000),
        None,
        dt.datetime(2024, 2, 29, 12),
    ]
    moments_shown = [
        "1970-01-01 00:00:00.001",
        "1969-12-31 23:59:59.999",
        None,
        "2024-02-29 12:00:00",
    ]
    aware = [m and m.replace(tzinfo=dt.UTC) for m in moments]
    result = [
        _case("date32", pa.date32(), days, days_shown),
        _case("date64", pa.date64(), days, days_shown, pa.date32()),
        _case("time32_ms", pa.time32("ms"), clock, clock_shown),
        _case("time64_us", pa.time64("us"), clock, clock_shown),
        _case("time64_ns", pa.time64("ns"), clock, clock_shown),
        _case(
            "duration",
            pa.duration("us"),
            [dt.timedelta(seconds=1), dt.timedelta(microseconds=-1), None, dt.timedelta(0)],
            ["1000000us", "-1us", None, "0us"],
        ),
    ]
    for unit in ("ms", "us", "ns"):
        result += [
            _case(f"timestamp_{unit}", pa.timestamp(unit), moments, moments_shown),
            _case(f"timestamp_{unit}_utc", pa.timestamp(unit, tz="UTC"), aware, moments_shown),
        ]
    result.append(_case("timestamp_zone", pa.timestamp("us", tz="Europe/Berlin"), aware, moments_shown))
    return result


def _nested() -> list[Case]:
    lists = [[1, 2], [], None, [None, 3]]
    lists_shown = ["{1,2}", "{}", None, "{NULL,3}"]
    texts = [['a"b', "c\\d"], [""], None, ["x,y", None]]
    texts_shown = ['{"a\\"b","c\\\\d"}', '{""}', None, '{"x,y",NULL}']
    pairs = [[1, 2], [3, 4], None, [5, None]]
    matrix = [[[1, 2], [3, 4]], [], None, [[5], [6]]]
    matrix_shown = ["{{1,2},{3,4}}", "{}", None, "{{5},{6}}"]
    person = pa.struct([("name", pa.large_string()), ("age", pa.int32())])
    person_sent = pa.struct([("name", pa.string()), ("age", pa.int32())])
    people = [{"name": "Zoë", "age": 7}, {"name": None, "age": None}, None, {"name": "", "age": 0}]
    people_shown = ['{"age":7,"name":"Zoë"}', '{"age":null,"name":null}', None, '{"age":0,"name":""}']
    marks = [[("a", 1), ("b", None)], [], None, [("", 0)]]
    marks_shown = ['[{"key":"a","value":1},{"key":"b","value":null}]', "[]", None]
    marks_shown.append('[{"key":"","value":0}]')
    return [
        _case("list", pa.list_(pa.int64()), lists, lists_shown),
        _case("large_list", pa.large_list(pa.int64()), lists, lists_shown, pa.list_(pa.int64())),
        _case(
            "fixed_list",
            pa.list_(pa.int64(), 2),
            pairs,
            ["{1,2}", "{3,4}", None, "{5,NULL}"],
            pa.list_(pa.int64()),
        ),
        _case("list_of_text", pa.list_(pa.string()), texts, texts_shown),
        _case("list_of_lists", pa.list_(pa.list_(pa.int64())), matrix, matrix_shown),
        _case("struct", person, people, people_shown, person_sent),
        _case(
            "list_of_structs",
            pa.list_(person),
            [[people[0]], [], None, [None]],
            ['{"{\\"age\\":7,\\"name\\":\\"Zoë\\"}"}', "{}", None, "{NULL}"],
            pa.list_(person_sent),
        ),
        _case("map", pa.map_(pa.string(), pa.int64()), marks, marks_shown),
    ]


def _extensions() -> list[Case]:
    ids = [uuid.UUID(int=1), uuid.UUID("550e8400-e29b-41d4-a716-446655440000"), None]
    ids.append(uuid.UUID(int=2**128 - 1))
    documents = ['{"a": [1, null]}', "null", None, '"text"']
    return [
        Case(
            "uuid",
            pa.array([i and i.bytes for i in ids], pa.uuid()),
            pa.array([i and i.bytes for i in ids], pa.binary(16)),
            [i and str(i) for i in ids],
        ),
        Case(
            "json",
            pa.array(documents, pa.json_()),
            pa.array(documents, pa.string()),
            documents,
        ),
    ]


def table() -> pa.Table:
    """All of it as one table; `row` counts from 0."""
    columns = {"row": pa.array(range(ROWS), pa.int64())}
    columns.update((case.name, case.stored) for case in cases())
    return pa.table(columns)
