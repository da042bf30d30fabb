// SPDX-License-Identifier: Apache-2.0
#include "io/socket/control_messages.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>

#include "io/posix_error.hpp"
#include "io/socket/address.hpp"
#include "io/socket/arguments.hpp"
#include "io/socket/option_kinds.hpp"
#include "term/binary.hpp"
#include "term/integer.hpp"
#include "term/map.hpp"

namespace athanor::io::socket {

namespace {

enum class Form : uint8_t { None, Time, Service, Integer, Byte, PacketInfo, PacketInfo6, Address, ExtendedError };

struct Row { int level, type; Term name; Form shown, read; };
constexpr Row kRows[] = {
#define CONTROL(level, name, number, shown, read) {level, number, atoms::name, Form::shown, Form::read},
#include "io/socket/control_messages.def"
#undef CONTROL
};

const Row* find_row(int level, int type) {
  for (const Row& row : kRows)
    if (row.level == level && row.type == type) return &row;
  return nullptr;
}
const Row* find_row(int level, Term name) {
  for (const Row& row : kRows)
    if (row.level == level && row.name == name) return &row;
  return nullptr;
}

template <class T>
bool take(T& value, const uint8_t* data, size_t bytes) {
  if (bytes < sizeof value) return false;
  std::memcpy(&value, data, sizeof value);
  return true;
}

// none(): no value can be shown.
Term show(Allocator& heap, Form form, const uint8_t* data, size_t bytes) {
  switch (form) {
    case Form::None: return Term::none();
    case Form::Time: {
      timeval time;
      if (!take(time, data, bytes)) return Term::none();
      return make_map(heap, {{atoms::sec, integer::from_int64(heap, time.tv_sec)}, {atoms::usec, integer::from_int64(heap, time.tv_usec)}});
    }
    case Form::Service: return bytes < 1 ? Term::none() : make_type_of_service(data[0]);
    case Form::Integer: {
      int value;
      return take(value, data, bytes) ? Term::small(value) : Term::none();
    }
    case Form::Byte: return bytes < 1 ? Term::none() : Term::small(data[0]);
    case Form::PacketInfo: {
      in_pktinfo info;
      if (!take(info, data, bytes)) return Term::none();
      return make_map(heap, {{atoms::ifindex, Term::small(static_cast<uint32_t>(info.ipi_ifindex))},
                             {atoms::spec_dst, make_in_address(heap, info.ipi_spec_dst)},
                             {atoms::addr, make_in_address(heap, info.ipi_addr)}});
    }
    case Form::PacketInfo6: {
      in6_pktinfo info;
      if (!take(info, data, bytes)) return Term::none();
      return make_map(heap, {{atoms::addr, make_in6_address(heap, info.ipi6_addr)}, {atoms::ifindex, Term::small(info.ipi6_ifindex)}});
    }
    case Form::Address: {
      io::socket::Address address;
      if (bytes > sizeof address.storage) return Term::none();
      std::memcpy(&address.storage, data, bytes);
      return make_address(heap, &address.any, static_cast<int>(bytes));
    }
    case Form::ExtendedError: return make_extended_error(heap, data, bytes);
  }
  return Term::none();
}

Term make_message(Allocator& heap, const cmsghdr& header, const uint8_t* data, size_t bytes) {
  const Row* row = find_row(header.cmsg_level, header.cmsg_type);
  Term value = row != nullptr ? show(heap, row->shown, data, bytes) : Term::none();
  return make_map(heap, {{atoms::level, make_level(header.cmsg_level)},
                         {atoms::type, row != nullptr ? row->name : Term::small(header.cmsg_type)},
                         {atoms::data, binary::from_bytes(heap, data, bytes)},
                         {atoms::value, value}});
}

// Bytes of a value of this form; false: it has none.
bool read_value(Form form, Term value, std::string& data) {
  if (form == Form::Time) {
    if (!is_map(value)) return false;
    Term seconds = map::get(value, atoms::sec), micros = map::get(value, atoms::usec);
    int64_t second_count, micro_count;
    if (seconds.is_none() || micros.is_none() || !integer::to_int64(seconds, second_count) || !integer::to_int64(micros, micro_count)) return false;
    timeval time{second_count, micro_count};
    data.assign(reinterpret_cast<const char*>(&time), sizeof time);
    return true;
  }
  int number;
  if (form == Form::Service ? !read_type_of_service(value, number) : form != Form::Integer || !read_int(value, number)) return false;
  data.assign(reinterpret_cast<const char*>(&number), sizeof number);
  return true;
}

// `data`: bytes as they are, or an integer or boolean as C's int.
bool read_data(Term term, std::string& data) {
  if (bif::iolist_to_string(term, data)) return true;
  data.clear();
  int number;
  bool is_on = false;
  if (!read_int(term, number)) {
    if (!read_boolean(term, is_on)) return false;
    number = is_on ? 1 : 0;
  }
  data.assign(reinterpret_cast<const char*>(&number), sizeof number);
  return true;
}

bool read_message(Term message, int& level, int& type, std::string& data) {
  if (!is_map(message)) return false;
  Term level_term = map::get(message, atoms::level), type_term = map::get(message, atoms::type);
  if (level_term.is_none() || type_term.is_none() || !read_level(level_term, level)) return false;
  Term data_term = map::get(message, atoms::data), value_term = map::get(message, atoms::value);
  const Row* row = type_term.is_atom() ? find_row(level, type_term) : nullptr;
  if (row != nullptr) type = row->type;
  if (data_term.is_none()) return !value_term.is_none() && row != nullptr && read_value(row->read, value_term, data);
  if (!value_term.is_none() || (row == nullptr && !read_int(type_term, type))) return false;
  return read_data(data_term, data);
}

// Walks by the lengths in the headers; `each` gets header, data, and how many bytes of it there are.
template <class Each>
bool walk(const uint8_t* buffer, size_t bytes, Each each) {
  size_t at = 0;
  while (bytes - at >= sizeof(cmsghdr)) {
    cmsghdr header;
    std::memcpy(&header, buffer + at, sizeof header);
    if (header.cmsg_len < sizeof header) break;
    if (header.cmsg_len > bytes - at) return false;
    each(header, buffer + at + CMSG_LEN(0), header.cmsg_len - CMSG_LEN(0));
    size_t step = CMSG_SPACE(header.cmsg_len - CMSG_LEN(0));
    if (step > bytes - at) break;
    at += step;
  }
  return true;
}

}  // namespace

Term make_control_messages(Allocator& heap, const uint8_t* buffer, size_t bytes) {
  std::vector<Term> messages;
  bool whole = walk(buffer, bytes, [&](const cmsghdr& header, const uint8_t* data, size_t length) {
    messages.push_back(make_message(heap, header, data, length));
  });
  if (!whole) messages.push_back(atoms::bad_data);
  return bif::make_list(heap, messages.data(), messages.size());
}

bool read_control_messages(Term list, size_t room, std::vector<uint8_t>& buffer) {
  buffer.clear();
  for (; list.is_list_cell(); list = list.tail()) {
    int level, type;
    std::string data;
    if (!read_message(list.head(), level, type, data)) return false;
    size_t space = CMSG_SPACE(data.size());
    if (buffer.size() + space > room) return false;
    cmsghdr header{};
    header.cmsg_len = CMSG_LEN(data.size());
    header.cmsg_level = level;
    header.cmsg_type = type;
    size_t at = buffer.size();
    buffer.resize(at + space);
    std::memcpy(buffer.data() + at, &header, sizeof header);
    std::memcpy(buffer.data() + at + CMSG_LEN(0), data.data(), data.size());
  }
  return list.is_nil();
}

// The messages that came with a TCP connection's packets.
Term PacketOptions::get(Allocator& heap, Socket& socket, const Option& option) {
  std::vector<uint8_t> buffer(socket.receive_control_bytes);
  auto length = static_cast<socklen_t>(buffer.size());
  if (::getsockopt(socket.descriptor, option.level, option.number, buffer.data(), &length) != 0) return error_tuple(heap, errno);
  return ok(heap, make_control_messages(heap, buffer.data(), std::min<size_t>(length, buffer.size())));
}

}  // namespace athanor::io::socket
