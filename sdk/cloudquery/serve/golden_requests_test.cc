#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloudquery/plugin/v3/plugin.pb.h"
#include "cloudquery/testing/golden_files.h"

// The field numbers of our .proto files are those of the real client's messages.

namespace cq {
namespace {

using ::testing::ElementsAre;

TEST(GoldenRequests, InitIsUnderstood) {
  cloudquery::plugin::v3::Init::Request request;
  ASSERT_TRUE(request.ParseFromString(testing::GoldenText("init_request.pb")));
  EXPECT_EQ(request.spec(), R"({"bucket":"b","region":"us-east-1"})");
  EXPECT_TRUE(request.no_connection());
  EXPECT_EQ(request.invocation_id(), "550e8400-e29b-41d4-a716-446655440000");
  EXPECT_EQ(request.SerializeAsString(), testing::GoldenText("init_request.pb"));
}

TEST(GoldenRequests, SyncIsUnderstood) {
  cloudquery::plugin::v3::Sync::Request request;
  ASSERT_TRUE(request.ParseFromString(testing::GoldenText("sync_request.pb")));
  EXPECT_THAT(request.tables(), ElementsAre("*"));
  EXPECT_THAT(request.skip_tables(), ElementsAre("logs"));
  EXPECT_TRUE(request.skip_dependent_tables());
  EXPECT_TRUE(request.deterministic_cq_id());
  EXPECT_TRUE(request.witherrormessages());
  EXPECT_EQ(request.backend().table_name(), "cq_state_s3");
  EXPECT_EQ(request.backend().connection(), "unix:///tmp/cq-abcdefghijklmnop.sock");
  EXPECT_EQ(request.shard().num(), 1);
  EXPECT_EQ(request.shard().total(), 4);
}

TEST(GoldenRequests, GetTablesIsUnderstood) {
  cloudquery::plugin::v3::GetTables::Response response;
  ASSERT_TRUE(response.ParseFromString(testing::GoldenText("get_tables_response.pb")));
  EXPECT_EQ(response.tables_size(), 2);
}

}  // namespace
}  // namespace cq
