#pragma once

#include <arrow/status.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>

namespace bench {

/// Counts the messages of one Sync stream. Looks at one byte of a message, unless it has
/// to decode.
class SyncStats {
 public:
  /// With `decode`, every insert is read with Arrow and its rows are counted.
  explicit SyncStats(bool decode) : decode_(decode) {}

  /// Invalid when the message is none of CloudQuery's, or an error message of the plugin.
  arrow::Status Add(const grpc::ByteBuffer& message);

  int64_t messages() const { return messages_; }
  int64_t inserts() const { return inserts_; }
  int64_t tables() const { return tables_; }
  int64_t bytes() const { return bytes_; }
  int64_t rows() const { return rows_; }  ///< -1 when nothing is decoded

 private:
  bool decode_;
  int64_t messages_ = 0;
  int64_t inserts_ = 0;
  int64_t tables_ = 0;  ///< MigrateTable messages
  int64_t bytes_ = 0;
  int64_t rows_ = decode_ ? 0 : -1;
};

}  // namespace bench
