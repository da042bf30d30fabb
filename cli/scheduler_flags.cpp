// SPDX-License-Identifier: Apache-2.0
#include "cli/scheduler_flags.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace athanor::cli {

namespace {

constexpr long kMostSchedulers = 1024;

// "N", "N:M", ":M". False: something else.
bool read_pair(const std::string& value, std::optional<long>& first, std::optional<long>& second) {
  const auto read = [](std::string_view text, std::optional<long>& number) {
    long read = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    number = read;
    return true;
  };
  const std::string_view text = value;
  const size_t colon = text.find(':');
  if (colon == text.npos) return read(text, first);
  return (colon == 0 || read(text.substr(0, colon), first)) && read(text.substr(colon + 1), second);
}

}  // namespace

SchedulerFlags::SchedulerFlags() {
  const ProcessorCounts processors = processor_counts();
  usual_ = {std::clamp<long>(processors.configured, 1, kMostSchedulers), std::clamp<long>(processors.usable, 1, kMostSchedulers)};
  usual_.online = std::min(usual_.online, usual_.all);
  normal_ = dirty_cpu_ = usual_;
}

bool SchedulerFlags::is_one(const std::string& name) { return name == "S" || name == "SP" || name == "SDcpu" || name == "SDPcpu" || name == "SDio"; }

// Numbers below 1 are taken off the usual ones.
std::string SchedulerFlags::read_counts(const std::string& value, const char* what, long most, Counts& counts) const {
  std::optional<long> all, online;
  if (!read_pair(value, all, online)) return std::string("bad amount of ") + what + " " + value;
  if (!online) online = std::min(*all, counts.online);
  const Counts wanted{all.value_or(0) > 0 ? *all : usual_.all + all.value_or(0), *online > 0 ? *online : usual_.online + *online};
  if (wanted.all < 1 || wanted.all > most) return std::string("bad amount of ") + what + " " + std::to_string(all.value_or(usual_.all));
  if (wanted.online < 1 || wanted.online > wanted.all) {
    return std::string("bad amount of ") + what + " online " + std::to_string(wanted.online) + " (total amount of " + what + " " + std::to_string(wanted.all) + ")";
  }
  counts = wanted;
  return {};
}

std::string SchedulerFlags::apply(const std::string& name, const std::string& value) {
  if (name == "S") return read_counts(value, "schedulers", kMostSchedulers, normal_);
  if (name == "SDcpu") return read_counts(value, "dirty CPU schedulers", kMostSchedulers, dirty_cpu_);
  if (name == "SDio") {
    std::optional<long> count, none;
    if (!read_pair(value, count, none) || none || *count < 1 || *count > kMostSchedulers) return "bad number of dirty I/O schedulers " + value;
    dirty_io_ = *count;
    return {};
  }
  std::optional<long> all, online;
  if (!read_pair(value, all, online) || all.value_or(0) < 0 || online.value_or(0) < 0) {
    return std::string(name == "SP" ? "bad schedulers percentage specifier " : "bad dirty CPU schedulers percentage specifier ") + value;
  }
  (name == "SP" ? percent_ : dirty_percent_) = {all.value_or(100), online.value_or(std::min(all.value_or(100), 100L))};
  return {};
}

std::string SchedulerFlags::finish(MachineOptions& options) const {
  const auto part = [](const Counts& counts, const Counts& percent) {
    return Counts{std::max(1L, counts.all * percent.all / 100), std::max(1L, counts.online * percent.online / 100)};
  };
  const Counts normal = part(normal_, percent_);
  if (normal.all > kMostSchedulers) return "bad schedulers percentage " + std::to_string(percent_.all) + " (total amount of schedulers " + std::to_string(normal.all) + ")";
  if (normal.online > normal.all) {
    return "bad schedulers online percentage " + std::to_string(percent_.online) + " (total amount of schedulers " + std::to_string(normal.all) + ", online " +
           std::to_string(normal.online) + ")";
  }
  const Counts dirty = part(dirty_cpu_, dirty_percent_);
  options.schedulers = static_cast<uint32_t>(normal.all);
  options.schedulers_online = static_cast<uint32_t>(normal.online);
  options.dirty_cpu_schedulers = static_cast<uint32_t>(std::min(dirty.all, normal.all));
  options.dirty_cpu_schedulers_online = static_cast<uint32_t>(std::min({dirty.online, normal.online, dirty.all}));
  options.dirty_io_schedulers = static_cast<uint32_t>(dirty_io_);
  return {};
}

}  // namespace athanor::cli
