"""Files as CloudQuery's own destinations for object stores write them."""

import datetime as dt
import io
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

TABLE_METADATA = {
    "cq:table_name": "aws_ec2_instances",
    "cq:table_description": "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html",
    "cq:table_title": "AWS EC2 Instances",
    "cq:extension:constraint_name": "aws_ec2_instances_cqpk",
    "cq:table_permissions_needed": "null",
    "cq:table_sensitive_columns": "null",
}


def ids(count: int) -> list[str]:
    return [str(uuid.uuid5(uuid.NAMESPACE_URL, f"instance/{i}")) for i in range(count)]


def instances(count: int, source_name: str) -> bytes:
    """Ids are text in such files, the table's metadata is in the footer, no Arrow schema is."""
    at = dt.datetime(2024, 3, 1, 2, 3, 4, 567, tzinfo=dt.UTC)
    table = pa.table(
        {
            "_cq_sync_time": pa.array([at] * count, pa.timestamp("us", tz="UTC")),
            "_cq_source_name": pa.array([source_name] * count),
            "_cq_id": pa.array(ids(count)),
            "_cq_parent_id": pa.array([None] * count, pa.string()),
            "arn": pa.array([f"arn:aws:ec2:eu-central-1:1:instance/i-{i}" for i in range(count)]),
            "tags": pa.array(['{"Name":"web"}'] * count),
        }
    )
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, table.schema, compression="snappy", store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(TABLE_METADATA)
    return sink.getvalue()
