#include "read/object_fault.h"

#include "cloudquery/log/printable.h"
#include "store/fault.h"

namespace s3source {

std::string ObjectName(std::string_view bucket, const Object& object) {
  return "s3://" + std::string(bucket) + "/" + cq::Printable(object.key);
}

arrow::Status Malformed(std::string_view bucket, const Object& object,
                        std::string_view what) {
  return MakeFault(FaultReason::kMalformed,
                   ObjectName(bucket, object) +
                       " cannot be read as Parquet: " + cq::Printable(what, 512) +
                       ". Replace or remove the object, or narrow path_prefix");
}

arrow::Status TooLarge(std::string_view bucket, const Object& object,
                       std::string_view what) {
  return MakeFault(FaultReason::kObjectUnreadable,
                   ObjectName(bucket, object) +
                       " is too large to be decoded: " + cq::Printable(what, 512) +
                       ". Write it with smaller row groups, pages and values, or narrow "
                       "path_prefix to leave it out");
}

arrow::Status NoMemory(std::string_view bucket, const Object& object,
                       std::string_view what) {
  return MakeFault(FaultReason::kNoMemory,
                   ObjectName(bucket, object) +
                       " cannot be decoded: " + cq::Printable(what, 512) +
                       ". The next sync tries it again; give the plugin more memory, or "
                       "write the object with smaller pages and dictionaries");
}

}  // namespace s3source
