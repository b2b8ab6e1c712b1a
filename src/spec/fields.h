#pragma once

#include <arrow/status.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "spec/byte_size.h"
#include "spec/duration.h"
#include "spec/spec.h"

namespace s3source {

/// One field of the spec. Parser, checks, messages and JSON schema all come from this
/// table.
struct Field {
  using Member = std::variant<std::string Spec::*, int64_t Spec::*, bool Spec::*,
                              ByteSize Spec::*, Duration Spec::*>;  // decides the type

  /// Of a field inside of an object: "object.field".
  std::string_view name;
  Member member;
  bool required;
  std::string_view description;
  /// What the schema says besides type, description and default: a JSON object.
  std::string_view schema;
  /// Checks the parsed value and may tidy it; null: any value will do.
  arrow::Status (*check)(Spec&);
};

/// All fields, in the order in which they are checked and documented.
std::span<const Field> SpecFields();

}  // namespace s3source
