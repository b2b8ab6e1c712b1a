#pragma once

#include <arrow/result.h>

#include <memory>
#include <stop_token>

#include "read/object_reader.h"
#include "store/object_store.h"

namespace parquet {
class FileMetaData;
class ReaderProperties;
}  // namespace parquet

namespace s3source {

/// The footer of an object, checked as far as it says nothing of the data. One that is
/// larger than `fetched->tail` is fetched, which makes the tail larger. May throw what
/// the Parquet library throws.
arrow::Result<std::shared_ptr<parquet::FileMetaData>> ReadFooter(
    ObjectStore& store, FetchedObject* fetched, const ReadOptions& options,
    const parquet::ReaderProperties& properties, std::stop_token stop);

}  // namespace s3source
