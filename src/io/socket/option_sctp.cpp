// SPDX-License-Identifier: Apache-2.0
// Options of SCTP: maps of numbers, all of whose fields must be there.
#include <sys/socket.h>

#include "io/socket/arguments.hpp"
#include "io/socket/option_kinds.hpp"
#include "io/socket/system_sctp.hpp"
#include "term/integer.hpp"
#include "term/map.hpp"

namespace athanor::io::socket {

namespace {

template <class T>
bool read_field(Term map, Term key, T& field) {
  unsigned number;
  Term term = map::get(map, key);
  if (term.is_none() || !read_unsigned(term, number)) return false;
  field = static_cast<T>(number);
  return true;
}

// Associations are told apart by numbers that may be negative.
bool read_association(Term map, sctp_assoc_t& association) {
  int number;
  unsigned positive;
  Term term = map::get(map, atoms::assoc_id);
  if (term.is_none()) return false;
  if (read_int(term, number)) association = number;
  else if (read_unsigned(term, positive)) association = static_cast<sctp_assoc_t>(positive);
  else return false;
  return true;
}
Term association_term(sctp_assoc_t association) { return Term::small(static_cast<uint32_t>(association)); }

bool read_event(Term map, Term key, uint8_t& field) {
  bool is_on;
  Term term = map::get(map, key);
  if (term.is_none() || !read_boolean(term, is_on)) return false;
  field = is_on ? 1 : 0;
  return true;
}

}  // namespace

Term SctpAssociation::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  sctp_assocparams wish{};
  if (!is_map(value) || !read_association(value, wish.sasoc_assoc_id) || !read_field(value, atoms::asocmaxrxt, wish.sasoc_asocmaxrxt) ||
      !read_field(value, atoms::number_peer_destinations, wish.sasoc_number_peer_destinations) ||
      !read_field(value, atoms::peer_rwnd, wish.sasoc_peer_rwnd) || !read_field(value, atoms::local_rwnd, wish.sasoc_local_rwnd) ||
      !read_field(value, atoms::cookie_life, wish.sasoc_cookie_life))
    return invalid(heap, atoms::value);
  return set_bytes(heap, socket, option.level, option.number, &wish, sizeof wish);
}
Term SctpAssociation::get(Allocator& heap, Socket& socket, const Option& option) {
  sctp_assocparams is{};
  Term error = get_bytes(heap, socket, option.level, option.number, &is, sizeof is);
  if (!error.is_none()) return error;
  return ok(heap, make_map(heap, {{atoms::assoc_id, association_term(is.sasoc_assoc_id)}, {atoms::asocmaxrxt, Term::small(is.sasoc_asocmaxrxt)},
                                  {atoms::number_peer_destinations, Term::small(is.sasoc_number_peer_destinations)},
                                  {atoms::peer_rwnd, Term::small(is.sasoc_peer_rwnd)}, {atoms::local_rwnd, Term::small(is.sasoc_local_rwnd)},
                                  {atoms::cookie_life, Term::small(is.sasoc_cookie_life)}}));
}

Term SctpEvents::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  sctp_event_subscribe wish{};
  if (!is_map(value) || !read_event(value, atoms::data_io, wish.sctp_data_io_event) ||
      !read_event(value, atoms::association, wish.sctp_association_event) || !read_event(value, atoms::address, wish.sctp_address_event) ||
      !read_event(value, atoms::send_failure, wish.sctp_send_failure_event) || !read_event(value, atoms::peer_error, wish.sctp_peer_error_event) ||
      !read_event(value, atoms::shutdown, wish.sctp_shutdown_event) ||
      !read_event(value, atoms::partial_delivery, wish.sctp_partial_delivery_event) ||
      !read_event(value, atoms::adaptation_layer, wish.sctp_adaptation_layer_event) ||
      !read_event(value, atoms::authentication, wish.sctp_authentication_event) || !read_event(value, atoms::sender_dry, wish.sctp_sender_dry_event))
    return invalid(heap, atoms::value);
  return set_bytes(heap, socket, option.level, option.number, &wish, sizeof wish);
}

Term SctpInit::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  sctp_initmsg wish{};
  if (!is_map(value) || !read_field(value, atoms::num_outstreams, wish.sinit_num_ostreams) ||
      !read_field(value, atoms::max_instreams, wish.sinit_max_instreams) || !read_field(value, atoms::max_attempts, wish.sinit_max_attempts) ||
      !read_field(value, atoms::max_init_timeo, wish.sinit_max_init_timeo))
    return invalid(heap, atoms::value);
  return set_bytes(heap, socket, option.level, option.number, &wish, sizeof wish);
}
Term SctpInit::get(Allocator& heap, Socket& socket, const Option& option) {
  sctp_initmsg is{};
  Term error = get_bytes(heap, socket, option.level, option.number, &is, sizeof is);
  if (!error.is_none()) return error;
  return ok(heap, make_map(heap, {{atoms::num_outstreams, Term::small(is.sinit_num_ostreams)},
                                  {atoms::max_instreams, Term::small(is.sinit_max_instreams)},
                                  {atoms::max_attempts, Term::small(is.sinit_max_attempts)},
                                  {atoms::max_init_timeo, Term::small(is.sinit_max_init_timeo)}}));
}

Term SctpTimeouts::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  sctp_rtoinfo wish{};
  if (!is_map(value) || !read_association(value, wish.srto_assoc_id) || !read_field(value, atoms::initial, wish.srto_initial) ||
      !read_field(value, atoms::max, wish.srto_max) || !read_field(value, atoms::min, wish.srto_min))
    return invalid(heap, atoms::value);
  return set_bytes(heap, socket, option.level, option.number, &wish, sizeof wish);
}
Term SctpTimeouts::get(Allocator& heap, Socket& socket, const Option& option) {
  sctp_rtoinfo is{};
  Term error = get_bytes(heap, socket, option.level, option.number, &is, sizeof is);
  if (!error.is_none()) return error;
  return ok(heap, make_map(heap, {{atoms::assoc_id, association_term(is.srto_assoc_id)}, {atoms::initial, Term::small(is.srto_initial)},
                                  {atoms::max, Term::small(is.srto_max)}, {atoms::min, Term::small(is.srto_min)}}));
}

}  // namespace athanor::io::socket
