// SPDX-License-Identifier: Apache-2.0
// Natives of prim_socket and prim_net. The socket module is not supported: every call raises notsup, as the stock VM's do where
// it is built without it; prim_socket's start then notes empty tables, and gen_tcp and gen_udp work on the inet drivers.
#include "bif/bif.hpp"
#define ATH_FAMILY "io/sockets.def"
#include "bif/declare.inc"

#define ATH_NOT_SUPPORTED(module, name, arity) \
  BifResult module::name##_##arity(Process& self, const Term*) { return self.error(atoms::notsup); }

namespace athanor::bif {

ATH_NOT_SUPPORTED(prim_net, nif_command, 1)
ATH_NOT_SUPPORTED(prim_net, nif_get_adapters_addresses, 1)
ATH_NOT_SUPPORTED(prim_net, nif_get_if_entry, 1)
ATH_NOT_SUPPORTED(prim_net, nif_get_interface_info, 1)
ATH_NOT_SUPPORTED(prim_net, nif_get_ip_address_table, 1)
ATH_NOT_SUPPORTED(prim_net, nif_getaddrinfo, 3)
ATH_NOT_SUPPORTED(prim_net, nif_gethostname, 0)
ATH_NOT_SUPPORTED(prim_net, nif_getifaddrs, 1)
ATH_NOT_SUPPORTED(prim_net, nif_getnameinfo, 2)
ATH_NOT_SUPPORTED(prim_net, nif_if_index2name, 1)
ATH_NOT_SUPPORTED(prim_net, nif_if_name2index, 1)
ATH_NOT_SUPPORTED(prim_net, nif_if_names, 0)
ATH_NOT_SUPPORTED(prim_net, nif_info, 0)
ATH_NOT_SUPPORTED(prim_socket, nif_accept, 2)
ATH_NOT_SUPPORTED(prim_socket, nif_bind, 2)
ATH_NOT_SUPPORTED(prim_socket, nif_cancel, 3)
ATH_NOT_SUPPORTED(prim_socket, nif_close, 1)
ATH_NOT_SUPPORTED(prim_socket, nif_command, 1)
ATH_NOT_SUPPORTED(prim_socket, nif_connect, 1)
ATH_NOT_SUPPORTED(prim_socket, nif_connect, 3)
ATH_NOT_SUPPORTED(prim_socket, nif_finalize_close, 1)
ATH_NOT_SUPPORTED(prim_socket, nif_getopt, 3)
ATH_NOT_SUPPORTED(prim_socket, nif_getopt, 4)
ATH_NOT_SUPPORTED(prim_socket, nif_info, 0)
ATH_NOT_SUPPORTED(prim_socket, nif_info, 1)
ATH_NOT_SUPPORTED(prim_socket, nif_ioctl, 2)
ATH_NOT_SUPPORTED(prim_socket, nif_ioctl, 3)
ATH_NOT_SUPPORTED(prim_socket, nif_ioctl, 4)
ATH_NOT_SUPPORTED(prim_socket, nif_listen, 2)
ATH_NOT_SUPPORTED(prim_socket, nif_open, 2)
ATH_NOT_SUPPORTED(prim_socket, nif_open, 4)
ATH_NOT_SUPPORTED(prim_socket, nif_peername, 1)
ATH_NOT_SUPPORTED(prim_socket, nif_recv, 4)
ATH_NOT_SUPPORTED(prim_socket, nif_recvfrom, 4)
ATH_NOT_SUPPORTED(prim_socket, nif_recvmsg, 5)
ATH_NOT_SUPPORTED(prim_socket, nif_send, 4)
ATH_NOT_SUPPORTED(prim_socket, nif_sendfile, 1)
ATH_NOT_SUPPORTED(prim_socket, nif_sendfile, 4)
ATH_NOT_SUPPORTED(prim_socket, nif_sendfile, 5)
ATH_NOT_SUPPORTED(prim_socket, nif_sendmsg, 5)
ATH_NOT_SUPPORTED(prim_socket, nif_sendto, 5)
ATH_NOT_SUPPORTED(prim_socket, nif_setopt, 5)
ATH_NOT_SUPPORTED(prim_socket, nif_shutdown, 2)
ATH_NOT_SUPPORTED(prim_socket, nif_sockname, 1)
ATH_NOT_SUPPORTED(prim_socket, nif_supports, 0)
ATH_NOT_SUPPORTED(prim_socket, nif_supports, 1)

}  // namespace athanor::bif
