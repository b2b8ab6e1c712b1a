// Lists a bucket as the plugin does, drops the keys, and prints one line of JSON.
//
//   list_only --endpoint URL --bucket NAME [--concurrency N]
//
// With a concurrency of 1 one page is asked for after the other.

#include <arrow/result.h>
#include <arrow/status.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "cloudquery/log/logger.h"
#include "spec/spec.h"
#include "store/process_environment.h"
#include "store/s3_options.h"
#include "store/s3_store.h"

namespace {

/// Writes nothing: what a listing warns of, the plugin does too.
class Silence final : public cq::Logger {
 public:
  void Log(cq::LogLevel, std::string_view, cq::LogFields) override {}
  bool Enabled(cq::LogLevel) const override { return false; }
  void SetInvocationId(std::string_view) override {}
};

struct Listed {
  int64_t keys = 0;
  double wall_seconds = 0;
};

arrow::Result<Listed> List(const s3source::Spec& spec) {
  Silence logger;
  ARROW_ASSIGN_OR_RAISE(
      const auto store,
      s3source::S3Store::Open(s3source::MakeS3Options(spec, s3source::ProcessEnvironment),
                              logger));
  Listed listed;
  const auto begin = std::chrono::steady_clock::now();
  ARROW_RETURN_NOT_OK(store->List("", {}, [&](const std::vector<s3source::Object>& page) {
    listed.keys += static_cast<int64_t>(page.size());
    return arrow::Status::OK();
  }));
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  listed.wall_seconds = wall.count();
  return listed;
}

}  // namespace

int main(int argc, char** argv) {
  s3source::Spec spec;
  spec.region = "us-east-1";
  spec.path_style = true;
  CLI::App app("Lists a bucket as the plugin does, and drops the keys.");
  app.add_option("--endpoint", spec.endpoint)->required();
  app.add_option("--bucket", spec.bucket)->required();
  app.add_option("--concurrency", spec.concurrency, "requests at a time");
  CLI11_PARSE(app, argc, argv);
  const auto listed = List(spec);
  if (!listed.ok()) {
    std::fprintf(stderr, "list_only: %s\n", listed.status().ToString().c_str());
    return 1;
  }
  std::printf("{\"keys\": %lld, \"wall_seconds\": %.4f}\n",
              static_cast<long long>(listed->keys), listed->wall_seconds);
  return 0;
}
