#include "sync/receipts.h"

#include <arrow/array/array_base.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <utility>
#include <vector>

#include "cloudquery/schema/table.h"

namespace s3source {
namespace {

constexpr char kReceiptColumn[] = "receipt";
constexpr char kSourceColumn[] = "source";

/// Without a key, as the key of a table must not change with the write mode, and not
/// incremental, so that old receipts go where stale rows go.
cq::Table ReceiptsTable() {
  return {.name = kReceiptsTable,
          .columns = {{.name = kReceiptColumn, .type = arrow::utf8()},
                      {.name = kSourceColumn, .type = arrow::utf8()}}};
}

}  // namespace

bool StoredReceipts::Has(const std::string& receipt) {
  if (!receipts_) {
    receipts_.emplace();
    auto texts = state_.ReadTexts(kReceiptsTable, kReceiptColumn);
    if (texts.ok()) {
      receipts_->insert(texts->begin(), texts->end());
    } else {
      logger_.Warn("the receipts of earlier syncs cannot be read from the state backend",
                   {{"table", kReceiptsTable}, {"error", texts.status().message()}});
    }
  }
  return receipts_->contains(receipt);
}

arrow::Status SendReceipt(const TableSyncs& tables, const std::string& receipt,
                          const std::string& source, cq::SyncSink& sink) {
  for (const auto& table : tables) {
    if (table->counts().rows > 0) ARROW_RETURN_NOT_OK(table->AnnounceAgain());
  }
  const cq::Table table = ReceiptsTable();
  ARROW_RETURN_NOT_OK(sink.MigrateTable(table));
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const std::string& text : {receipt, source}) {
    ARROW_ASSIGN_OR_RAISE(columns.emplace_back(),
                          arrow::MakeArrayFromScalar(arrow::StringScalar(text), 1));
  }
  return sink.Insert(table.name, *arrow::RecordBatch::Make(cq::ToArrowSchema(table), 1,
                                                           std::move(columns)));
}

}  // namespace s3source
