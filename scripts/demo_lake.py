"""Puts a small lake into a bucket for the demo: `demo_lake.py ENDPOINT BUCKET first|more`."""

import datetime
import io
import random
import sys

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

UTC = datetime.UTC


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def customers(rng: random.Random, first: int, count: int) -> pa.Table:
    ids = range(first, first + count)
    return pa.table(
        {
            "customer_id": pa.array(ids, pa.int64()),
            "name": [f"Customer {i}" for i in ids],
            "country": pa.array([rng.choice(["DE", "FR", "JP", None]) for _ in ids]).dictionary_encode(),
            "tags": [[f"t{rng.randrange(9)}" for _ in range(rng.randrange(3))] for _ in ids],
        }
    )


def orders(rng: random.Random, first: int, count: int) -> pa.Table:
    start = datetime.datetime(2026, 11, 1, tzinfo=UTC)
    ids = range(first, first + count)
    return pa.table(
        {
            "order_id": pa.array(ids, pa.int64()),
            "customer_id": pa.array([rng.randrange(5000) for _ in ids], pa.int64()),
            "placed_at": pa.array(
                [start + datetime.timedelta(seconds=rng.randrange(10**6)) for _ in ids],
                pa.timestamp("us", "UTC"),
            ),
            "amount": pa.array([rng.randrange(10**6) for _ in ids], pa.int64()),
            "lines": [
                [
                    {"sku": f"S{rng.randrange(99)}", "quantity": rng.randrange(1, 5)}
                    for _ in range(rng.randrange(4))
                ]
                for _ in ids
            ],
        }
    )


def requests(rng: random.Random, day: int, count: int) -> pa.Table:
    start = datetime.datetime(2026, 11, day, tzinfo=UTC)
    return pa.table(
        {
            "at": pa.array(
                [start + datetime.timedelta(milliseconds=rng.randrange(86400000)) for _ in range(count)],
                pa.timestamp("ms", "UTC"),
            ),
            "path": [f"/p/{rng.randrange(500)}" for _ in range(count)],
            "status": pa.array([rng.choice([200, 200, 200, 404, 500]) for _ in range(count)], pa.int16()),
            "seconds": [rng.random() for _ in range(count)],
        }
    )


def first_objects(rng: random.Random) -> dict[str, bytes]:
    lake = {
        "products.parquet": parquet(
            pa.table({"sku": [f"S{i}" for i in range(99)], "price": list(range(99))})
        ),
        "sales/orders/part-0004.parquet": b"order_id,amount\n1,2\nsomebody renamed a CSV file\n",
    }
    for part in range(3):
        lake[f"sales/customers/part-{part:04}.parquet"] = parquet(customers(rng, part * 2000, 2000))
        lake[f"sales/orders/part-{part:04}.parquet"] = parquet(orders(rng, part * 50000, 50000))
    for day in (22, 23):
        lake[f"logs/web/2026/11/{day}/requests.parquet"] = parquet(requests(rng, day, 100000))
    return lake


def main() -> None:
    endpoint, bucket, what = sys.argv[1:]
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    rng = random.Random(what)
    if what == "first":
        s3.create_bucket(Bucket=bucket)
        objects = first_objects(rng)
    else:
        objects = {"sales/orders/part-0005.parquet": parquet(orders(rng, 150000, 10000))}
    for key, body in objects.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        print(f"  put s3://{bucket}/{key} ({len(body):,} bytes)")


if __name__ == "__main__":
    main()
