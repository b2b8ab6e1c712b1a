#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <filesystem>
#include <string_view>

namespace s3source {

/// Files that are still there after the machine lost its power. Errors are IOError and
/// name the path.

/// Flushes a file or a folder (that is, which names it holds) to the disk.
arrow::Status SyncToDisk(const std::filesystem::path& path);

/// Writes a new file, or over an old one, and flushes it. The folder is not flushed.
arrow::Status WriteDurably(const std::filesystem::path& path, std::string_view content);

/// Moves a file over another, if there is one, at once. Neither folder is flushed.
arrow::Status RenameFile(const std::filesystem::path& from,
                         const std::filesystem::path& to);

/// Makes a folder with its parents; each folder that got a new entry is flushed.
arrow::Status MakeFolder(const std::filesystem::path& path);

/// Removes a file or a folder with all in it. Nothing there is no error.
arrow::Status RemoveAll(const std::filesystem::path& path);

/// Whether something is there.
arrow::Result<bool> Exists(const std::filesystem::path& path);

}  // namespace s3source
