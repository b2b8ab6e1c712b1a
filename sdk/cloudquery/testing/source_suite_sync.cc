#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cloudquery/testing/fake_state_backend.h"
#include "cloudquery/testing/source_suite_checks.h"

namespace cq::testing {
namespace {

using ::testing::EndsWith;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Kind = SyncMessage::Kind;
using SchemaOf = std::map<std::string, std::shared_ptr<arrow::Schema>>;

constexpr int64_t kMaxMessageBytes = 100 << 20;

SyncAnswer SyncOf(SuiteSession& session, const SyncAsk& ask) {
  session.Init(session.options.spec);
  SyncAnswer answer = session.client->Sync(ask);
  EXPECT_EQ(answer.status, RpcStatus());
  return answer;
}

void AnnouncesTheTablesOfGetTables(SuiteSession& session) {
  const SyncAnswer answer = SyncOf(session, session.ask());
  std::vector<std::shared_ptr<arrow::Schema>> schemas;
  EXPECT_EQ(session.client->GetTables(session.options.filter, &schemas), RpcStatus());

  SchemaOf announced;
  for (const auto& message : answer.messages) {
    if (message.kind == Kind::kMigrateTable) announced[message.table] = message.schema;
  }
  std::set<std::string> listed;
  for (const auto& schema : schemas) {
    auto table = FromArrowSchema(*schema);
    ASSERT_TRUE(table.ok()) << table.status();
    SCOPED_TRACE(table->name);
    EXPECT_TRUE(listed.insert(table->name).second) << "listed twice";
    EXPECT_TRUE(table->parent.empty() || listed.contains(table->parent))
        << "before its parent";
    ASSERT_TRUE(announced.contains(table->name)) << "listed and not synced";
    EXPECT_TRUE(announced[table->name]->Equals(*schema, /*check_metadata=*/true))
        << announced[table->name]->ToString(true) << "\ninstead of\n"
        << schema->ToString(true);
  }
  EXPECT_THAT(announced, SizeIs(listed.size())) << "synced and not listed";
}

/// NOT NULL columns have no nulls, `_cq_id` no value twice.
void CheckRows(const arrow::RecordBatch& batch, std::set<std::string>& ids) {
  EXPECT_GT(batch.num_rows(), 0) << "an empty record";
  for (int i = 0; i < batch.num_columns(); ++i) {
    const auto& field = *batch.schema()->field(i);
    EXPECT_TRUE(field.nullable() || batch.column(i)->null_count() == 0) << field.name();
  }
  const auto column = batch.GetColumnByName(kCqId);
  if (!column) return;
  ASSERT_EQ(column->type_id(), arrow::Type::FIXED_SIZE_BINARY)
      << "_cq_id must travel as its storage type";
  EXPECT_EQ(column->null_count(), 0) << "_cq_id is null";
  const auto& values = static_cast<const arrow::FixedSizeBinaryArray&>(*column);
  for (int64_t row = 0; row < values.length(); ++row) {
    EXPECT_TRUE(ids.emplace(values.GetView(row)).second)
        << "_cq_id of row " << row << " comes twice";
  }
}

void SendsWhatTheProtocolAllows(SuiteSession& session) {
  SchemaOf announced;
  std::map<std::string, std::set<std::string>> ids;
  for (const auto& message : SyncOf(session, session.ask()).messages) {
    SCOPED_TRACE("table " + message.table);
    ASSERT_NE(message.kind, Kind::kNothing) << "a message without a member";
    ASSERT_EQ(message.problem, "");
    EXPECT_LE(message.size_bytes, kMaxMessageBytes);
    if (message.kind == Kind::kMigrateTable) {
      const auto table = FromArrowSchema(*message.schema);
      ASSERT_TRUE(table.ok()) << table.status();
      EXPECT_TRUE(table->parent.empty() || announced.contains(table->parent))
          << "before its parent";
      announced[message.table] = message.schema;
    } else if (message.kind == Kind::kInsert) {
      ASSERT_TRUE(announced.contains(message.table)) << "rows before MigrateTable";
      EXPECT_TRUE(
          message.schema->Equals(*announced[message.table], /*check_metadata=*/true))
          << message.schema->ToString(true);
      ASSERT_THAT(message.batches, SizeIs(1)) << "clients read the first batch only";
      CheckRows(*message.batches.front(), ids[message.table]);
    }
  }
}

void SendsErrorMessagesOnlyWhenAllowed(SuiteSession& session) {
  auto ask = session.ask();
  ask.with_error_messages = false;
  for (const auto& message : SyncOf(session, ask).messages) {
    EXPECT_NE(message.kind, Kind::kError) << message.text;
  }
}

std::map<std::string, int64_t> RowsByTable(const SyncAnswer& answer) {
  std::map<std::string, int64_t> rows;
  for (const auto& message : answer.messages) {
    for (const auto& batch : message.batches) rows[message.table] += batch->num_rows();
  }
  return rows;
}

void SyncsTheSameAgainWithoutState(SuiteSession& session) {
  const auto first = RowsByTable(SyncOf(session, session.ask()));
  EXPECT_EQ(RowsByTable(SyncOf(session, session.ask())), first);
}

void SyncsWithAStateBackend(SuiteSession& session) {
  FakeStateBackend backend;
  auto ask = session.ask();
  ask.backend = backend.options();
  SyncOf(session, ask);
  const auto calls = backend.calls();
  ASSERT_THAT(calls, SizeIs(Ge(3)));
  EXPECT_EQ((std::vector<std::string>(calls.begin(), calls.begin() + 3)),
            (std::vector<std::string>{"versions", "migrate", "read"}));
}

void FailsWithoutTheStateItWasPromised(SuiteSession& session) {
  FakeStateBackend old(FakeStateBackend::Options{.versions = {0, 1, 2}});
  session.Init(session.options.spec);
  auto ask = session.ask();
  ask.backend = old.options();
  SyncAnswer answer = session.client->Sync(ask);
  EXPECT_THAT(answer.messages, IsEmpty());
  EXPECT_THAT(
      answer.status.message,
      EndsWith(
          "failed to initialize state backend: please upgrade your state backend plugin."
          " state supporting version 3 plugin has [0 1 2]"));
  ask.backend.table_name.clear();
  answer = session.client->Sync(ask);
  EXPECT_THAT(answer.status.message,
              HasSubstr("backend_options must contain both connection and table_name"));
}

}  // namespace

std::vector<SuiteCheck> SyncChecks() {
  return {{"announces the tables of GetTables", AnnouncesTheTablesOfGetTables},
          {"sends what the protocol allows", SendsWhatTheProtocolAllows},
          {"sends error messages only when allowed", SendsErrorMessagesOnlyWhenAllowed},
          {"syncs the same again without state", SyncsTheSameAgainWithoutState},
          {"syncs with a state backend", SyncsWithAStateBackend},
          {"fails without the state it was promised", FailsWithoutTheStateItWasPromised}};
}

}  // namespace cq::testing
