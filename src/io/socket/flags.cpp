// SPDX-License-Identifier: Apache-2.0
#include "io/socket/flags.hpp"

#include <linux/if.h>
#include <sys/socket.h>

#include "bif/bif.hpp"

namespace athanor::io::socket {

namespace {
constexpr Flag kMessageFlags[] = {
#define MESSAGE_FLAG(name, number) {atoms::name, number},
#define INTERFACE_FLAG(name, number)
#include "io/socket/flags.def"
#undef MESSAGE_FLAG
#undef INTERFACE_FLAG
};
constexpr Flag kInterfaceFlags[] = {
#define MESSAGE_FLAG(name, number)
#define INTERFACE_FLAG(name, number) {atoms::name, number},
#include "io/socket/flags.def"
#undef MESSAGE_FLAG
#undef INTERFACE_FLAG
};
}  // namespace

std::span<const Flag> message_flags() { return kMessageFlags; }
std::span<const Flag> interface_flags() { return kInterfaceFlags; }

Term flag_list(Allocator& heap, std::span<const Flag> flags, int set) {
  Term names[64];
  size_t count = 0;
  for (const Flag& flag : flags) {
    if (flag.number == 0 || (set & flag.number) != flag.number) continue;
    set &= ~flag.number;
    names[count++] = flag.name;
  }
  if (set != 0) names[count++] = Term::small(set);
  return bif::make_list(heap, names, count);
}

Term flag_table(Allocator& heap, std::span<const Flag> flags) {
  Term list = Term::nil();
  for (const Flag& flag : flags) list = bif::cons(heap, bif::make_tuple(heap, flag.name, Term::small(flag.number)), list);
  return list;
}

}  // namespace athanor::io::socket
