#pragma once

#include <arrow/buffer.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace cq::testing {

/// A file of tests/golden. The test's target defines CQS3_GOLDEN_DIR.
inline std::string GoldenText(const std::string& name) {
  std::ifstream file(std::string(CQS3_GOLDEN_DIR) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::shared_ptr<arrow::Buffer> GoldenBytes(const std::string& name) {
  return arrow::Buffer::FromString(GoldenText(name));
}

inline nlohmann::json GoldenJson(const std::string& name) {
  return nlohmann::json::parse(GoldenText(name));
}

}  // namespace cq::testing
