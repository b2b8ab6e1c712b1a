"""A client made of CloudQuery's Python SDK and its generated messages, with nothing of ours."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import grpc
import pyarrow as pa
from cloudquery.discovery_v1 import discovery_pb2, discovery_pb2_grpc
from cloudquery.plugin_v3 import arrow, plugin_pb2, plugin_pb2_grpc
from cloudquery.sdk.schema import Table
from cloudquery.sdk.types import JSONType, UUIDType  # noqa: F401  (importing registers the types)


@dataclass
class Received:
    """What a sync sent, in order of tables' first appearance."""

    tables: dict[str, Table] = field(default_factory=dict)
    schemas: dict[str, pa.Schema] = field(default_factory=dict)
    batches: dict[str, list[pa.RecordBatch]] = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)


class SdkClient:
    def __init__(self, target: str):
        limit = ("grpc.max_receive_message_length", 100 << 20)  # as CloudQuery's clients
        self._channel = grpc.insecure_channel(target, options=[limit])
        self._plugin = plugin_pb2_grpc.PluginStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def versions(self) -> list[int]:
        stub = discovery_pb2_grpc.DiscoveryStub(self._channel)
        return list(stub.GetVersions(discovery_pb2.GetVersions.Request()).versions)

    def name(self) -> str:
        return self._plugin.GetName(plugin_pb2.GetName.Request()).name

    def init(self, spec: bytes) -> None:
        self._plugin.Init(plugin_pb2.Init.Request(spec=spec))

    def tables(self, *patterns: str) -> list[Table]:
        request = plugin_pb2.GetTables.Request(tables=patterns)
        reply = self._plugin.GetTables(request)
        return [Table.from_arrow_schema(arrow.new_schema_from_bytes(t)) for t in reply.tables]

    def sync(self, *patterns: str) -> Received:
        """With records read by the SDK: the first batch of each message."""
        received = Received()
        for message in self.messages(*patterns):
            kind = message.WhichOneof("message")
            if kind == "migrate_table":
                schema = arrow.new_schema_from_bytes(message.migrate_table.table)
                table = Table.from_arrow_schema(schema)
                received.tables[table.name] = table
                received.schemas[table.name] = schema
            elif kind == "insert":
                batch = arrow.new_record_from_bytes(message.insert.record)
                name = batch.schema.metadata[b"cq:table_name"].decode()
                received.batches.setdefault(name, []).append(batch)
            elif kind == "error":
                received.errors.append((message.error.table_name, message.error.error))
            else:
                raise AssertionError(f"a message of kind {kind}")
        return received

    def messages(self, *patterns: str, seconds: float | None = None) -> Iterator[plugin_pb2.Sync.Response]:
        """A sync as it comes; a failed one, or one that takes longer, ends with an RpcError."""
        request = plugin_pb2.Sync.Request(tables=patterns, withErrorMessages=True)
        return self._plugin.Sync(request, timeout=seconds)
