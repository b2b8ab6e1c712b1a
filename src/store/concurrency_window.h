#pragma once

#include <cstdint>

namespace s3source {

/// How many reads may be under way at a time, learnt from the store's answers: half as
/// many where it asks for fewer requests, one more after a whole window of good answers.
/// Pure, for one thread.
class ConcurrencyWindow {
 public:
  /// Between 1 and `most`, with which it begins.
  explicit ConcurrencyWindow(int64_t most) : most_(most), allowed_(most) {}

  int64_t allowed() const { return allowed_; }
  int64_t under_way() const { return under_way_; }
  bool MayBegin() const { return under_way_ < allowed_; }

  void Begin();
  /// A read has ended, `good` where it brought its bytes.
  void End(bool good);
  /// The store refused an attempt. Whether fewer are allowed now: not again before as
  /// many reads have ended as were under way at the last time, since their attempts were
  /// all made too early to tell anything new.
  bool Throttle();

 private:
  const int64_t most_;
  int64_t allowed_;
  int64_t under_way_ = 0;
  int64_t peak_ = 0;  ///< the most under way since the last halving
  int64_t old_ = 0;   ///< reads under way at the last halving that have not ended
  int64_t good_ = 0;
};

}  // namespace s3source
