#include "cloudquery/state/client.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "cloudquery/plugin/v3/plugin.pb.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/fake_state_backend.h"
#include "cloudquery/testing/golden_files.h"
#include "cloudquery/wire/ipc.h"

namespace cq {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::FakeStateBackend;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::StatusIs;

constexpr int kUnavailable = 14;
constexpr int kInternal = 13;

/// Notes the pauses and does not make them.
struct Pauses {
  std::vector<milliseconds> taken;
  Sleeper sleeper() {
    return [this](milliseconds pause, std::stop_token) { taken.push_back(pause); };
  }
  milliseconds total() const {
    return std::accumulate(taken.begin(), taken.end(), milliseconds(0));
  }
};

arrow::Result<std::unique_ptr<State>> Connect(const FakeStateBackend& backend,
                                              Pauses& pauses) {
  return ConnectState(backend.options(), {}, pauses.sleeper());
}

TEST(MemoryState, ShowsTheKeysThatHaveAValue) {
  MemoryState state;
  for (const char* key : {"s3/b/t2/x", "s3/b/t/y", "s3/b/t/x", "s3/b/t"})
    state.Set(key, "1");
  state.Set("s3/b/t/gone", "");
  EXPECT_THAT(state.Keys("s3/b/t/"), ElementsAre("s3/b/t/x", "s3/b/t/y"));
  EXPECT_THAT(state.Keys("z"), IsEmpty());
}

TEST(MemoryState, ShowsWhatWasFlushed) {
  MemoryState state;
  state.Set("a", "1");
  EXPECT_EQ(state.Get("a"), "1");
  EXPECT_EQ(state.Get("b"), "");
  EXPECT_THAT(state.flushed(), IsEmpty());
  ASSERT_OK(state.Flush());
  EXPECT_EQ(state.flushed().at("a"), "1");
}

TEST(ConnectState, RemembersNothingWithoutOptions) {
  ASSERT_OK_AND_ASSIGN(const auto state, ConnectState({}, {}));
  EXPECT_FALSE(state->enabled());
  state->Set("a", "1");
  EXPECT_EQ(state->Get("a"), "");
  EXPECT_OK(state->Flush());
}

TEST(ConnectState, NeedsBothOptionsOrNone) {
  constexpr char kWhy[] = "backend_options must contain both connection and table_name";
  EXPECT_THAT(ConnectState({.table_name = "t"}, {}),
              StatusIs(arrow::StatusCode::Invalid, kWhy));
  EXPECT_THAT(ConnectState({.connection = "c"}, {}),
              StatusIs(arrow::StatusCode::Invalid, kWhy));
}

TEST(ConnectState, MigratesAndReadsOnceAndWritesWhatWasSet) {
  FakeStateBackend backend;
  backend.Put({"kept", "old", 3});
  backend.Put({"changed", "old", 5});
  Pauses pauses;
  ASSERT_OK_AND_ASSIGN(const auto state, Connect(backend, pauses));
  EXPECT_TRUE(state->enabled());
  EXPECT_EQ(state->Get("kept"), "old");
  EXPECT_EQ(state->Get("absent"), "");
  EXPECT_THAT(state->Keys("k"), ElementsAre("kept"));
  EXPECT_THAT(state->Keys(""), ElementsAre("changed", "kept"));
  ASSERT_OK(state->Flush());
  EXPECT_THAT(backend.calls(), ElementsAre("versions", "migrate", "read"))
      << "nothing was set and something was written";

  state->Set("changed", "newer");
  state->Set("changed", "newest");
  state->Set("added", "x");
  ASSERT_OK(state->Flush());
  ASSERT_OK(state->Flush());
  EXPECT_THAT(backend.calls(), ElementsAre("versions", "migrate", "read", "insert 2"));
  EXPECT_THAT(backend.rows(), ElementsAre(FakeStateBackend::Row{"kept", "old", 3},
                                          FakeStateBackend::Row{"changed", "old", 5},
                                          FakeStateBackend::Row{"added", "x", 1},
                                          FakeStateBackend::Row{"changed", "newest", 6}));
  EXPECT_THAT(pauses.taken, IsEmpty());

  state->Set("added", "y");
  ASSERT_OK(state->Flush());
  EXPECT_EQ(backend.calls().back(), "insert 1");
  EXPECT_EQ(backend.rows().back(), (FakeStateBackend::Row{"added", "y", 2}));

  ASSERT_OK_AND_ASSIGN(const auto later, Connect(backend, pauses));
  EXPECT_EQ(later->Get("changed"), "newest");
  EXPECT_EQ(later->Get("added"), "y");
}

TEST(ConnectState, StoresWhatIsSetToTheValueThatWasRead) {
  FakeStateBackend backend;
  backend.Put({"a", "1", 3});
  Pauses pauses;
  ASSERT_OK_AND_ASSIGN(const auto state, Connect(backend, pauses));
  ASSERT_OK_AND_ASSIGN(const auto other, Connect(backend, pauses));
  other->Set("a", "2");
  ASSERT_OK(other->Flush());
  state->Set("a", "1");
  state->Set("b", "set together with a");
  ASSERT_OK(state->Flush());
  ASSERT_OK_AND_ASSIGN(const auto later, Connect(backend, pauses));
  EXPECT_EQ(later->Get("a"), "1");
}

TEST(ConnectState, ReadsEveryRecordAndOldTables) {
  for (const bool versioned : {true, false}) {
    SCOPED_TRACE(versioned);
    FakeStateBackend backend({.has_version_column = versioned, .rows_per_record = 1});
    for (const char* key : {"a", "b", "c"})
      backend.Put({key, std::string("value of ") + key, 0});
    Pauses pauses;
    ASSERT_OK_AND_ASSIGN(const auto state, Connect(backend, pauses));
    for (const char* key : {"a", "b", "c"}) {
      EXPECT_EQ(state->Get(key), std::string("value of ") + key);
    }
  }
}

/// The schema of a request as the Go client sends it, but for the name of the table.
void ExpectSameSchema(const std::string& bytes, const std::string& golden) {
  ASSERT_OK_AND_ASSIGN(const auto schema, DecodeSchema(arrow::Buffer::FromString(bytes)));
  ASSERT_OK_AND_ASSIGN(const auto expected,
                       DecodeSchema(arrow::Buffer::FromString(golden)));
  EXPECT_TRUE(schema->Equals(*expected, /*check_metadata=*/false));
  for (int i = 0; i < schema->num_fields(); ++i) {
    EXPECT_TRUE(schema->field(i)->Equals(*expected->field(i), /*check_metadata=*/true));
  }
}

TEST(ConnectState, SendsTheRequestsOfAGoPlugin) {
  using cloudquery::plugin::v3::Read;
  using cloudquery::plugin::v3::Write;
  FakeStateBackend backend;
  Pauses pauses;
  ASSERT_OK_AND_ASSIGN(const auto state, Connect(backend, pauses));
  state->Set("s3/my-bucket/data_2024/last_modified_cursor", "2024-12-01T00:00:00Z");
  ASSERT_OK(state->Flush());
  const auto requests = backend.requests();
  ASSERT_THAT(requests, SizeIs(3));

  Write::Request migrate, golden_migrate;
  ASSERT_TRUE(migrate.ParseFromString(requests[0]));
  ASSERT_TRUE(golden_migrate.ParseFromString(
      testing::GoldenText("state.write_migrate_request.pb")));
  EXPECT_EQ(migrate.migrate_table().migrate_force(),
            golden_migrate.migrate_table().migrate_force());
  ExpectSameSchema(migrate.migrate_table().table(),
                   golden_migrate.migrate_table().table());

  Read::Request read, golden_read;
  ASSERT_TRUE(read.ParseFromString(requests[1]));
  ASSERT_TRUE(golden_read.ParseFromString(testing::GoldenText("state.read_request.pb")));
  ExpectSameSchema(read.table(), golden_read.table());

  Write::Request insert, golden_insert;
  ASSERT_TRUE(insert.ParseFromString(requests[2]));
  ASSERT_TRUE(golden_insert.ParseFromString(
      testing::GoldenText("state.write_insert_request.pb")));
  ASSERT_OK_AND_ASSIGN(
      const auto sent,
      DecodeRecords(arrow::Buffer::FromString(insert.insert().record())));
  ASSERT_OK_AND_ASSIGN(
      const auto expected,
      DecodeRecords(arrow::Buffer::FromString(golden_insert.insert().record())));
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_TRUE(sent[0]->Equals(*expected.at(0))) << sent[0]->ToString();
}

TEST(ConnectState, WaitsForABackendInUse) {
  FakeStateBackend backend;
  backend.Put({"a", "1", 1});
  backend.RefuseReads(3);
  backend.RefuseWrites(2);
  Pauses pauses;
  ASSERT_OK_AND_ASSIGN(const auto state, Connect(backend, pauses));
  EXPECT_EQ(state->Get("a"), "1");
  EXPECT_THAT(backend.calls(), ElementsAre("versions", "migrate", "migrate", "migrate",
                                           "read", "read", "read", "read"));
  EXPECT_THAT(pauses.taken,
              ElementsAre(milliseconds(100), milliseconds(200), milliseconds(100),
                          milliseconds(200), milliseconds(400)));
  backend.RefuseWrites(1);
  state->Set("a", "2");
  ASSERT_OK(state->Flush());
  EXPECT_EQ(backend.values().at("a"), "2");
}

TEST(ConnectState, GivesUpAfterAboutAMinuteAndNeverTakesNothingForEmpty) {
  FakeStateBackend backend;
  backend.RefuseReads(1'000);
  Pauses pauses;
  EXPECT_THAT(
      Connect(backend, pauses),
      StatusIs(arrow::StatusCode::IOError,
               AllOf(HasSubstr("plugin already in use"), HasSubstr("cq_state_test"),
                     HasSubstr(backend.target()), HasSubstr("Retry policy exhausted"))));
  EXPECT_GT(pauses.total(), milliseconds(50'000));
  EXPECT_LE(pauses.total(), milliseconds(60'000));
  EXPECT_THAT(pauses.taken, Each(::testing::Le(milliseconds(5'000))));
}

TEST(ConnectState, TriesAgainWhileTheBackendIsNotReachable) {
  FakeStateBackend backend;
  backend.FailCalls(2, kUnavailable, "not yet");
  Pauses pauses;
  EXPECT_OK(Connect(backend, pauses));
  EXPECT_THAT(pauses.taken, SizeIs(2));

  const BackendOptions nobody = {"t", "unix:/nonexistent/cq.sock"};
  EXPECT_THAT(ConnectState(nobody, {}, pauses.sleeper()),
              StatusIs(arrow::StatusCode::IOError, HasSubstr(nobody.connection)));
}

TEST(ConnectState, DoesNotRepeatWhatCannotSucceed) {
  FakeStateBackend backend;
  backend.FailCalls(1, kInternal, "the database is read-only");
  Pauses pauses;
  EXPECT_THAT(
      Connect(backend, pauses),
      StatusIs(arrow::StatusCode::IOError, AllOf(HasSubstr("the database is read-only"),
                                                 HasSubstr("Permanent error"))));
  EXPECT_THAT(pauses.taken, IsEmpty());
}

TEST(ConnectState, AsksForANewerBackend) {
  FakeStateBackend backend({.versions = {0, 1, 2}});
  Pauses pauses;
  EXPECT_THAT(
      Connect(backend, pauses),
      StatusIs(
          arrow::StatusCode::IOError,
          "please upgrade your state backend plugin. state supporting version 3 plugin "
          "has [0 1 2]"));
  EXPECT_THAT(backend.calls(), ElementsAre("versions"));
}

TEST(ConnectState, StopsWhenTold) {
  FakeStateBackend backend;
  backend.RefuseReads(1'000);
  std::stop_source stop;
  int pauses = 0;
  const Sleeper sleeper = [&](milliseconds, std::stop_token) {
    if (++pauses == 3) stop.request_stop();
  };
  EXPECT_THAT(ConnectState(backend.options(), stop.get_token(), sleeper),
              StatusIs(arrow::StatusCode::Cancelled));
  EXPECT_EQ(pauses, 3);
}

TEST(ConnectState, KeepsChangesOfAFailedFlushForTheNext) {
  FakeStateBackend backend;
  Pauses pauses;
  ASSERT_OK_AND_ASSIGN(const auto state, Connect(backend, pauses));
  state->Set("a", "1");
  backend.FailCalls(1, kInternal, "no space left");
  EXPECT_THAT(state->Flush(),
              StatusIs(arrow::StatusCode::IOError, HasSubstr("no space left")));
  EXPECT_THAT(backend.rows(), IsEmpty());
  ASSERT_OK(state->Flush());
  EXPECT_THAT(backend.rows(), ElementsAre(FakeStateBackend::Row{"a", "1", 1}));
}

TEST(ConnectState, ReadsATextColumnOfAnotherTable) {
  FakeStateBackend backend;
  backend.PutTexts("receipts", "receipt", {"r1", "r2"});
  Pauses pauses;
  ASSERT_OK_AND_ASSIGN(const auto state, Connect(backend, pauses));
  backend.RefuseReads(1);
  ASSERT_OK_AND_ASSIGN(const auto texts, state->ReadTexts("receipts", "receipt"));
  EXPECT_THAT(texts, ElementsAre("r1", "r2"));
  EXPECT_THAT(pauses.taken, SizeIs(1));
  EXPECT_THAT(state->ReadTexts("absent", "receipt"),
              StatusIs(arrow::StatusCode::IOError, HasSubstr("absent")));
  EXPECT_THAT(NoState().ReadTexts("receipts", "receipt"),
              StatusIs(arrow::StatusCode::NotImplemented));
}

TEST(ConnectState, WritesMoreThanOneMessageCanHold) {
  FakeStateBackend backend;
  Pauses pauses;
  ASSERT_OK_AND_ASSIGN(const auto state, Connect(backend, pauses));
  for (int i = 0; i < 12; ++i)
    state->Set("k" + std::to_string(i), std::string(10 << 20, 'x'));
  ASSERT_OK(state->Flush());
  EXPECT_THAT(backend.values(), SizeIs(12));
}

TEST(SleepFor, ReturnsAtOnceWhenStopped) {
  std::stop_source stop;
  stop.request_stop();
  SleepFor(std::chrono::hours(1), stop.get_token());
}

}  // namespace
}  // namespace cq
