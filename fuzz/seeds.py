"""Writes seeds for the fuzz targets below a folder: small inputs of every form that is taken.

seeds.py FOLDER
"""

import io
import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests"))
from lake import all_types, encodings  # noqa: E402

PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>a/</Prefix>
<EncodingType>url</EncodingType><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>
<NextContinuationToken>t</NextContinuationToken><Contents><Key>a/b%20c.parquet</Key>
<LastModified>2024-12-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>300</Size>
<StorageClass>STANDARD</StorageClass></Contents><CommonPrefixes><Prefix>a/c/</Prefix></CommonPrefixes></ListBucketResult>"""

SPECS = [
    {"bucket": "b", "region": "us-east-1"},
    {
        "bucket": "b",
        "region": "r",
        "endpoint": "http://localhost:9000",
        "path_style": True,
        "concurrency": -1,
    },
    {"bucket": "b", "region": "r", "memory_limit": "512MiB", "on_error": "fail", "max_errors": 3},
    {"bucket": "b", "region": "r", "incremental": {"lookback": "7d"}, "rows_per_record": 500.0},
]

TEXTS = [b"", b"a", b"abcabcabcabc" * 9, bytes(range(256)) * 3, b"the same text, " * 40 + b"and another"]


def parquet_files() -> dict[str, bytes]:
    files = dict(encodings.files())
    for case in all_types.cases():
        sink = io.BytesIO()
        pq.write_table(pa.table({case.name: case.stored}), sink, write_page_checksum=True)
        files[case.name] = sink.getvalue()
    return files


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    golden = ROOT / "tests" / "golden"
    seeds = {
        "delivered": {path.name: path.read_bytes() for path in golden.glob("delivered.*")},
        "listing": {"page.xml": PAGE.encode()},
        "parquet": parquet_files(),
        "snappy": {f"{i}.snappy": pa.compress(text, "snappy", asbytes=True) for i, text in enumerate(TEXTS)},
        "spec": {f"{i}.json": json.dumps(spec).encode() for i, spec in enumerate(SPECS)},
    }
    for target, inputs in seeds.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, body in inputs.items():
            (folder / target / name).write_bytes(body)


if __name__ == "__main__":
    main()
