#include "cloudquery/serve/framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cloudquery/plugin/v3/plugin.pb.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/golden_files.h"

namespace cq {
namespace {

using Response = cloudquery::plugin::v3::Sync::Response;

std::string Bytes(const grpc::ByteBuffer& message) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(message.Dump(&slices).ok());
  std::string all;
  for (const auto& slice : slices) {
    all.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return all;
}

EncodedRecord RecordOf(std::vector<std::string> pieces) {
  EncodedRecord record;
  for (auto& piece : pieces) {
    record.size_bytes += static_cast<int64_t>(piece.size());
    record.pieces.push_back(arrow::Buffer::FromString(std::move(piece)));
  }
  return record;
}

TEST(Framing, WritesTheMessagesOfAGoPlugin) {
  const auto schema = testing::GoldenBytes("all_types.schema.bin");
  EXPECT_EQ(Bytes(FrameMigrateTable(schema)),
            testing::GoldenText("all_types.sync_migrate_response.pb"));
  EXPECT_EQ(Bytes(FrameInsert(RecordOf({testing::GoldenText("all_types.record.bin")}))),
            testing::GoldenText("all_types.sync_insert_response.pb"));
  EXPECT_EQ(Bytes(FrameError("data_2024", "boom")),
            testing::GoldenText("sync_error_response.pb"));
}

TEST(Framing, KeepsTheOrderOfPiecesOfEverySize) {
  // Lengths around the ends of varints and around what is gathered instead of referred
  // to.
  const std::vector<size_t> sizes = {0, 1, 127, 128, 16383, 16384, 16385, 2097152};
  for (const size_t first : sizes) {
    for (const size_t second : sizes) {
      SCOPED_TRACE(std::to_string(first) + " and " + std::to_string(second));
      const std::vector<std::string> pieces = {std::string(first, 'a'),
                                               std::string(second, 'b'), "c"};
      Response response;
      ASSERT_TRUE(response.ParseFromString(Bytes(FrameInsert(RecordOf(pieces)))));
      EXPECT_EQ(response.insert().record(), pieces[0] + pieces[1] + pieces[2]);
    }
  }
}

TEST(Framing, CopiesSmallBuffersTogetherAndLetsThemGo) {
  auto record = RecordOf({std::string(10'000, 'x'), "y", std::string(16'000, 'z')});
  const std::weak_ptr<arrow::Buffer> buffer = record.pieces[2];
  const grpc::ByteBuffer message = FrameInsert(std::move(record));
  EXPECT_TRUE(buffer.expired());
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(message.Dump(&slices).ok());
  EXPECT_EQ(slices.size(), 1u);
}

TEST(Framing, SharesLargeBuffersAndLetsThemGo) {
  auto record = RecordOf({std::string(100'000, 'x')});
  const std::weak_ptr<arrow::Buffer> buffer = record.pieces[0];
  const auto* data = record.pieces[0]->data();
  {
    const grpc::ByteBuffer message = FrameInsert(std::move(record));
    ASSERT_FALSE(buffer.expired());
    std::vector<grpc::Slice> slices;
    ASSERT_TRUE(message.Dump(&slices).ok());
    ASSERT_EQ(slices.size(), 2u);
    EXPECT_EQ(slices[1].begin(), data) << "the bytes were copied";
  }
  EXPECT_TRUE(buffer.expired()) << "the message is gone and its memory is not";
}

}  // namespace
}  // namespace cq
