// SPDX-License-Identifier: Apache-2.0
// Lines of HTTP/1 as terms.
#include "bif/packet_http.hpp"

#include "bif/bif.hpp"

namespace athanor::bif::packet {

namespace {

// OTP: the position in this list, from 1, is part of {http_header, Position, …}.
constexpr std::string_view kHeaders[] = {
    "Cache-Control", "Connection", "Date", "Pragma", "Transfer-Encoding", "Upgrade", "Via", "Accept", "Accept-Charset",
    "Accept-Encoding", "Accept-Language", "Authorization", "From", "Host", "If-Modified-Since", "If-Match", "If-None-Match",
    "If-Range", "If-Unmodified-Since", "Max-Forwards", "Proxy-Authorization", "Range", "Referer", "User-Agent", "Age",
    "Location", "Proxy-Authenticate", "Public", "Retry-After", "Server", "Vary", "Warning", "Www-Authenticate", "Allow",
    "Content-Base", "Content-Encoding", "Content-Language", "Content-Length", "Content-Location", "Content-Md5",
    "Content-Range", "Content-Type", "Etag", "Expires", "Last-Modified", "Accept-Ranges", "Set-Cookie", "Set-Cookie2",
    "X-Forwarded-For", "Cookie", "Keep-Alive", "Proxy-Connection"};
constexpr std::string_view kMethods[] = {"OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE"};
constexpr size_t kLongestKnownName = 50;   // OTP: longer header names keep their letters' case

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_token(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte > 32 && byte < 128 && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
}
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// The rest of a line, taken from the front.
struct Reader {
  std::string_view rest;
  bool blanks() {   // at least one
    const size_t before = rest.size();
    while (!rest.empty() && is_blank(rest[0])) rest.remove_prefix(1);
    return rest.size() != before;
  }
  bool number(int32_t& value) {   // at least one digit
    const size_t before = rest.size();
    uint32_t wrapped = 0;
    for (; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1)) wrapped = wrapped * 10 + static_cast<uint32_t>(rest[0] - '0');
    value = static_cast<int32_t>(wrapped);
    return rest.size() != before;
  }
  bool literal(std::string_view text) {
    if (!rest.starts_with(text)) return false;
    rest.remove_prefix(text.size());
    return true;
  }
  bool version(int32_t& major, int32_t& minor) { return literal("HTTP/") && number(major) && literal(".") && number(minor); }
};

class HttpLine {
 public:
  HttpLine(Allocator& heap, bool binaries) : heap_(heap), binaries_(binaries) {}

  Term start(std::string_view line) { return line.starts_with("HTTP/") ? response(line) : request(line); }
  Term header(std::string_view line);
  Term error(std::string_view whole) { return make_tuple(heap_, atoms::http_error, string(whole)); }

 private:
  Term string(std::string_view text) { return binaries_ ? athanor::binary::from_text(heap_, text) : latin1_list(heap_, text); }
  Term pair(int32_t first, int32_t second) { return make_tuple(heap_, Term::small(first), Term::small(second)); }
  Term response(std::string_view line);
  Term request(std::string_view line);
  Term uri(std::string_view text);
  Term absolute(Term scheme, std::string_view text);

  Allocator& heap_;
  bool binaries_;
};

Term HttpLine::response(std::string_view line) {
  Reader in{line};
  int32_t major, minor, status = 0;
  if (!in.version(major, minor) || !in.blanks()) return Term::none();
  in.number(status);
  if (!in.blanks() && !in.rest.empty()) return Term::none();
  const Term phrase = string(in.rest);
  return make_tuple(heap_, atoms::http_response, pair(major, minor), Term::small(status), phrase);
}

Term HttpLine::request(std::string_view line) {
  size_t end = 0;
  while (end < line.size() && is_token(line[end])) ++end;
  if (end == 0 || end == line.size() || !is_blank(line[end])) return Term::none();
  const std::string_view method = line.substr(0, end);
  Reader in{line.substr(end)};
  in.blanks();
  size_t uri_end = 0;
  while (uri_end < in.rest.size() && !is_blank(in.rest[uri_end])) ++uri_end;
  if (uri_end == 0) return Term::none();
  const std::string_view uri_text = in.rest.substr(0, uri_end);
  in.rest.remove_prefix(uri_end);
  in.blanks();
  int32_t major = 0, minor = 9;   // a line without a version is HTTP/0.9
  if (!in.rest.empty() && (in.rest.size() < 8 || !in.version(major, minor))) return Term::none();
  Term method_term;
  for (const std::string_view known : kMethods) {
    if (known == method) method_term = intern(known);
  }
  if (method_term.is_none()) method_term = string(method);
  const Term uri_term = uri(uri_text);
  return make_tuple(heap_, atoms::http_request, method_term, uri_term, pair(major, minor));
}

Term HttpLine::absolute(Term scheme, std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view path = slash == std::string_view::npos ? "/" : text.substr(slash);
  std::string_view host = text.substr(0, slash);
  Term port = atoms::undefined;
  const size_t colon = host.find(':');
  if (colon != std::string_view::npos) {
    Reader in{host.substr(colon + 1)};
    int32_t number = 0;
    in.number(number);
    if (in.rest.empty() && number != 0) port = Term::small(number);
    host = host.substr(0, colon);
  }
  const Term host_term = string(host);
  return make_tuple(heap_, atoms::absoluteURI, scheme, host_term, port, string(path));
}

Term HttpLine::uri(std::string_view text) {
  const auto has_scheme = [text](std::string_view scheme) {
    if (text.size() < scheme.size()) return false;
    for (size_t i = 0; i < scheme.size(); ++i) {
      if (lower(text[i]) != scheme[i]) return false;
    }
    return true;
  };
  if (text == "*") return intern("*");
  if (text.size() <= 1 || text[0] == '/') return make_tuple(heap_, atoms::abs_path, string(text));
  if (has_scheme("http://")) return absolute(atoms::http, text.substr(7));
  if (has_scheme("https://")) return absolute(atoms::https, text.substr(8));
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return string(text);
  const Term scheme = string(text.substr(0, colon));
  return make_tuple(heap_, atoms::scheme, scheme, string(text.substr(colon + 1)));
}

Term HttpLine::header(std::string_view line) {
  size_t size = 0;
  while (size < line.size() && is_token(line[size])) ++size;
  if (size == line.size() || line[size] != ':') return Term::none();
  const std::string_view given = line.substr(0, size);
  // Known names are told by an atom, others in the usual case: each word's first letter large.
  char shown[kLongestKnownName];
  std::string_view name = given;
  if (size <= kLongestKnownName) {
    bool first = true;
    for (size_t i = 0; i < size; ++i) {
      shown[i] = first ? upper(given[i]) : lower(given[i]);
      first = !first && given[i] == '-';
    }
    name = {shown, size};
  }
  int64_t number = 0;
  Term name_term;
  for (size_t i = 0; i < std::size(kHeaders); ++i) {
    if (kHeaders[i] == name) {
      number = static_cast<int64_t>(i) + 1;
      name_term = intern(name);
    }
  }
  if (number == 0) name_term = string(name);
  Reader in{line.substr(size + 1)};
  in.blanks();
  const Term given_term = string(given);
  return make_tuple(heap_, atoms::http_header, Term::small(number), name_term, given_term, string(in.rest));
}

}  // namespace

Term parse_http(Allocator& heap, std::string_view whole, bool binaries, bool& in_headers) {
  std::string_view line = whole;
  if (line.size() >= 2 && line[line.size() - 2] == '\r') line.remove_suffix(2);
  else if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  HttpLine http(heap, binaries);
  if (in_headers && line.empty()) {
    in_headers = false;
    return atoms::http_eoh;
  }
  Term result = in_headers ? http.header(line) : http.start(line);
  if (result.is_none()) return http.error(whole);
  in_headers = true;
  return result;
}

}  // namespace athanor::bif::packet
