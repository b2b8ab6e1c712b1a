#include "cloudquery/testing/fake_state_backend.h"

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "cloudquery/discovery/v1/discovery.grpc.pb.h"
#include "cloudquery/plugin/v3/plugin.grpc.pb.h"
#include "cloudquery/schema/table.h"
#include "cloudquery/wire/ipc.h"

namespace cq::testing {
namespace {

namespace pb = cloudquery::plugin::v3;

constexpr char kTableName[] = "cq_state_test";
constexpr char kInUse[] = "failed to read records: plugin already in use";

arrow::Status CheckTable(const std::string& bytes) {
  ARROW_ASSIGN_OR_RAISE(const auto schema,
                        DecodeSchema(arrow::Buffer::FromString(bytes)));
  ARROW_ASSIGN_OR_RAISE(const Table table, FromArrowSchema(*schema));
  if (table.name != kTableName)
    return arrow::Status::Invalid("unknown table ", table.name);
  const auto expected = arrow::schema({arrow::field("key", arrow::utf8()),
                                       arrow::field("value", arrow::utf8()),
                                       arrow::field("version", arrow::uint64())});
  if (!schema->Equals(*expected, /*check_metadata=*/false)) {
    return arrow::Status::Invalid("not a state table: ", schema->ToString());
  }
  if (!table.columns[0].primary_key || table.columns[1].primary_key ||
      table.columns[2].primary_key) {
    return arrow::Status::Invalid("the key column alone must be the primary key");
  }
  return arrow::Status::OK();
}

grpc::Status AnswerOf(const arrow::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {grpc::StatusCode::INVALID_ARGUMENT, status.message()};
}

}  // namespace

class FakeStateBackend::Service {
 public:
  explicit Service(Options options)
      : options_(std::move(options)), discovery_(*this), plugin_(*this) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&discovery_);
    builder.RegisterService(&plugin_);
    builder.SetMaxReceiveMessageSize(100 << 20);
    server_ = builder.BuildAndStart();
    target_ = "127.0.0.1:" + std::to_string(port);
  }

  const std::string& target() const { return target_; }

  /// Notes the call and returns the error it is to be answered with, if any.
  grpc::Status Enter(const std::string& call, int* refusals) {
    std::lock_guard lock(mutex_);
    calls_.push_back(call);
    if (fail_ > 0) {
      --fail_;
      return failure_;
    }
    if (refusals != nullptr && *refusals > 0) {
      --*refusals;
      return {grpc::StatusCode::UNKNOWN, kInUse};
    }
    return grpc::Status::OK;
  }

  grpc::Status Handle(const pb::Write::Request& request) {
    Note(request.SerializeAsString());
    if (request.has_migrate_table()) {
      const auto status = Enter("migrate", &refuse_writes_);
      return status.ok() ? AnswerOf(CheckTable(request.migrate_table().table())) : status;
    }
    if (request.has_insert()) return Insert(request.insert().record());
    return {grpc::StatusCode::UNIMPLEMENTED, "only migrate_table and insert"};
  }

  grpc::Status Insert(const std::string& bytes) {
    const auto batches = DecodeRecords(arrow::Buffer::FromString(bytes));
    if (!batches.ok()) return AnswerOf(batches.status());
    if (batches->size() != 1)
      return AnswerOf(arrow::Status::Invalid("not exactly one batch"));
    const auto& batch = *batches->front();
    const auto status =
        Enter("insert " + std::to_string(batch.num_rows()), &refuse_writes_);
    if (!status.ok()) return status;
    const auto& keys = static_cast<const arrow::StringArray&>(*batch.column(0));
    const auto& values = static_cast<const arrow::StringArray&>(*batch.column(1));
    const auto& versions = static_cast<const arrow::UInt64Array&>(*batch.column(2));
    std::lock_guard lock(mutex_);
    for (int64_t i = 0; i < batch.num_rows(); ++i) {
      rows_.push_back({keys.GetString(i), values.GetString(i), versions.Value(i)});
    }
    return grpc::Status::OK;
  }

  grpc::Status Read(const pb::Read::Request& request,
                    grpc::ServerWriter<pb::Read::Response>& out) {
    Note(request.SerializeAsString());
    const auto status = Enter("read", &refuse_reads_);
    if (!status.ok()) return status;
    if (const auto texts = TextsOf(request.table())) return SendTexts(*texts, out);
    const auto table = CheckTable(request.table());
    if (!table.ok()) return AnswerOf(table);
    const auto rows = Rows();
    const auto step = static_cast<size_t>(options_.rows_per_record);
    for (size_t begin = 0; begin < rows.size(); begin += step) {
      const size_t end = std::min(rows.size(), begin + step);
      const auto sent = Send({rows.begin() + begin, rows.begin() + end}, out);
      if (!sent.ok()) return AnswerOf(sent);
    }
    return grpc::Status::OK;
  }

  /// Of a table of PutTexts, when all of the schema is as it should be.
  std::optional<std::vector<std::string>> TextsOf(const std::string& bytes) {
    const auto schema = DecodeSchema(arrow::Buffer::FromString(bytes));
    const auto table = schema.ok() ? FromArrowSchema(**schema) : schema.status();
    if (!table.ok() || table->columns.size() != 1) return std::nullopt;
    std::lock_guard lock(mutex_);
    const auto found = texts_.find({table->name, table->columns[0].name});
    if (found == texts_.end()) return std::nullopt;
    return found->second;
  }

  static grpc::Status SendTexts(const std::vector<std::string>& texts,
                                grpc::ServerWriter<pb::Read::Response>& out) {
    arrow::StringBuilder builder;
    for (const auto& text : texts) {
      const auto appended = builder.Append(text);
      if (!appended.ok()) return AnswerOf(appended);
    }
    const auto column = builder.Finish();
    if (!column.ok()) return AnswerOf(column.status());
    const auto schema = arrow::schema({arrow::field("x", arrow::utf8())});
    return AnswerOf(SendBatch(
        *arrow::RecordBatch::Make(schema, (*column)->length(), {*column}), out));
  }

  void PutTexts(std::string table, std::string column, std::vector<std::string> texts) {
    std::lock_guard lock(mutex_);
    texts_[{std::move(table), std::move(column)}] = std::move(texts);
  }

  std::vector<Row> Rows() {
    std::lock_guard lock(mutex_);
    return rows_;
  }
  void Put(Row row) {
    std::lock_guard lock(mutex_);
    rows_.push_back(std::move(row));
  }
  std::vector<std::string> Calls() {
    std::lock_guard lock(mutex_);
    return calls_;
  }
  std::vector<std::string> Requests() {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  void Refuse(int reads, int writes) {
    std::lock_guard lock(mutex_);
    refuse_reads_ += reads;
    refuse_writes_ += writes;
  }
  void Fail(int count, grpc::Status status) {
    std::lock_guard lock(mutex_);
    fail_ = count;
    failure_ = std::move(status);
  }

 private:
  struct Discovery final : cloudquery::discovery::v1::Discovery::Service {
    explicit Discovery(FakeStateBackend::Service& to) : backend(to) {}
    grpc::Status GetVersions(
        grpc::ServerContext*, const cloudquery::discovery::v1::GetVersions::Request*,
        cloudquery::discovery::v1::GetVersions::Response* response) override {
      for (const int version : backend.options_.versions) response->add_versions(version);
      return backend.Enter("versions", nullptr);
    }
    FakeStateBackend::Service& backend;
  };

  struct Plugin final : pb::Plugin::Service {
    explicit Plugin(FakeStateBackend::Service& to) : backend(to) {}
    grpc::Status Write(grpc::ServerContext*,
                       grpc::ServerReader<pb::Write::Request>* reader,
                       pb::Write::Response*) override {
      pb::Write::Request request;
      while (reader->Read(&request)) {
        const auto status = backend.Handle(request);
        if (!status.ok()) return status;
      }
      return grpc::Status::OK;
    }
    grpc::Status Read(grpc::ServerContext*, const pb::Read::Request* request,
                      grpc::ServerWriter<pb::Read::Response>* writer) override {
      return backend.Read(*request, *writer);
    }
    FakeStateBackend::Service& backend;
  };

  void Note(std::string request) {
    std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
  }

  arrow::Status Send(const std::vector<Row>& rows,
                     grpc::ServerWriter<pb::Read::Response>& out) {
    arrow::StringBuilder keys;
    arrow::StringBuilder values;
    arrow::UInt64Builder versions;
    for (const auto& row : rows) {
      ARROW_RETURN_NOT_OK(keys.Append(row.key));
      ARROW_RETURN_NOT_OK(values.Append(row.value));
      ARROW_RETURN_NOT_OK(row.version == 0 ? versions.AppendNull()
                                           : versions.Append(row.version));
    }
    // The names are not what a client asked for: it must go by position.
    arrow::FieldVector fields = {arrow::field("a", arrow::utf8()),
                                 arrow::field("b", arrow::utf8())};
    arrow::ArrayVector columns(2);
    ARROW_RETURN_NOT_OK(keys.Finish(&columns[0]));
    ARROW_RETURN_NOT_OK(values.Finish(&columns[1]));
    if (options_.has_version_column) {
      fields.push_back(arrow::field("c", arrow::uint64()));
      ARROW_RETURN_NOT_OK(versions.Finish(&columns.emplace_back()));
    }
    const auto batch = arrow::RecordBatch::Make(
        arrow::schema(fields), static_cast<int64_t>(rows.size()), columns);
    return SendBatch(*batch, out);
  }

  static arrow::Status SendBatch(const arrow::RecordBatch& batch,
                                 grpc::ServerWriter<pb::Read::Response>& out) {
    ARROW_ASSIGN_OR_RAISE(const auto encoder, RecordEncoder::Make(batch.schema()));
    return encoder.Encode(batch, [&](EncodedRecord record) {
      pb::Read::Response response;
      for (const auto& piece : record.pieces)
        *response.mutable_record() += piece->ToString();
      out.Write(response);
      return arrow::Status::OK();
    });
  }

  const Options options_;
  std::mutex mutex_;
  std::vector<Row> rows_;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> texts_;
  std::vector<std::string> calls_;
  std::vector<std::string> requests_;
  int refuse_reads_ = 0;
  int refuse_writes_ = 0;
  int fail_ = 0;
  grpc::Status failure_;
  Discovery discovery_;
  Plugin plugin_;
  std::string target_;
  std::unique_ptr<grpc::Server> server_;  ///< last member: gone first
};

FakeStateBackend::FakeStateBackend() : FakeStateBackend(Options()) {}
FakeStateBackend::FakeStateBackend(Options options)
    : service_(std::make_unique<Service>(std::move(options))) {}
FakeStateBackend::~FakeStateBackend() = default;

BackendOptions FakeStateBackend::options() const {
  return {kTableName, service_->target()};
}
std::string FakeStateBackend::target() const { return service_->target(); }
std::vector<FakeStateBackend::Row> FakeStateBackend::rows() const {
  return service_->Rows();
}
void FakeStateBackend::PutTexts(std::string table, std::string column,
                                std::vector<std::string> texts) {
  service_->PutTexts(std::move(table), std::move(column), std::move(texts));
}
void FakeStateBackend::Put(Row row) { service_->Put(std::move(row)); }

std::map<std::string, std::string> FakeStateBackend::values() const {
  std::map<std::string, Row> latest;
  for (const auto& row : rows()) {
    const auto [found, is_new] = latest.emplace(row.key, row);
    if (!is_new && row.version >= found->second.version) found->second = row;
  }
  std::map<std::string, std::string> values;
  for (const auto& [key, row] : latest) values[key] = row.value;
  return values;
}

std::vector<std::string> FakeStateBackend::calls() const { return service_->Calls(); }
std::vector<std::string> FakeStateBackend::requests() const {
  return service_->Requests();
}
void FakeStateBackend::RefuseReads(int count) { service_->Refuse(count, 0); }
void FakeStateBackend::RefuseWrites(int count) { service_->Refuse(0, count); }
void FakeStateBackend::FailCalls(int count, int code, const std::string& text) {
  service_->Fail(count, {static_cast<grpc::StatusCode>(code), text});
}

}  // namespace cq::testing
