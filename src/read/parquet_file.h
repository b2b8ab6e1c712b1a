#pragma once

#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <memory>

#include "read/range_file.h"

namespace s3source {

/// The Parquet library's reader of a file whose footer is known, which takes the pages of
/// its column chunks by ChunkStream and SnappyPageReader. It knows neither page indexes
/// nor Bloom filters, and nothing that is encrypted; pre-buffering must not be asked for.
/// Its members throw what the library throws. Not thread-safe.
std::unique_ptr<parquet::ParquetFileReader> OpenParquet(
    std::shared_ptr<RangeFile> file, const parquet::ReaderProperties& properties,
    std::shared_ptr<parquet::FileMetaData> footer);

}  // namespace s3source
