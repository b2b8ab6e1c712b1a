#pragma once

#include <string>
#include <string_view>

namespace s3source {

/// The table an object belongs to, from its key: the directory's path (or, at the root,
/// the file name without its last extension), every run of other characters than A-Z a-z
/// 0-9 as one `_`, trimmed. The very rules of the Go plugin, Go's path.Clean included. ""
/// when nothing is left.
std::string TableName(std::string_view key);

/// The part of `key` that its table's name is made of: the directory with its last `/`,
/// as it is written, or the whole key where the file's name counts. Keys of one origin
/// share a table.
std::string_view TableOrigin(std::string_view key);

}  // namespace s3source
