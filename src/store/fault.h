#pragma once

#include <arrow/status.h>

#include <string>
#include <string_view>

namespace s3source {

/// What went wrong with the store or an object, decided where it happened.
enum class FaultReason {
  kGone,              ///< the object was deleted after it was listed
  kChanged,           ///< the object was overwritten after it was listed
  kMalformed,         ///< not a Parquet file, or one that cannot be decoded
  kArchived,          ///< its storage class needs a restore first
  kObjectDenied,      ///< no permission to read this object
  kObjectUnreadable,  ///< any other failure of one object
  kNoMemory,          ///< the objects beside it left too little memory
  kBucketDenied,      ///< no permission to list
  kNoBucket,          ///< the bucket does not exist
  kWrongRegion,       ///< the bucket is in another region
  kCredentials,       ///< none found, unknown, expired, or a wrong signature
  kUnreachable,       ///< no connection: DNS, refused, TLS, timeouts
  kUnavailable,       ///< the service keeps failing after all retries
  kBadListing,        ///< a listing that cannot be trusted
  kCancelled,
};

/// How far a fault reaches. Decided in one function.
enum class FaultReach {
  kSkipObject,  ///< warn, count an error, go on without this object, which stays owed
  kFailSync,    ///< nothing can go on
  kCancelled,
};

FaultReach ReachOf(FaultReason reason);

/// Two or three words for a log field, "wrong region".
std::string_view NameOf(FaultReason reason);

/// A status whose text is `text` (which names bucket and key and says what to do) and
/// that carries `reason`.
arrow::Status MakeFault(FaultReason reason, std::string text);

/// The reason a status carries. A status without one: kCancelled when it is Cancelled,
/// else kObjectUnreadable.
FaultReason ReasonOf(const arrow::Status& status);
bool HasFault(const arrow::Status& status);

}  // namespace s3source
