#pragma once

#include <string>

namespace launcher {

/// A package that is one file: the launcher, then the files of lib/cq-source-s3, then a
/// trailer of 64 bytes. All numbers are unsigned, 8 bytes, little endian.
///
///   file:     size of the name, name, size of the content, mode, content
///   trailer:  "cq-source-s3 one file v1" (24 bytes), offset of the first file, number of
///             files, a name for this content (24 bytes, [0-9a-f])
///
/// packaging/single_file.py writes it.

/// The folder with the files of the package that `executable` is, unpacked there now or
/// earlier: beside the executable, or, where that cannot be written, in the user's cache
/// ($XDG_CACHE_HOME, ~/.cache). Appears at once and whole, however many start together.
/// Empty, with no error: `executable` is only the launcher. Empty, with `error`: it could
/// not be read or unpacked.
std::string UnpackedFolder(const std::string& executable, std::string* error);

}  // namespace launcher
