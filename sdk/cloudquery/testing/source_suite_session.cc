#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cloudquery/testing/source_suite_checks.h"

namespace cq::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Schemas = std::vector<std::shared_ptr<arrow::Schema>>;

TableFilter Asking(std::vector<std::string> tables, std::vector<std::string> skip = {}) {
  return {.tables = std::move(tables),
          .skip_tables = std::move(skip),
          .skip_dependent_tables = false};
}

void DescribesItselfBeforeInit(SuiteSession& session) {
  std::vector<int> versions;
  EXPECT_EQ(session.client->GetVersions(&versions), RpcStatus());
  EXPECT_THAT(versions, ElementsAre(3));
  std::string text;
  EXPECT_EQ(session.client->GetName(&text), RpcStatus());
  EXPECT_THAT(text, Not(IsEmpty()));
  EXPECT_EQ(session.client->GetVersion(&text), RpcStatus());
  EXPECT_THAT(text, Not(IsEmpty()));
  std::optional<std::string> schema;
  EXPECT_EQ(session.client->GetSpecSchema(&schema), RpcStatus());
  EXPECT_TRUE(!schema || nlohmann::json::accept(*schema)) << schema.value_or("");
  bool serving = false;
  EXPECT_EQ(session.client->Health(&serving), RpcStatus());
  EXPECT_TRUE(serving);
}

void RefusesCallsBeforeInit(SuiteSession& session) {
  Schemas schemas;
  EXPECT_EQ(
      session.client->GetTables(Asking({"*"}), &schemas),
      (RpcStatus{RpcCode::kInternal, "failed to get tables: plugin not initialized"}));
  EXPECT_EQ(
      session.client->Sync(session.ask()).status,
      (RpcStatus{RpcCode::kUnknown,
                 "failed to sync records: plugin not initialized. call Init() first"}));
  EXPECT_EQ(session.client->Close(), RpcStatus());
}

void AnswersWhatASourceLacks(SuiteSession& session) {
  EXPECT_EQ(session.client->Read().code, RpcCode::kUnimplemented);
  EXPECT_EQ(session.client->Transform().code, RpcCode::kUnimplemented);
  EXPECT_EQ(session.client->TransformSchema().code, RpcCode::kUnimplemented);
  EXPECT_EQ(session.client->Write(),
            (RpcStatus{RpcCode::kInternal, "write failed: not implemented"}));
}

void CanBeInitialisedAgain(SuiteSession& session) {
  session.Init(session.options.spec);
  session.Init(session.options.spec);
  EXPECT_EQ(session.client->Sync(session.ask()).status, RpcStatus());
  EXPECT_EQ(session.client->Close(), RpcStatus());
  EXPECT_EQ(session.client->Sync(session.ask()).status.code, RpcCode::kUnknown);
  session.Init(session.options.spec);
  EXPECT_EQ(session.client->Sync(session.ask()).status, RpcStatus());
}

void TakesAnAbsentSpecForAnEmptyOne(SuiteSession& session) {
  const RpcStatus expected = session.client->Init("{}");
  EXPECT_EQ(session.client->Init("null"), expected);
  EXPECT_EQ(session.client->Init(""), expected);
}

void RefusesABadSpec(SuiteSession& session) {
  std::vector<std::string> specs = {"{", "[1]", "\"text\"", "{\"no_such_field\": 1}"};
  if (session.options.bad_spec.empty()) return;
  specs.push_back(session.options.bad_spec);
  for (const auto& spec : specs) {
    SCOPED_TRACE(spec);
    const RpcStatus status = session.client->Init(spec);
    EXPECT_EQ(status.code, RpcCode::kInternal);
    EXPECT_THAT(status.message,
                StartsWith("failed to init plugin: failed to initialize client: "));
    EXPECT_THAT(session.client->Sync(session.ask()).status.message,
                HasSubstr("not initialized"));
  }
  session.Init(session.options.spec);
}

void RefusesPatternsWithoutAMatch(SuiteSession& session) {
  session.Init(session.options.spec);
  constexpr char kWhy[] = "tables include a pattern no_such_table_* with no matches";
  Schemas schemas;
  RpcStatus status = session.client->GetTables(Asking({"no_such_table_*"}), &schemas);
  EXPECT_EQ(status.code, RpcCode::kInternal);
  EXPECT_THAT(status.message, StartsWith("failed to get tables: failed to get tables: "));
  EXPECT_THAT(status.message, EndsWith(kWhy));

  auto ask = session.ask();
  ask.filter.tables = {"no_such_table_*"};
  const SyncAnswer answer = session.client->Sync(ask);
  EXPECT_THAT(answer.messages, IsEmpty());
  EXPECT_THAT(answer.status.message,
              StartsWith("failed to sync records: failed to sync unmanaged client: "));
  EXPECT_THAT(answer.status.message, EndsWith(kWhy));

  auto filter = session.options.filter;
  filter.skip_tables = {"no_such_table"};
  status = session.client->GetTables(filter, &schemas);
  EXPECT_THAT(status.message,
              EndsWith("skip_tables include a pattern no_such_table with no matches"));
}

void GivesNoTablesWhenAskedForNone(SuiteSession& session) {
  session.Init(session.options.spec);
  Schemas schemas;
  EXPECT_EQ(session.client->GetTables(Asking({}), &schemas), RpcStatus());
  EXPECT_THAT(schemas, IsEmpty());
  auto ask = session.ask();
  ask.filter = Asking({});
  const SyncAnswer answer = session.client->Sync(ask);
  EXPECT_EQ(answer.status, RpcStatus());
  EXPECT_THAT(answer.messages, IsEmpty());
}

void TestsConnectionsWithoutInit(SuiteSession& session) {
  ConnectionTest answer;
  const RpcStatus status = session.client->TestConnection(session.options.spec, &answer);
  if (!session.options.tests_connection) {
    EXPECT_EQ(status,
              (RpcStatus{RpcCode::kUnimplemented,
                         "TestConnection feature is not implemented in this plugin"}));
    return;
  }
  EXPECT_EQ(status, RpcStatus());
  EXPECT_TRUE(answer.success) << answer.failure_code << ": "
                              << answer.failure_description;
  if (session.options.bad_spec.empty()) return;
  session.Init(session.options.spec);
  EXPECT_EQ(session.client->TestConnection(session.options.bad_spec, &answer),
            RpcStatus());
  EXPECT_FALSE(answer.success);
  EXPECT_THAT(answer.failure_code, Not(IsEmpty()));
  EXPECT_THAT(answer.failure_description, Not(IsEmpty()));
  EXPECT_EQ(session.client->Sync(session.ask()).status, RpcStatus())
      << "a connection test disturbed the session";
}

}  // namespace

std::vector<SuiteCheck> SessionChecks() {
  return {{"describes itself before Init", DescribesItselfBeforeInit},
          {"refuses calls before Init", RefusesCallsBeforeInit},
          {"answers what a source lacks", AnswersWhatASourceLacks},
          {"can be initialised again", CanBeInitialisedAgain},
          {"takes an absent spec for an empty one", TakesAnAbsentSpecForAnEmptyOne},
          {"refuses a bad spec", RefusesABadSpec},
          {"refuses patterns without a match", RefusesPatternsWithoutAMatch},
          {"gives no tables when asked for none", GivesNoTablesWhenAskedForNone},
          {"tests connections without Init", TestsConnectionsWithoutInit}};
}

}  // namespace cq::testing
