// SPDX-License-Identifier: Apache-2.0
#include "io/socket/options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>

#include "io/posix_error.hpp"
#include "io/socket/address.hpp"
#include "io/socket/arguments.hpp"
#include "io/socket/option_kinds.hpp"
#include "io/socket/system_sctp.hpp"

namespace athanor::io::socket {

namespace {

#ifndef IPV6_FLOWINFO
constexpr int IPV6_FLOWINFO = 11;   // the system has it, the headers of its C library do not
#endif

enum : int {
#define LEVEL(name, number) level_##name = number,
#define OPTION(level, name, number, kind)
#define UNKNOWN_OPTION(level, name)
#include "io/socket/options.def"
#undef LEVEL
#undef OPTION
#undef UNKNOWN_OPTION
};

constexpr Option kOptions[] = {
#define LEVEL(name, number)
#define OPTION(level, name, number, kind) {atoms::level, atoms::name, level_##level, number, kind::set, kind::get},
#define UNKNOWN_OPTION(level, name) {atoms::level, atoms::name, level_##level, 0, nullptr, nullptr},
#include "io/socket/options.def"
#undef LEVEL
#undef OPTION
#undef UNKNOWN_OPTION
};

}  // namespace

const Option* find_option(int level, int number) {
  for (const Option& option : kOptions)
    if (option.level == level && option.number == number && option.is_known()) return &option;
  return nullptr;
}

// The rows of a level stand together.
Term supported_options(Allocator& heap) {
  Term levels = Term::nil(), of_level = Term::nil();
  for (size_t i = 0; i < std::size(kOptions); ++i) {
    const Option& option = kOptions[i];
    Term entry = option.is_known() ? bif::make_tuple(heap, option.name, Term::small(option.number)) : option.name;
    of_level = bif::cons(heap, entry, of_level);
    if (i + 1 < std::size(kOptions) && kOptions[i + 1].level == option.level) continue;
    levels = bif::cons(heap, bif::make_tuple(heap, make_level(option.level), of_level), levels);
    of_level = Term::nil();
  }
  return levels;
}

// A type of service changes the priority too: it stays what it was set to.
Term set_bytes(Allocator& heap, Socket& socket, int level, int number, const void* value, size_t bytes) {
  int priority = 0;
  socklen_t length = sizeof priority;
  bool keep_priority = level == SOL_IP && number == IP_TOS &&
                       ::getsockopt(socket.descriptor, SOL_SOCKET, SO_PRIORITY, &priority, &length) == 0;
  if (::setsockopt(socket.descriptor, level, number, value, static_cast<socklen_t>(bytes)) != 0) return error_tuple(heap, errno);
  if (keep_priority && ::setsockopt(socket.descriptor, SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority) != 0 && errno != EPERM)
    return error_tuple(heap, errno);
  return atoms::ok;
}

Term get_bytes(Allocator& heap, Socket& socket, int level, int number, void* value, size_t bytes) {
  auto length = static_cast<socklen_t>(bytes);
  return ::getsockopt(socket.descriptor, level, number, value, &length) == 0 ? Term::none() : error_tuple(heap, errno);
}

Term get_integer(Allocator& heap, Socket& socket, int level, int number, Term (*make)(int value)) {
  int value = 0;
  Term error = get_bytes(heap, socket, level, number, &value, sizeof value);
  return error.is_none() ? ok(heap, make(value)) : error;
}

}  // namespace athanor::io::socket
