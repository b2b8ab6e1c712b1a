#include "store/storage_class.h"

#include "cloudquery/log/printable.h"
#include "store/fault.h"

namespace s3source {

bool IsArchived(const Object& object) {
  return object.storage_class == "GLACIER" || object.storage_class == "DEEP_ARCHIVE";
}

arrow::Status ArchivedFault(const std::string& bucket, const Object& object) {
  return MakeFault(FaultReason::kArchived,
                   "s3://" + bucket + "/" + cq::Printable(object.key) +
                       ": archived (storage class " +
                       cq::Printable(object.storage_class, 64) +
                       "), not requested; copy it to a class that can be read at once");
}

}  // namespace s3source
