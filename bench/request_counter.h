#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// Requests to an S3 service, by kind.
struct RequestCounts {
  int64_t list = 0;    ///< pages of ListObjectsV2
  int64_t get = 0;     ///< of objects
  int64_t ranged = 0;  ///< of these, the ones with a Range header
  int64_t head = 0;
  int64_t other = 0;
};

/// Reads the requests of one connection as their bytes go by, and counts them. Bodies
/// must have a Content-Length.
class RequestCounter {
 public:
  /// `counts` outlives the counter.
  explicit RequestCounter(RequestCounts& counts) : counts_(counts) {}

  void Add(std::string_view bytes);

 private:
  void CountHead(std::string_view head);

  RequestCounts& counts_;
  std::string head_;        ///< of the request under way
  uint64_t body_left_ = 0;  ///< bytes that belong to no head
};

}  // namespace bench
