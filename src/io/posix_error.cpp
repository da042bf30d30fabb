// SPDX-License-Identifier: Apache-2.0
#include "io/posix_error.hpp"

#include <cerrno>

#include "term/boxed.hpp"
#include "term/context.hpp"

namespace athanor::io {

#define ATH_POSIX_ERRORS(X)                                                                                              \
  X(E2BIG, e2big) X(EACCES, eacces) X(EADDRINUSE, eaddrinuse) X(EADDRNOTAVAIL, eaddrnotavail) X(EADV, eadv)              \
  X(EAFNOSUPPORT, eafnosupport) X(EAGAIN, eagain) X(EALREADY, ealready) X(EBADE, ebade) X(EBADF, ebadf)                  \
  X(EBADFD, ebadfd) X(EBADMSG, ebadmsg) X(EBADR, ebadr) X(EBADRQC, ebadrqc) X(EBADSLT, ebadslt) X(EBFONT, ebfont)        \
  X(EBUSY, ebusy) X(ECANCELED, ecanceled) X(ECHILD, echild) X(ECHRNG, echrng) X(ECOMM, ecomm)                            \
  X(ECONNABORTED, econnaborted) X(ECONNREFUSED, econnrefused) X(ECONNRESET, econnreset) X(EDEADLK, edeadlk)              \
  X(EDESTADDRREQ, edestaddrreq) X(EDOM, edom) X(EDOTDOT, edotdot) X(EDQUOT, edquot) X(EEXIST, eexist)                    \
  X(EFAULT, efault) X(EFBIG, efbig) X(EHOSTDOWN, ehostdown) X(EHOSTUNREACH, ehostunreach) X(EIDRM, eidrm)                \
  X(EILSEQ, eilseq) X(EINPROGRESS, einprogress) X(EINTR, eintr) X(EINVAL, einval) X(EIO, eio) X(EISCONN, eisconn)        \
  X(EISDIR, eisdir) X(EISNAM, eisnam) X(ELIBACC, elibacc) X(ELIBBAD, elibbad) X(ELIBEXEC, elibexec)                      \
  X(ELIBMAX, elibmax) X(ELIBSCN, elibscn) X(ELNRNG, elnrng) X(ELOOP, eloop) X(EMFILE, emfile) X(EMLINK, emlink)          \
  X(EMSGSIZE, emsgsize) X(EMULTIHOP, emultihop) X(ENAMETOOLONG, enametoolong) X(ENAVAIL, enavail)                        \
  X(ENETDOWN, enetdown) X(ENETRESET, enetreset) X(ENETUNREACH, enetunreach) X(ENFILE, enfile) X(ENOANO, enoano)          \
  X(ENOBUFS, enobufs) X(ENOCSI, enocsi) X(ENODATA, enodata) X(ENODEV, enodev) X(ENOENT, enoent) X(ENOEXEC, enoexec)      \
  X(ENOLCK, enolck) X(ENOLINK, enolink) X(ENOMEM, enomem) X(ENOMSG, enomsg) X(ENONET, enonet) X(ENOPKG, enopkg)          \
  X(ENOPROTOOPT, enoprotoopt) X(ENOSPC, enospc) X(ENOSR, enosr) X(ENOSTR, enostr) X(ENOSYS, enosys)                      \
  X(ENOTBLK, enotblk) X(ENOTCONN, enotconn) X(ENOTDIR, enotdir) X(ENOTEMPTY, enotempty) X(ENOTNAM, enotnam)              \
  X(ENOTSOCK, enotsock) X(ENOTTY, enotty) X(ENOTUNIQ, enotuniq) X(ENXIO, enxio) X(ENOTSUP, enotsup)                \
  X(EOVERFLOW, eoverflow) X(EPERM, eperm) X(EPFNOSUPPORT, epfnosupport) X(EPIPE, epipe) X(EPROTO, eproto)                \
  X(EPROTONOSUPPORT, eprotonosupport) X(EPROTOTYPE, eprototype) X(ERANGE, erange) X(EREMCHG, eremchg)                    \
  X(EREMOTE, eremote) X(EREMOTEIO, eremoteio) X(EROFS, erofs) X(ESHUTDOWN, eshutdown)                                    \
  X(ESOCKTNOSUPPORT, esocktnosupport) X(ESPIPE, espipe) X(ESRCH, esrch) X(ESRMNT, esrmnt) X(ESTALE, estale)              \
  X(ETIME, etime) X(ETIMEDOUT, etimedout) X(ETOOMANYREFS, etoomanyrefs) X(ETXTBSY, etxtbsy) X(EUCLEAN, euclean)          \
  X(EUNATCH, eunatch) X(EUSERS, eusers) X(EXDEV, exdev) X(EXFULL, exfull)

const char* error_name(int error_number) {
  switch (error_number) {
#define X(number, name) case number: return #name;
    ATH_POSIX_ERRORS(X)
#undef X
    default: return "unknown";
  }
}

Term error_atom(int error_number) {
  return error_number == ENOENT ? atoms::enoent : intern(error_name(error_number));
}

Term error_tuple(Allocator& heap, int error_number) {
  Term* place = heap.allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = atoms::error;
  place[2] = error_atom(error_number);
  return Term::boxed(place);
}

}  // namespace athanor::io
