// SPDX-License-Identifier: Apache-2.0
// The plain kinds of option values.
#include "io/socket/option_kinds.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "io/posix_error.hpp"
#include "io/socket/address.hpp"
#include "io/socket/arguments.hpp"
#include "term/map.hpp"

namespace athanor::io::socket {

namespace {

constexpr size_t kCongestionNameBytes = 257;

Term bad_value(Allocator& heap) { return invalid(heap, atoms::value); }

Term set_integer(Allocator& heap, Socket& socket, const Option& option, int value) {
  return set_bytes(heap, socket, option.level, option.number, &value, sizeof value);
}
Term integer_term(int value) { return Term::small(value); }
Term boolean_term(int value) { return value != 0 ? atoms::true_ : atoms::false_; }

// `room` counts the zero that ends the text, which is not handed over.
Term set_text(Allocator& heap, Socket& socket, const Option& option, size_t room, Term value) {
  std::string text;
  if (!read_latin1(value, text) || text.size() >= room) return bad_value(heap);
  return set_bytes(heap, socket, option.level, option.number, text.data(), text.size());
}

Term get_text(Allocator& heap, Socket& socket, const Option& option, size_t room, bool strip_zero) {
  std::vector<char> text(room);
  auto length = static_cast<socklen_t>(room);
  if (::getsockopt(socket.descriptor, option.level, option.number, text.data(), &length) != 0) return error_tuple(heap, errno);
  if (strip_zero && length > 0 && text[length - 1] == '\0') --length;
  return ok(heap, bif::latin1_list(heap, {text.data(), length}));
}

struct Word { Term atom; int value; };
constexpr Word kPathMtuWords[] = {
    {atoms::want, IP_PMTUDISC_WANT}, {atoms::dont, IP_PMTUDISC_DONT}, {atoms::do_, IP_PMTUDISC_DO}, {atoms::probe, IP_PMTUDISC_PROBE}};
static_assert(IPV6_PMTUDISC_WANT == IP_PMTUDISC_WANT && IPV6_PMTUDISC_DONT == IP_PMTUDISC_DONT && IPV6_PMTUDISC_DO == IP_PMTUDISC_DO &&
              IPV6_PMTUDISC_PROBE == IP_PMTUDISC_PROBE);
constexpr Word kServiceWords[] = {{atoms::lowdelay, IPTOS_LOWDELAY}, {atoms::throughput, IPTOS_THROUGHPUT},
                                  {atoms::reliability, IPTOS_RELIABILITY}, {atoms::mincost, IPTOS_MINCOST}};

template <size_t n>
bool read_word(const Word (&words)[n], Term term, int& value) {
  for (const Word& word : words)
    if (word.atom == term) return value = word.value, true;
  return read_int(term, value);
}

}  // namespace

bool read_type_of_service(Term term, int& value) { return read_word(kServiceWords, term, value); }
Term make_type_of_service(int value) {
  for (const Word& word : kServiceWords)
    if (word.value == (value & IPTOS_TOS_MASK)) return word.atom;
  return Term::small(value);
}

Term Boolean::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  bool is_on;
  return read_boolean(value, is_on) ? set_integer(heap, socket, option, is_on ? 1 : 0) : bad_value(heap);
}
Term Boolean::get(Allocator& heap, Socket& socket, const Option& option) {
  return get_integer(heap, socket, option.level, option.number, boolean_term);
}

Term Integer::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  int number;
  return read_int(value, number) ? set_integer(heap, socket, option, number) : bad_value(heap);
}
Term Integer::get(Allocator& heap, Socket& socket, const Option& option) {
  return get_integer(heap, socket, option.level, option.number, integer_term);
}
Term ReadInteger::get(Allocator& heap, Socket& socket, const Option& option) { return Integer::get(heap, socket, option); }

Term Device::set(Allocator& heap, Socket& socket, const Option& option, Term value) { return set_text(heap, socket, option, IFNAMSIZ, value); }
Term Device::get(Allocator& heap, Socket& socket, const Option& option) { return get_text(heap, socket, option, IFNAMSIZ + 1, false); }

Term Congestion::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  return set_text(heap, socket, option, kCongestionNameBytes, value);
}
Term Congestion::get(Allocator& heap, Socket& socket, const Option& option) {
  return get_text(heap, socket, option, kCongestionNameBytes, true);
}

Term Domain::get(Allocator& heap, Socket& socket, const Option& option) {
  return get_integer(heap, socket, option.level, option.number, make_domain);
}
Term Type::get(Allocator& heap, Socket& socket, const Option& option) {
  return get_integer(heap, socket, option.level, option.number, make_type);
}
Term Protocol::get(Allocator& heap, Socket& socket, const Option& option) {
  auto of_local = [](int value) { return value == 0 ? atoms::default_ : Term::small(value); };
  return get_integer(heap, socket, option.level, option.number, socket.domain == AF_UNIX ? +of_local : integer_term);
}

Term Linger::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  linger wish{};
  if (value == atoms::abort) {
    wish.l_onoff = 1;
  } else {
    if (!is_map(value)) return bad_value(heap);
    bool is_on;
    Term on = map::get(value, atoms::onoff), seconds = map::get(value, atoms::linger);
    if (on.is_none() || seconds.is_none() || !read_boolean(on, is_on) || !read_int(seconds, wish.l_linger) || wish.l_linger < 0)
      return bad_value(heap);
    wish.l_onoff = is_on ? 1 : 0;
  }
  return set_bytes(heap, socket, option.level, option.number, &wish, sizeof wish);
}
Term Linger::get(Allocator& heap, Socket& socket, const Option& option) {
  linger value{};
  Term error = get_bytes(heap, socket, option.level, option.number, &value, sizeof value);
  if (!error.is_none()) return error;
  return ok(heap, make_map(heap, {{atoms::onoff, boolean_term(value.l_onoff)}, {atoms::linger, Term::small(value.l_linger)}}));
}

Term PathMtu::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  int number;
  return read_word(kPathMtuWords, value, number) ? set_integer(heap, socket, option, number) : bad_value(heap);
}
Term PathMtu::get(Allocator& heap, Socket& socket, const Option& option) {
  return get_integer(heap, socket, option.level, option.number, [](int value) {
    for (const Word& word : kPathMtuWords)
      if (word.value == value) return word.atom;
    return Term::small(value);
  });
}

Term TypeOfService::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  int number;
  return read_type_of_service(value, number) ? set_integer(heap, socket, option, number) : bad_value(heap);
}
Term TypeOfService::get(Allocator& heap, Socket& socket, const Option& option) {
  return get_integer(heap, socket, option.level, option.number, make_type_of_service);
}

Term InAddress::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  in_addr address;
  return read_in_address(value, address) ? set_bytes(heap, socket, option.level, option.number, &address, sizeof address) : bad_value(heap);
}
Term InAddress::get(Allocator& heap, Socket& socket, const Option& option) {
  in_addr address{};
  Term error = get_bytes(heap, socket, option.level, option.number, &address, sizeof address);
  return error.is_none() ? ok(heap, make_in_address(heap, address)) : error;
}

Term Hops::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  int number;
  if (value == atoms::default_) number = -1;
  else if (!read_int(value, number) || number < 0 || number > 255) return bad_value(heap);
  return set_integer(heap, socket, option, number);
}
Term Hops::get(Allocator& heap, Socket& socket, const Option& option) { return Integer::get(heap, socket, option); }

Term AddressForm::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  int domain;
  return read_domain(value, domain) ? set_integer(heap, socket, option, domain) : bad_value(heap);
}

}  // namespace athanor::io::socket
