#include "cloudquery/testing/source_suite.h"

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cloudquery/testing/void_plugin.h"

namespace cq::testing {
namespace {

using ::testing::HasSubstr;

TEST(SourceSuite, IsPassedByAPluginThatDoesNothing) {
  RunSourceSuite([](Logger&) { return std::make_unique<VoidPlugin>(); }, {.filter = {}});
}

/// A plugin with one table of one row and with a flaw.
class FlawedPlugin final : public SourcePlugin {
 public:
  enum class Flaw { kNone, kTableUnannounced, kOtherSchema, kIdTwice, kErrorMessage };

  explicit FlawedPlugin(Flaw flaw) : flaw_(flaw) {}

  std::string name() const override { return "flawed"; }
  std::string version() const override { return "v1"; }
  arrow::Status Init(const InitRequest&) override { return arrow::Status::OK(); }
  arrow::Result<Tables> GetTables(const TableFilter& filter, std::stop_token) override {
    Tables tables = {IdsOnly("t")};
    if (flaw_ == Flaw::kTableUnannounced) tables.push_back(IdsOnly("u"));
    return FilterTables(tables, filter);
  }
  arrow::Status Sync(const SyncRequest& request, SyncContext context) override {
    ARROW_ASSIGN_OR_RAISE(const auto tables, GetTables(request.filter, context.stop));
    if (tables.empty()) return arrow::Status::OK();
    Table table = IdsOnly("t");
    if (flaw_ == Flaw::kOtherSchema) table.title = "another title";
    ARROW_RETURN_NOT_OK(context.sink.MigrateTable(table));
    if (flaw_ == Flaw::kErrorMessage) {
      ARROW_RETURN_NOT_OK(context.sink.Error("t", "fine"));
    }
    arrow::FixedSizeBinaryBuilder ids(arrow::fixed_size_binary(16));
    ARROW_RETURN_NOT_OK(ids.Append(std::string(16, 'a')));
    ARROW_RETURN_NOT_OK(ids.Append(std::string(16, flaw_ == Flaw::kIdTwice ? 'a' : 'b')));
    ARROW_ASSIGN_OR_RAISE(auto array, ids.Finish());
    array = arrow::ExtensionType::WrapArray(table.columns[0].type, array);
    return context.sink.Insert(
        "t", *arrow::RecordBatch::Make(ToArrowSchema(table), 2, {array}));
  }

 private:
  static Table IdsOnly(const std::string& name) {
    return {.name = name, .columns = {CqIdColumn(/*primary_key=*/true)}};
  }

  const Flaw flaw_;
};

/// The texts of the failures of the suite with a plugin of this flaw.
std::string FailuresWith(FlawedPlugin::Flaw flaw) {
  ::testing::TestPartResultArray failures;
  {
    ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &failures);
    RunSourceSuite([flaw](Logger&) { return std::make_unique<FlawedPlugin>(flaw); }, {});
  }
  std::string texts;
  for (int i = 0; i < failures.size(); ++i) {
    if (failures.GetTestPartResult(i).failed())
      texts += failures.GetTestPartResult(i).message();
  }
  return texts;
}

TEST(SourceSuite, FindsFlaws) {
  using Flaw = FlawedPlugin::Flaw;
  EXPECT_EQ(FailuresWith(Flaw::kNone), "");
  EXPECT_EQ(FailuresWith(Flaw::kErrorMessage), "")
      << "the server leaves out what was not allowed";
  EXPECT_THAT(FailuresWith(Flaw::kTableUnannounced), HasSubstr("listed and not synced"));
  EXPECT_THAT(FailuresWith(Flaw::kOtherSchema), HasSubstr("another title"));
  EXPECT_THAT(FailuresWith(Flaw::kIdTwice), HasSubstr("comes twice"));
}

}  // namespace
}  // namespace cq::testing
