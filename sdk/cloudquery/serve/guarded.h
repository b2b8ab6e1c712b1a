#pragma once

#include <arrow/status.h>

#include <exception>
#include <new>

#include "cloudquery/log/printable.h"

namespace cq {

/// Runs plugin code at the door of an RPC: what it throws, or a library inside it,
/// becomes a status and the process goes on. `verb` returns an arrow::Status or an
/// arrow::Result.
template <typename Verb>
auto Guarded(Verb&& verb) -> decltype(verb()) {
  try {
    return verb();
  } catch (const std::bad_alloc&) {
    return arrow::Status::OutOfMemory(
        "out of memory: give the plugin more memory or lower its limits");
  } catch (const std::exception& error) {
    return arrow::Status::UnknownError("unexpected exception: ", Printable(error.what()));
  } catch (...) {
    return arrow::Status::UnknownError("unexpected exception of an unknown type");
  }
}

}  // namespace cq
