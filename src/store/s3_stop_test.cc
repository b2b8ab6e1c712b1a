// What ends when S3Store is stopped or destroyed.
#include <future>
#include <thread>

#include "store/testing/s3_faults.h"

namespace s3source::testing {
namespace {

using ::testing::SizeIs;

TEST_F(S3Faults, StopEndsAReadThatHangs) {
  std::promise<void> arrived;
  Serve([&](const Request&, size_t) {
    arrived.set_value();
    return Answer{.stall = true};
  });
  std::stop_source stop;
  auto read = store_->Read(object_, {0, 10}, stop.get_token());
  arrived.get_future().wait();
  stop.request_stop();
  EXPECT_TRUE(read.is_finished()) << "a stop is answered at once";
  EXPECT_TRUE(read.status().IsCancelled()) << read.status().ToString();
}

TEST_F(S3Faults, DestructionEndsABodyAfterWhichTheConnectionIsToBeClosed) {
  change_ = [](S3Options& options) { options.slow_timeout = std::chrono::hours(1); };
  Serve([&](const Request&, size_t) {
    Answer answer{206, kHeaders, "0123"};
    answer.headers["Connection"] = "close";
    answer.headers["Date"] = "Tue, 02 Jan 2024 05:04:05 GMT";
    answer.declared_length = 10;
    return answer;
  });
  auto read = store_->Read(object_, {0, 10}, {});
  // Until the head has been read, which tells the server's time.
  while (store_->ClockOffset().count() == 0) std::this_thread::yield();
  store_.reset();
  EXPECT_TRUE(read.is_finished());
}

TEST_F(S3Faults, StopEndsAReadThatWaitsForItsNextAttempt) {
  change_ = [](S3Options& options) { options.retry_base = std::chrono::seconds(2); };
  for (const int status : {503, 429}) {
    SCOPED_TRACE(status);
    std::promise<void> arrived;
    Serve([&](const Request&, size_t) {
      arrived.set_value();
      return Answer{status, {}, ""};
    });
    std::stop_source stop;
    auto read = store_->Read(object_, {0, 10}, stop.get_token());
    arrived.get_future().wait();
    stop.request_stop();
    EXPECT_TRUE(read.is_finished()) << "a stop is answered at once";
    EXPECT_TRUE(read.status().IsCancelled()) << read.status().ToString();
    store_.reset();
    EXPECT_THAT(server_->requests(), SizeIs(1));
    server_.reset();  // before the promise
  }
}

TEST_F(S3Faults, DestructionEndsAReadThatWaitsForItsNextAttempt) {
  change_ = [](S3Options& options) {
    options.retry_base = std::chrono::milliseconds(100);
  };
  for (const int status : {503, 429}) {
    SCOPED_TRACE(status);
    std::promise<void> arrived;
    Serve([&](const Request&, size_t number) {
      if (number == 0) arrived.set_value();
      return Answer{status, {}, ""};
    });
    auto read = store_->Read(object_, {0, 10}, {});
    arrived.get_future().wait();
    store_.reset();
    ASSERT_TRUE(read.is_finished());
    EXPECT_FALSE(read.status().ok());
    server_.reset();  // before the promise
  }
}

TEST_F(S3Faults, AfterStopNothingIsAskedFor) {
  Serve([](const Request&, size_t) { return Answer{200, {}, Page("", "")}; });
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(List("", stop.get_token()).status().IsCancelled());
  EXPECT_TRUE(store_->Read(object_, {0, 10}, stop.get_token()).status().IsCancelled());
  ASSERT_OK(List());
  EXPECT_THAT(server_->requests(), SizeIs(1)) << "only the one without a stop";
}

TEST_F(S3Faults, ABrokenPageIsNotAskedForAgainAfterStop) {
  std::stop_source stop;
  Serve([&](const Request&, size_t) {
    stop.request_stop();
    return Answer{200, {}, "no page"};
  });
  EXPECT_TRUE(List("", stop.get_token()).status().IsCancelled());
  EXPECT_THAT(server_->requests(), SizeIs(1));
}

TEST_F(S3Faults, DestructionEndsAReadThatHangs) {
  std::promise<void> arrived;
  Serve([&](const Request&, size_t) {
    arrived.set_value();
    return Answer{.stall = true};
  });
  auto read = store_->Read(object_, {0, 10}, {});
  arrived.get_future().wait();
  store_.reset();
  ASSERT_TRUE(read.is_finished());
  EXPECT_TRUE(read.status().IsCancelled()) << read.status().ToString();
}

}  // namespace
}  // namespace s3source::testing
