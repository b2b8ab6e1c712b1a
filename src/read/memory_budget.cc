#include "read/memory_budget.h"

#include <algorithm>
#include <utility>

namespace s3source {

MemoryCharge::MemoryCharge(std::shared_ptr<MemoryBudget> budget, int64_t bytes)
    : budget_(std::move(budget)), bytes_(bytes) {}

MemoryCharge::MemoryCharge(MemoryCharge&& other) noexcept
    : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}

MemoryCharge& MemoryCharge::operator=(MemoryCharge&& other) noexcept {
  if (this == &other) return *this;
  if (budget_ != nullptr) budget_->Release(bytes_);
  budget_ = std::move(other.budget_);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

MemoryCharge::~MemoryCharge() {
  if (budget_ != nullptr) budget_->Release(bytes_);
}

std::shared_ptr<MemoryBudget> MemoryBudget::Make(const MemoryLimits& limits) {
  return std::shared_ptr<MemoryBudget>(new MemoryBudget(limits));
}

MemoryCharge MemoryBudget::Take(int64_t bytes) {
  charged_ += bytes;
  used_ += bytes;
  return {shared_from_this(), bytes};
}

MemoryCharge MemoryBudget::Charge(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  return Take(bytes);
}

std::optional<MemoryCharge> MemoryBudget::TryCharge(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (!Fits(bytes)) return std::nullopt;
  return Take(bytes);
}

std::optional<MemoryCharge> MemoryBudget::AwaitCharge(int64_t bytes,
                                                      std::stop_token stop) {
  const int64_t room = std::max(bytes, limits_.fetch_bytes / kWakeShare);
  std::unique_lock lock(mutex_);
  if (!stop.stop_requested() && Fits(bytes)) return Take(bytes);
  const bool ready = Await(room_, lock, limits_.fetch_bytes - room, stop,
                           [&] { return charged_ == 0 || Fits(room); });
  if (!ready) return std::nullopt;
  return Take(bytes);
}

void MemoryBudget::Release(int64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    charged_ -= bytes;
    used_ -= bytes;
    if (charged_ > 0 && used_ > wake_level_) return;
    wake_level_ = kNobodyWaits;
  }
  NotifyAll();
}

// Nobody sleeps through this: a waiter publishes its level before it looks at used_, and
// here used_ falls before the level is looked at. So the waiter sees what was freed, or
// is seen; then the lock is had only when it sleeps or has yet to look. Once told,
// waiters are not told again before they have looked.
void MemoryBudget::FreeDecoded(int64_t bytes) {
  const int64_t left = used_.fetch_sub(bytes) - bytes;
  if (left > wake_level_.load()) return;
  {
    const std::lock_guard lock(mutex_);
    wake_level_ = kNobodyWaits;
  }
  NotifyAll();
}

void MemoryBudget::NotifyAll() {
  room_.notify_all();
  turn_.notify_all();
}

size_t MemoryBudget::waiting() const {
  const std::lock_guard lock(mutex_);
  return levels_.size() + growing_.size();
}

void MemoryBudget::PublishLevel() {
  wake_level_ = levels_.empty() ? kNobodyWaits : *levels_.rbegin();
}

template <typename Ready>
bool MemoryBudget::Await(std::condition_variable_any& told,
                         std::unique_lock<std::mutex>& lock, int64_t level_bytes,
                         const std::stop_token& stop, Ready ready) {
  if (stop.stop_requested()) return false;
  if (ready()) return true;
  const auto level = levels_.insert(level_bytes);
  told.wait(lock, stop, [&] {
    PublishLevel();
    return ready();
  });
  levels_.erase(level);
  PublishLevel();
  return !stop.stop_requested();
}

void MemoryBudget::ChooseWhoGivesUp() {
  if (static_cast<int64_t>(growing_.size()) < begun_) return;
  if (std::ranges::any_of(growing_, &Grower::gives_up)) return;
  const auto last = std::find_if(growing_.rbegin(), growing_.rend(), [](const auto* one) {
    return one->loss == Loss::kTime;
  });
  (last == growing_.rend() ? growing_.back() : *last)->gives_up = true;
  turn_.notify_all();
}

bool MemoryBudget::Grow(int64_t bytes, const std::stop_token& stop, Loss loss) {
  std::unique_lock lock(mutex_);
  const auto fits = [&] {
    return begun_ <= 1 || promised_bytes_ + bytes <= limits_.most_bytes;
  };
  if (!fits()) {
    // Who waits here is not running: others may go on to their end.
    Grower self{loss};
    growing_.push_back(&self);
    --running_;
    turn_.notify_all();
    turn_.wait(lock, stop, [&] {
      if (fits()) return true;
      ChooseWhoGivesUp();
      return self.gives_up;
    });
    ++running_;
    std::erase(growing_, &self);
    turn_.notify_all();  // others may begin when nobody waits here
    if (stop.stop_requested() || !fits()) return false;
  }
  promised_bytes_ += bytes;
  return true;
}

void MemoryBudget::Shrink(int64_t bytes) {
  if (bytes == 0) return;
  {
    const std::lock_guard lock(mutex_);
    promised_bytes_ -= bytes;
  }
  turn_.notify_all();
}

DecodeTurn::DecodeTurn(std::shared_ptr<MemoryBudget> budget)
    : budget_(std::move(budget)) {}

DecodeTurn::~DecodeTurn() {
  if (!begun_) return;
  {
    const std::lock_guard lock(budget_->mutex_);
    --budget_->begun_;
    if (running_) --budget_->running_;
    budget_->promised_bytes_ -= promised_bytes_;
  }
  budget_->turn_.notify_all();
}

bool DecodeTurn::Begin(std::unique_lock<std::mutex>& lock, int64_t expected_bytes,
                       const std::stop_token& stop) {
  MemoryBudget& budget = *budget_;
  const MemoryLimits& limits = budget.limits_;
  const bool ready = budget.Await(budget.turn_, lock, limits.limit_bytes, stop, [&] {
    return budget.begun_ == 0 ||
           (budget.growing_.empty() && budget.used_ <= limits.limit_bytes &&
            budget.promised_bytes_ + expected_bytes <= limits.most_bytes);
  });
  if (!ready) return false;
  begun_ = running_ = true;
  promised_bytes_ = expected_bytes;
  ++budget.begun_;
  ++budget.running_;
  budget.promised_bytes_ += expected_bytes;
  return true;
}

bool DecodeTurn::Await(int64_t expected_bytes, const std::stop_token& stop) {
  MemoryBudget& budget = *budget_;
  std::unique_lock lock(budget.mutex_);
  if (!begun_) return Begin(lock, expected_bytes, stop);
  // Whoever was the last to run runs on: nobody needs to be told.
  if (running_) --budget.running_;
  running_ = budget.Await(budget.turn_, lock, budget.limits_.limit_bytes, stop, [&] {
    return budget.running_ == 0 || budget.used_ <= budget.limits_.limit_bytes;
  });
  if (running_) ++budget.running_;
  return running_;
}

}  // namespace s3source
