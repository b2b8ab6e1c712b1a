"""A destination plugin that keeps a source's state, in memory."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pyarrow as pa
from cloudquery.discovery_v1 import discovery_pb2, discovery_pb2_grpc
from cloudquery.plugin_v3 import plugin_pb2, plugin_pb2_grpc

TABLE = "state"


class _Discovery(discovery_pb2_grpc.DiscoveryServicer):
    def GetVersions(self, request, context):  # noqa: N802
        return discovery_pb2.GetVersions.Response(versions=[3])


class _Plugin(plugin_pb2_grpc.PluginServicer):
    def __init__(self, state: "MemoryState"):
        self._state = state

    def Write(self, requests, context):  # noqa: N802
        for request in requests:
            if request.WhichOneof("message") == "insert":
                with pa.ipc.open_stream(request.insert.record) as reader:
                    self._state.writes += 1
                    for row in reader.read_all().to_pylist():
                        self._state.rows[row["key"]] = (row["value"], row["version"])
        return plugin_pb2.Write.Response()

    def Read(self, request, context):  # noqa: N802
        schema = pa.ipc.read_schema(pa.py_buffer(request.table))
        rows = [
            {"key": key, "value": value, "version": version}
            for key, (value, version) in self._state.rows.items()
        ]
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, schema) as writer:
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))
        yield plugin_pb2.Read.Response(record=sink.getvalue().to_pybytes())


class MemoryState:
    """Answers at `target` until stop()."""

    def __init__(self):
        self.rows: dict[str, tuple[str, int]] = {}
        self.writes = 0
        self._server = grpc.server(ThreadPoolExecutor(2))
        discovery_pb2_grpc.add_DiscoveryServicer_to_server(_Discovery(), self._server)
        plugin_pb2_grpc.add_PluginServicer_to_server(_Plugin(self), self._server)
        self.target = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def values(self) -> dict[str, str]:
        return {key: value for key, (value, _) in self.rows.items()}

    def stop(self) -> None:
        self._server.stop(None)
