// SPDX-License-Identifier: Apache-2.0
#include "sched/balance.hpp"

#include <algorithm>

#include "sched/run_queue.hpp"

namespace athanor::sched {

namespace {

constexpr int kNormal = static_cast<int>(process::Priority::Normal);
constexpr int kLow = static_cast<int>(process::Priority::Low);
constexpr double kLowWeight = 1.0 / RunQueue::kLowEvery;

// Of figures by priority, that of a level, in normal processes.
template <class Figures>
double of_level(const Figures& figures, int level) {
  if (level < static_cast<int>(Level::Shared)) return static_cast<double>(figures[level]);
  return static_cast<double>(figures[kNormal]) + kLowWeight * static_cast<double>(figures[kLow]);
}

}  // namespace

bool Balance::look(uint32_t index, int64_t now_ns, const See& see, Wish& wish) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  if (now_ns - renewed_ns_ >= kPeriodNs || renewed_ns_ == 0) renew(now_ns, see);
  if (!rows_[index].counts) return false;
  for (int level = 0; level < kLevels; ++level)
    if (choose(index, static_cast<Level>(level), wish)) return true;
  return false;
}

void Balance::renew(int64_t now_ns, const See& see) {
  const double passed_ns = static_cast<double>(now_ns - renewed_ns_);
  const bool is_first = renewed_ns_ == 0;
  for (uint32_t i = 0; i < rows_.size(); ++i) {
    Row& row = rows_[i];
    const Load load = see(i);
    const Load before = row.seen;
    row.seen = load;
    const double active_ns = static_cast<double>(load.active_ns - before.active_ns);
    row.counts = !is_first && load.is_online && active_ns * 4 >= passed_ns;
    if (!row.counts) {
      const Load kept = row.seen;
      row = Row{};
      row.seen = kept;
      continue;
    }
    row.active_ns = row.active_ns * kMemory + active_ns;
    for (int p = 0; p < 4; ++p) {
      row.reductions[p] = row.reductions[p] * kMemory + static_cast<double>(load.reductions[p] - before.reductions[p]);
      row.taken[p] = row.taken[p] * kMemory + static_cast<double>(load.taken[p] - before.taken[p]);
    }
    judge(row);
  }
  renewed_ns_ = now_ns;
  rounds_.fetch_add(1, std::memory_order_relaxed);
}

void Balance::judge(Row& row) {
  const double all = row.reductions[0] + row.reductions[1] + row.reductions[2] + row.reductions[3];
  double rest = all;
  for (int level = 0; level < kLevels; ++level) {
    row.gives[level] = rest / row.active_ns;
    if (level < static_cast<int>(Level::Shared)) rest -= row.reductions[level];
    row.free[level] = of_level(row.seen.free, level);
    row.load[level] = of_level(row.seen.waiting, level) + (all > 0 ? of_level(row.reductions, level) / all : 0);   // and what of it runs, on average
  }
}

// By Little's law: how long a process of this level waits there, as long as it goes on like this.
bool Balance::waits_long(const Row& row, Level level) const {
  double waiting = 0, taken = 0;
  const int first = static_cast<int>(level), last = level == Level::Shared ? kLow : first;
  for (int i = first; i <= last; ++i) {
    waiting += row.seen.waiting[i];
    taken += row.taken[i];
  }
  return waiting * row.active_ns >= taken * kLongWaitNs;
}

bool Balance::choose(uint32_t index, Level level, Wish& wish) {
  const int l = static_cast<int>(level);
  Row& self = rows_[index];
  double load = 0, gives = 0;
  for (const Row& row : rows_) {
    if (!row.counts) continue;
    load += row.load[l];
    gives += row.gives[l];
  }
  const auto share = [&](const Row& row) { return load * row.gives[l] / gives; };
  double amount = gives > 0 ? share(self) - self.load[l] : 0;
  Row* from = nullptr;
  double most = 0;
  if (amount > 0) {
    for (Row& row : rows_) {
      if (!row.counts || &row == &self) continue;
      const double surplus = std::min(row.load[l] - share(row), row.free[l]);
      if (surplus <= most) continue;
      most = surplus;
      from = &row;
    }
    amount = std::min(amount, most);
  }
  if (!from || amount < share(*from) * kClearly) {
    self.owed[l] = 0;
    return false;
  }
  self.owed[l] = std::min(self.owed[l] + amount / 2, kMostTaken);
  const double one = level == Level::Shared && from->seen.free[kNormal] == 0 ? kLowWeight : 1;
  if (self.owed[l] < one) return false;
  wish = {static_cast<uint32_t>(from - rows_.data()), level, self.owed[l], waits_long(*from, level)};
  // Others may look before the figures are renewed.
  const double moved = std::min(self.owed[l], from->free[l]);
  from->load[l] -= moved;
  from->free[l] -= moved;
  self.load[l] += moved;
  self.free[l] += moved;
  self.owed[l] = 0;
  return true;
}

}  // namespace athanor::sched
