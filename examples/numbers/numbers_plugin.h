#pragma once

#include <arrow/api.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cloudquery/schema/extension_types.h"
#include "cloudquery/serve/source_plugin.h"

/// A whole CloudQuery source: the table `numbers` counts from 1, its child `divisors`
/// holds each number's divisors. With a state backend, a sync goes on counting where the
/// last one ended.
/// Spec: count, how many numbers a sync sends (100; 0: it counts until it is stopped).
class NumbersPlugin final : public cq::SourcePlugin {
 public:
  std::string name() const override { return "numbers"; }
  std::string version() const override { return "v1.0.0"; }
  std::optional<std::string> spec_schema() const override {
    return R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",)"
           R"("properties":{"count":{"type":"integer","minimum":0}},"additionalProperties":false})";
  }

  arrow::Status Init(const cq::InitRequest& request) override {
    return ParseCount(request.spec_json).Value(&count_);
  }

  arrow::Result<cq::ConnectionTest> TestConnection(const std::string& spec_json,
                                                   std::stop_token) override {
    const auto count = ParseCount(spec_json);
    return cq::ConnectionTest{.success = count.ok(),
                              .failure_code = "INVALID_SPEC",
                              .failure_description = count.status().message()};
  }

  arrow::Result<cq::Tables> GetTables(const cq::TableFilter& filter,
                                      std::stop_token) override {
    const cq::Table numbers = TableOf("numbers", "number");
    cq::Table divisors = TableOf("divisors", "divisor");
    divisors.parent = numbers.name;
    return cq::FilterTables({numbers, divisors}, filter);
  }

  arrow::Status Sync(const cq::SyncRequest& request, cq::SyncContext context) override {
    ARROW_ASSIGN_OR_RAISE(const cq::Tables tables,
                          GetTables(request.filter, context.stop));
    for (const auto& table : tables) {
      ARROW_RETURN_NOT_OK(context.sink.MigrateTable(table));
    }
    if (tables.empty()) return arrow::Status::OK();
    const bool with_divisors = tables.size() == 2;  // never without their parent
    const std::string last = context.state.Get(kStateKey);
    int64_t next = last.empty() ? 1 : std::stoll(last) + 1;
    const int64_t end = count_ == 0 ? INT64_MAX : next + count_;
    while (next < end) {
      if (context.stop.stop_requested()) return arrow::Status::Cancelled("stopped");
      Rows numbers, divisors;
      for (int i = 0; i < kBatchRows && next < end; ++i, ++next) {
        ARROW_RETURN_NOT_OK(numbers.Append(Id(next, 0), "", next));
        for (int64_t divisor = 1; with_divisors && divisor <= next && divisor <= 10;
             ++divisor) {
          if (next % divisor != 0) continue;
          ARROW_RETURN_NOT_OK(divisors.Append(Id(next, divisor), Id(next, 0), divisor));
        }
      }
      ARROW_RETURN_NOT_OK(numbers.Send(tables[0], context.sink));
      if (with_divisors) ARROW_RETURN_NOT_OK(divisors.Send(tables[1], context.sink));
    }
    context.state.Set(kStateKey, std::to_string(next - 1));
    return context.state.Flush();
  }

 private:
  static constexpr char kStateKey[] = "numbers/last";
  static constexpr int kBatchRows = 10'000;

  /// Columns of a table under construction: _cq_id, _cq_parent_id and a number.
  struct Rows {
    arrow::FixedSizeBinaryBuilder ids{arrow::fixed_size_binary(16)};
    arrow::FixedSizeBinaryBuilder parents{arrow::fixed_size_binary(16)};
    arrow::Int64Builder values;

    arrow::Status Append(const std::string& id, const std::string& parent,
                         int64_t value) {
      ARROW_RETURN_NOT_OK(ids.Append(id));
      ARROW_RETURN_NOT_OK(parent.empty() ? parents.AppendNull() : parents.Append(parent));
      return values.Append(value);
    }

    arrow::Status Send(const cq::Table& table, cq::SyncSink& sink) {
      const int64_t rows = ids.length();
      ARROW_ASSIGN_OR_RAISE(auto id, ids.Finish());
      ARROW_ASSIGN_OR_RAISE(auto parent, parents.Finish());
      ARROW_ASSIGN_OR_RAISE(auto value, values.Finish());
      id = arrow::ExtensionType::WrapArray(cq::Uuid(), id);
      parent = arrow::ExtensionType::WrapArray(cq::Uuid(), parent);
      return sink.Insert(
          table.name,
          *arrow::RecordBatch::Make(cq::ToArrowSchema(table), rows, {id, parent, value}));
    }
  };

  static cq::Table TableOf(const std::string& name, const std::string& column) {
    return {.name = name,
            .is_incremental = true,  // else the CLI would delete what earlier syncs sent
            .columns = {cq::CqIdColumn(/*primary_key=*/true),
                        cq::CqParentIdColumn(),
                        {.name = column, .type = arrow::int64()}}};
  }

  static arrow::Result<int64_t> ParseCount(const std::string& spec_json) {
    const auto spec =
        nlohmann::json::parse(spec_json, nullptr, /*allow_exceptions=*/false);
    if (!spec.is_object())
      return arrow::Status::Invalid("the spec must be a JSON object");
    for (const auto& [field, value] : spec.items()) {
      if (field != "count")
        return arrow::Status::Invalid("unknown spec field: only count is known");
      if (!value.is_number_integer() || value < 0) {
        return arrow::Status::Invalid(
            "spec field count must be an integer of at least 0");
      }
    }
    return spec.value("count", int64_t{100});
  }

  /// A UUID of version 8 made of two numbers: the same row has the same id in each sync.
  static std::string Id(int64_t number, int64_t divisor) {
    std::string id(16, '\0');
    for (int i = 0; i < 6; ++i) id[i] = static_cast<char>(number >> (40 - 8 * i));
    id[6] = '\x80';
    id[8] = '\x80';
    id[15] = static_cast<char>(divisor);
    return id;
  }

  int64_t count_ = 100;
};
