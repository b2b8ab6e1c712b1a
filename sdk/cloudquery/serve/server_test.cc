#include "cloudquery/serve/server.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "cloudquery/serve/sync_stream.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/fake_state_backend.h"
#include "cloudquery/testing/plugin_client.h"
#include "cloudquery/testing/recording_logger.h"

namespace cq {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::PluginClient;
using testing::RpcCode;
using testing::RpcStatus;
using ::testing::SizeIs;
using testing::SyncMessage;

/// A plugin made of functions, so that a test says in one place what it is about.
struct ScriptedPlugin final : SourcePlugin {
  std::string name() const override { return "scripted"; }
  std::string version() const override { return "v1"; }
  arrow::Status Init(const InitRequest& request) override { return init(request); }
  arrow::Result<Tables> GetTables(const TableFilter&, std::stop_token stop) override {
    return tables(stop);
  }
  arrow::Status Sync(const SyncRequest& request, SyncContext context) override {
    return sync(request, context);
  }
  arrow::Result<ConnectionTest> TestConnection(const std::string& spec,
                                               std::stop_token) override {
    return test(spec);
  }

  std::function<arrow::Status(const InitRequest&)> init = [](auto&) {
    return arrow::Status::OK();
  };
  std::function<arrow::Result<Tables>(std::stop_token)> tables = [](auto) {
    return Tables();
  };
  std::function<arrow::Status(const SyncRequest&, SyncContext)> sync = [](auto&, auto) {
    return arrow::Status::OK();
  };
  std::function<arrow::Result<ConnectionTest>(const std::string&)> test = [](auto&) {
    return arrow::Status::NotImplemented("nothing");
  };
};

Table OneColumn(const std::string& name, const std::string& parent = {}) {
  return {.name = name,
          .parent = parent,
          .columns = {{.name = "text", .type = arrow::utf8()}}};
}

std::shared_ptr<arrow::RecordBatch> Rows(const Table& table, int64_t rows, size_t bytes) {
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < rows; ++i) EXPECT_OK(builder.Append(std::string(bytes, 'x')));
  return arrow::RecordBatch::Make(ToArrowSchema(table), rows,
                                  {builder.Finish().ValueOrDie()});
}

class ServerTest : public ::testing::Test {
 protected:
  void Start(const Address& address = {"tcp", "127.0.0.1:0"}) {
    ASSERT_OK_AND_ASSIGN(server_, Server::Start(plugin_, logger_, address));
    client_ = std::make_unique<PluginClient>(server_->target());
  }
  void StartInitialised() {
    Start();
    ASSERT_EQ(client_->Init("{}"), RpcStatus());
  }

  ScriptedPlugin plugin_;
  RecordingLogger logger_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<PluginClient> client_;
};

TEST_F(ServerTest, ListensOnEveryKindOfAddress) {
  for (const char* address : {"localhost:0", "127.0.0.1:0", "0.0.0.0:0", ":0"}) {
    SCOPED_TRACE(address);
    Start({"tcp", address});
    EXPECT_EQ(client_->Init(""), RpcStatus()) << server_->target();
    client_.reset();
    server_.reset();
  }
}

TEST_F(ServerTest, DoesNotShareAPort) {
  Start();
  const std::string taken = server_->target();
  EXPECT_THAT(Server::Start(plugin_, logger_, {"tcp", taken}),
              testing::StatusIs(arrow::StatusCode::IOError, HasSubstr(taken)));
}

TEST_F(ServerTest, HandsInitOverAsTheClientMeantIt) {
  std::vector<InitRequest> got;
  plugin_.init = [&](const InitRequest& request) {
    got.push_back(request);
    return arrow::Status::OK();
  };
  Start();
  EXPECT_EQ(client_->Init("null", true, "run-7"), RpcStatus());
  EXPECT_EQ(client_->Init(R"({"a":1})"), RpcStatus());
  ASSERT_THAT(got, SizeIs(2));
  EXPECT_EQ(got[0].spec_json, "{}");
  EXPECT_TRUE(got[0].no_connection);
  EXPECT_EQ(got[0].invocation_id, "run-7");
  EXPECT_EQ(got[1].spec_json, R"({"a":1})");
  EXPECT_FALSE(got[1].no_connection);
}

TEST_F(ServerTest, GivesTheLoggerTheInvocation) {
  Start();
  EXPECT_EQ(client_->Init("{}", false, "run-7"), RpcStatus());
  EXPECT_EQ(logger_.invocation_id(), "run-7");
}

TEST_F(ServerTest, SurvivesEveryVerbThatIsNotImplemented) {
  const auto nothing = arrow::Status::NotImplemented("later");
  plugin_.init = [&](auto&) { return nothing; };
  Start();
  EXPECT_EQ(client_->Init("{}").code, RpcCode::kUnimplemented);
  plugin_.init = [](auto&) { return arrow::Status::OK(); };
  plugin_.tables = [&](auto) { return nothing; };
  plugin_.sync = [&](auto&, auto) { return nothing; };
  EXPECT_EQ(client_->Init("{}"), RpcStatus());
  std::vector<std::shared_ptr<arrow::Schema>> schemas;
  EXPECT_EQ(client_->GetTables({}, &schemas).code, RpcCode::kUnimplemented);
  EXPECT_EQ(client_->Sync({}).status.code, RpcCode::kUnimplemented);
  ConnectionTest answer;
  EXPECT_EQ(client_->TestConnection("{}", &answer).code, RpcCode::kUnimplemented);
}

TEST_F(ServerTest, SurvivesExceptionsOfThePlugin) {
  plugin_.tables = [](auto) -> arrow::Result<Tables> {
    throw std::runtime_error("boom");
  };
  plugin_.sync = [](auto&, auto) -> arrow::Status { throw std::bad_alloc(); };
  plugin_.test = [](auto&) -> arrow::Result<ConnectionTest> {
    throw std::runtime_error("boom");
  };
  StartInitialised();
  std::vector<std::shared_ptr<arrow::Schema>> schemas;
  EXPECT_EQ(client_->GetTables({}, &schemas),
            (RpcStatus{RpcCode::kInternal,
                       "failed to get tables: failed to get tables: unexpected"
                       " exception: boom"}));
  EXPECT_EQ(client_->Sync({}).status.code, RpcCode::kResourceExhausted);
  ConnectionTest answer;
  EXPECT_EQ(client_->TestConnection("{}", &answer), RpcStatus());
  EXPECT_EQ(answer.failure_code, "OTHER");
  EXPECT_THAT(answer.failure_description, HasSubstr("boom"));
  plugin_.init = [](auto&) -> arrow::Status { throw 42; };
  EXPECT_EQ(client_->Init("{}").code, RpcCode::kInternal);
}

TEST_F(ServerTest, RefusesTablesThatNoDestinationCouldKeep) {
  plugin_.tables = [](auto) { return Tables{OneColumn("a"), OneColumn("a")}; };
  StartInitialised();
  std::vector<std::shared_ptr<arrow::Schema>> schemas;
  EXPECT_THAT(client_->GetTables({}, &schemas).message,
              HasSubstr("failed to get tables: failed to validate tables: "));
}

TEST_F(ServerTest, HandsTheSyncRequestOver) {
  SyncRequest got;
  plugin_.sync = [&](const SyncRequest& request, SyncContext context) {
    got = request;
    EXPECT_FALSE(context.state.enabled());
    return arrow::Status::OK();
  };
  StartInitialised();
  EXPECT_EQ(client_
                ->Sync({.filter = {.tables = {"a*", "b"},
                                   .skip_tables = {"ab"},
                                   .skip_dependent_tables = true},
                        .deterministic_cq_id = true,
                        .shard = Shard{2, 3},
                        .with_error_messages = true})
                .status,
            RpcStatus());
  EXPECT_THAT(got.filter.tables, ElementsAre("a*", "b"));
  EXPECT_THAT(got.filter.skip_tables, ElementsAre("ab"));
  EXPECT_TRUE(got.filter.skip_dependent_tables);
  EXPECT_TRUE(got.deterministic_cq_id);
  EXPECT_TRUE(got.with_error_messages);
  ASSERT_TRUE(got.shard);
  EXPECT_EQ(got.shard->num, 2);
  EXPECT_EQ(got.shard->total, 3);
}

TEST_F(ServerTest, SendsMessagesInOrderAndSplitsLargeOnes) {
  const Table table = OneColumn("t");
  plugin_.sync = [&](const SyncRequest&, SyncContext context) -> arrow::Status {
    ARROW_RETURN_NOT_OK(context.sink.MigrateTable(table));
    ARROW_RETURN_NOT_OK(context.sink.Insert("t", *Rows(table, 20, 1 << 20)));
    return context.sink.Error("t", "one row was bad");
  };
  StartInitialised();
  const auto answer = client_->Sync({});
  EXPECT_EQ(answer.status, RpcStatus());
  ASSERT_THAT(answer.messages, SizeIs(::testing::Ge(4)));
  EXPECT_EQ(answer.messages.front().kind, SyncMessage::Kind::kMigrateTable);
  EXPECT_EQ(answer.messages.back().kind, SyncMessage::Kind::kError);
  EXPECT_EQ(answer.messages.back().text, "one row was bad");
  int64_t rows = 0;
  for (const auto& message : answer.messages) {
    if (message.kind != SyncMessage::Kind::kInsert) continue;
    ASSERT_THAT(message.batches, SizeIs(1));
    rows += message.batches[0]->num_rows();
  }
  EXPECT_EQ(rows, 20);
}

TEST_F(ServerTest, SendsWhatCameBeforeAnError) {
  const Table table = OneColumn("t");
  plugin_.sync = [&](const SyncRequest&, SyncContext context) -> arrow::Status {
    ARROW_RETURN_NOT_OK(context.sink.MigrateTable(table));
    ARROW_RETURN_NOT_OK(context.sink.Insert("t", *Rows(table, 1, 10)));
    return arrow::Status::IOError("the disk is on fire");
  };
  StartInitialised();
  const auto answer = client_->Sync({});
  EXPECT_THAT(answer.messages, SizeIs(2));
  EXPECT_EQ(answer.status,
            (RpcStatus{RpcCode::kUnavailable,
                       "failed to sync records: failed to sync unmanaged client: "
                       "the disk is on fire"}));
}

TEST_F(ServerTest, HoldsThePluginToTheOrderOfMessages) {
  const Table parent = OneColumn("parent");
  const Table child = OneColumn("child", "parent");
  plugin_.sync = [&](const SyncRequest&, SyncContext context) {
    EXPECT_THAT(context.sink.Insert("parent", *Rows(parent, 1, 1)),
                testing::StatusIs(arrow::StatusCode::Invalid,
                                  HasSubstr("before its MigrateTable")));
    EXPECT_THAT(context.sink.MigrateTable(child),
                testing::StatusIs(arrow::StatusCode::Invalid,
                                  EndsWith("before its parent parent")));
    EXPECT_OK(context.sink.MigrateTable(parent));
    EXPECT_OK(context.sink.MigrateTable(child));
    Table wider = parent;
    wider.columns.push_back({.name = "more", .type = arrow::utf8()});
    EXPECT_OK(context.sink.MigrateTable(wider));
    EXPECT_THAT(context.sink.Insert("parent", *Rows(parent, 1, 1)),
                testing::StatusIs(arrow::StatusCode::Invalid))
        << "rows of an earlier form of the table";
    return arrow::Status::OK();
  };
  StartInitialised();
  const auto answer = client_->Sync({});
  EXPECT_EQ(answer.status, RpcStatus());
  EXPECT_THAT(answer.messages, SizeIs(3));
}

TEST_F(ServerTest, IsNeverFartherAheadOfASlowClientThanItsQueue) {
  // What gRPC may hold beside our queue: its write buffer and the client's windows.
  constexpr size_t kOfGrpc = 1 << 20;
  struct Case {
    size_t record_bytes;
    int records;
  };
  for (const auto& [record_bytes, records] :
       {Case{100'000, 300}, Case{1 << 20, 40}, Case{12 << 20, 5}}) {
    SCOPED_TRACE(record_bytes);
    const Table table = OneColumn("t");
    const size_t most = std::max(SyncStream::kMaxQueuedBytes, record_bytes) + kOfGrpc;
    // Without a single read: all that fits in the queue beside the heads of messages.
    const size_t least = SyncStream::kMaxQueuedBytes * 9 / 10;
    const int enough = std::max<int>(1, static_cast<int>(least / record_bytes));
    std::atomic_int asked_for = 1;  // the client's reads, the one under way included
    std::promise<void> far_ahead;
    plugin_.sync = [&](const SyncRequest&, SyncContext context) -> arrow::Status {
      ARROW_RETURN_NOT_OK(context.sink.MigrateTable(table));
      for (int sent = 1; sent <= records; ++sent) {
        ARROW_RETURN_NOT_OK(context.sink.Insert("t", *Rows(table, 1, record_bytes)));
        EXPECT_LE((sent - asked_for) * static_cast<int64_t>(record_bytes),
                  static_cast<int64_t>(most));
        if (sent == enough) far_ahead.set_value();
      }
      return arrow::Status::OK();
    };
    StartInitialised();
    const auto call = client_->StartSync({});
    far_ahead.get_future().wait();
    EXPECT_TRUE(call->Next());
    for (int read = 0; read < records; ++read) {
      ++asked_for;
      ASSERT_TRUE(call->Next());
    }
    EXPECT_FALSE(call->Next());
    EXPECT_EQ(call->Finish(), RpcStatus());
  }
}

TEST_F(ServerTest, HoldsNothingBackWhileASyncPauses) {
  const Table table = OneColumn("t");
  // The first of a burst is more than is on the way to a client that does not read, so
  // that the others queue behind it.
  const std::vector<std::vector<size_t>> bursts = {
      std::vector<size_t>(60, 100'000),
      {200'000, 10, 10, 10},
      {200'000, 600'000, 10},
      {700'000},
      {10},
  };
  std::counting_semaphore<> sent(0);
  std::counting_semaphore<> received(0);
  plugin_.sync = [&](const SyncRequest&, SyncContext context) -> arrow::Status {
    ARROW_RETURN_NOT_OK(context.sink.MigrateTable(table));
    for (const auto& burst : bursts) {
      for (const size_t bytes : burst) {
        ARROW_RETURN_NOT_OK(context.sink.Insert("t", *Rows(table, 1, bytes)));
      }
      sent.release();
      received.acquire();
    }
    return arrow::Status::OK();
  };
  StartInitialised();
  const auto call = client_->StartSync({});
  ASSERT_TRUE(call->Next());
  for (const auto& burst : bursts) {
    sent.acquire();
    for (size_t i = 0; i < burst.size(); ++i) EXPECT_TRUE(call->Next());
    received.release();
  }
  EXPECT_FALSE(call->Next());
  EXPECT_EQ(call->Finish(), RpcStatus());
}

TEST_F(ServerTest, StoresNoStateWhileTheClientHasRowsToCome) {
  testing::FakeStateBackend backend;
  std::promise<void> all_handed_over;
  std::promise<arrow::Status> flushed;
  plugin_.sync = [&](const SyncRequest&, SyncContext context) -> arrow::Status {
    const Table table = OneColumn("t");
    ARROW_RETURN_NOT_OK(context.sink.MigrateTable(table));
    // Less than the queue holds, far more than can be on the way to the client.
    for (int i = 0; i < 70; ++i) {
      ARROW_RETURN_NOT_OK(context.sink.Insert("t", *Rows(table, 1, 100'000)));
    }
    context.state.Set("cursor", "moved");
    all_handed_over.set_value();
    const arrow::Status status = context.state.Flush();
    flushed.set_value(status);
    return status;
  };
  StartInitialised();
  auto call = client_->StartSync({.backend = backend.options()});
  ASSERT_TRUE(call->Next().has_value());
  all_handed_over.get_future().wait();
  auto flush_ended = flushed.get_future();
  // Time for a flush that does not wait for the client to give itself away.
  flush_ended.wait_for(std::chrono::milliseconds(200));
  call->Cancel();
  EXPECT_TRUE(flush_ended.get().IsCancelled());
  EXPECT_THAT(backend.values(), ::testing::IsEmpty());
}

TEST_F(ServerTest, TakesRecordsFromManyThreads) {
  // Far more than the queue holds, so that several threads wait for room.
  constexpr int kThreads = 8;
  constexpr int kRecords = 50;
  constexpr size_t kRowBytes = 40'000;
  const Table table = OneColumn("t");
  plugin_.sync = [&](const SyncRequest&, SyncContext context) -> arrow::Status {
    ARROW_RETURN_NOT_OK(context.sink.MigrateTable(table));
    std::vector<std::future<arrow::Status>> writers;
    for (int i = 0; i < kThreads; ++i) {
      writers.push_back(std::async(std::launch::async, [&]() -> arrow::Status {
        for (int record = 0; record < kRecords; ++record) {
          ARROW_RETURN_NOT_OK(context.sink.Insert("t", *Rows(table, 3, kRowBytes)));
        }
        return arrow::Status::OK();
      }));
    }
    for (auto& writer : writers) ARROW_RETURN_NOT_OK(writer.get());
    return arrow::Status::OK();
  };
  StartInitialised();
  int64_t rows = 0;
  const auto answer = client_->Sync({});
  EXPECT_EQ(answer.status, RpcStatus());
  for (const auto& message : answer.messages) {
    EXPECT_EQ(message.problem, "");
    for (const auto& batch : message.batches) rows += batch->num_rows();
  }
  EXPECT_EQ(rows, kThreads * kRecords * 3);
}

TEST_F(ServerTest, StopsASyncThatWaitsForItsClient) {
  const Table table = OneColumn("t");
  std::promise<arrow::Status> ended;
  plugin_.sync = [&](const SyncRequest&, SyncContext context) -> arrow::Status {
    arrow::Status status = context.sink.MigrateTable(table);
    while (status.ok()) status = context.sink.Insert("t", *Rows(table, 1, 1 << 20));
    EXPECT_TRUE(context.stop.stop_requested());
    EXPECT_THAT(context.sink.MigrateTable(table),
                testing::StatusIs(arrow::StatusCode::Cancelled));
    EXPECT_THAT(context.sink.Error("t", "x"),
                testing::StatusIs(arrow::StatusCode::Cancelled));
    ended.set_value(status);
    return status;
  };
  StartInitialised();
  const auto call = client_->StartSync({});
  ASSERT_TRUE(call->Next());
  call->Cancel();
  EXPECT_EQ(call->Finish().code, RpcCode::kCancelled);
  EXPECT_THAT(ended.get_future().get(), testing::StatusIs(arrow::StatusCode::Cancelled));
}

TEST_F(ServerTest, WhoIsToldThatTheSyncIsCancelledSeesItsTokenStopped) {
  constexpr int kRounds = 200, kSenders = 4;
  std::atomic<int> cancelled = 0, before_the_token = 0;
  plugin_.sync = [&](const SyncRequest&, SyncContext context) {
    const auto send = [&] {
      while (context.sink.MigrateTable(OneColumn("t")).ok()) continue;
      if (!context.stop.stop_requested()) ++before_the_token;
      ++cancelled;
    };
    std::vector<std::jthread> senders;
    for (int i = 0; i < kSenders; ++i) senders.emplace_back(send);
    senders.clear();
    return arrow::Status::Cancelled("stopped");
  };
  StartInitialised();
  for (int round = 0; round < kRounds; ++round) {
    auto call = client_->StartSync({});
    // A client that cancels does not wait for the end of its sync, and the plugin is in
    // use until then.
    while (!call->Next()) call = client_->StartSync({});
    call->Cancel();
    EXPECT_EQ(call->Finish().code, RpcCode::kCancelled);
  }
  server_.reset();
  EXPECT_EQ(cancelled, kRounds * kSenders);
  EXPECT_EQ(before_the_token, 0);
}

/// A sync that announces a table, waits to be stopped and tells why it was.
std::function<arrow::Status(const SyncRequest&, SyncContext)> WaitToBeStopped(
    std::promise<std::string>& why) {
  return [&why](const SyncRequest&, SyncContext context) {
    EXPECT_OK(context.sink.MigrateTable(OneColumn("t")));
    std::promise<void> stopped;
    const std::stop_callback wake(context.stop, [&] { stopped.set_value(); });
    stopped.get_future().wait();
    const auto status = context.sink.MigrateTable(OneColumn("t"));
    EXPECT_THAT(status, testing::StatusIs(arrow::StatusCode::Cancelled));
    why.set_value(status.message());
    return status;
  };
}

TEST_F(ServerTest, StopsASyncThatSendsNothing) {
  std::promise<std::string> why;
  plugin_.sync = WaitToBeStopped(why);
  StartInitialised();
  const auto call = client_->StartSync({});
  ASSERT_TRUE(call->Next());
  call->Cancel();
  EXPECT_EQ(call->Finish().code, RpcCode::kCancelled);
  EXPECT_EQ(why.get_future().get(), "the client cancelled the sync");
}

TEST_F(ServerTest, TellsASyncThatItShutsDown) {
  std::promise<std::string> why;
  plugin_.sync = WaitToBeStopped(why);
  StartInitialised();
  const auto call = client_->StartSync({});
  ASSERT_TRUE(call->Next());
  server_->Shutdown();
  EXPECT_EQ(why.get_future().get(), "the plugin is shutting down");
  EXPECT_FALSE(call->Finish().ok());
}

TEST_F(ServerTest, StopsUnaryCallsWhenItShutsDown) {
  std::promise<void> entered;
  plugin_.tables = [&](std::stop_token stop) -> arrow::Result<Tables> {
    std::promise<void> stopped;
    const std::stop_callback wake(stop, [&] { stopped.set_value(); });
    entered.set_value();
    stopped.get_future().wait();
    return arrow::Status::Cancelled("stopped");
  };
  StartInitialised();
  auto asked = std::async(std::launch::async, [&] {
    std::vector<std::shared_ptr<arrow::Schema>> schemas;
    return client_->GetTables({}, &schemas);
  });
  entered.get_future().wait();
  server_->Shutdown();
  EXPECT_FALSE(asked.get().ok());
}

TEST_F(ServerTest, ServesManySessionsOneAfterTheOther) {
  const Table table = OneColumn("t");
  plugin_.sync = [&](const SyncRequest&, SyncContext context) -> arrow::Status {
    ARROW_RETURN_NOT_OK(context.sink.MigrateTable(table));
    return context.sink.Insert("t", *Rows(table, 1, 1));
  };
  Start();
  for (int session = 0; session < 200; ++session) {
    SCOPED_TRACE(session);
    if (session % 10 == 0) client_ = std::make_unique<PluginClient>(server_->target());
    ASSERT_EQ(client_->Init("{}"), RpcStatus());
    const auto answer = client_->Sync({});
    ASSERT_EQ(answer.status, RpcStatus());
    ASSERT_THAT(answer.messages, SizeIs(2));
  }
}

TEST_F(ServerTest, AcceptsALargeSpecAndRefusesAHugeOne) {
  size_t got = 0;
  plugin_.init = [&](const InitRequest& request) {
    got = request.spec_json.size();
    return arrow::Status::OK();
  };
  Start();
  EXPECT_EQ(client_->Init(std::string(20 << 20, ' ')), RpcStatus());
  EXPECT_EQ(got, 20u << 20);
  EXPECT_EQ(client_->Init(std::string((200 << 20) + 1, ' ')).code,
            RpcCode::kResourceExhausted);
}

}  // namespace
}  // namespace cq
