#include "sync/object_pieces.h"

#include <utility>

namespace s3source {

ObjectPieces::ObjectPieces(std::stop_token stop)
    : on_stop_(std::move(stop), [this] { stop_.request_stop(); }) {}

void ObjectPieces::Add(int64_t pieces) {
  const std::lock_guard lock(mutex_);
  left_ += pieces;
}

std::optional<Delivered> ObjectPieces::End(const Delivered& piece) {
  std::optional<Delivered> together;
  {
    const std::lock_guard lock(mutex_);
    together_.rows += piece.rows;
    // The failures after it are those of pieces that were stopped because of it.
    if (together_.status.ok()) together_.status = piece.status;
    if (--left_ == 0) together = together_;
  }
  if (!piece.status.ok()) stop_.request_stop();
  return together;
}

}  // namespace s3source
