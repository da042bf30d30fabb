// SPDX-License-Identifier: Apache-2.0
// Taking a .beam file apart: chunks and tables. Every length is checked against what is there.
#include "beam/beam_file.hpp"

#include <zlib.h>

#include <cstring>

#include "base/md5.hpp"
#include "term/context.hpp"
#include "term/external/external.hpp"

namespace athanor::beam {
namespace {

using base::Error;
using base::Result;

uint32_t read32(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) << 24 | static_cast<uint32_t>(at[1]) << 16 | static_cast<uint32_t>(at[2]) << 8 | at[3];
}

// Reads big-endian numbers and notes running over the end.
class Reader {
 public:
  Reader(std::string_view data) : at_(reinterpret_cast<const uint8_t*>(data.data())), end_(at_ + data.size()) {}
  uint32_t u32() {
    if (end_ - at_ < 4) { good_ = false; return 0; }
    uint32_t value = read32(at_);
    at_ += 4;
    return value;
  }
  uint16_t u16() {
    if (end_ - at_ < 2) { good_ = false; return 0; }
    auto value = static_cast<uint16_t>(at_[0] << 8 | at_[1]);
    at_ += 2;
    return value;
  }
  uint8_t u8() {
    if (at_ == end_) { good_ = false; return 0; }
    return *at_++;
  }
  std::string_view bytes(size_t count) {
    if (static_cast<size_t>(end_ - at_) < count) { good_ = false; return {}; }
    std::string_view result(reinterpret_cast<const char*>(at_), count);
    at_ += count;
    return result;
  }
  // A compact term as the line table has them: small tag and value; false: malformed.
  bool compact(uint32_t& tag, uint64_t& value) {
    uint8_t first = u8();
    tag = first & 7;
    if (!(first & 8)) {
      value = first >> 4;
    } else if (!(first & 16)) {
      value = static_cast<uint64_t>(first >> 5) << 8 | u8();
    } else {
      unsigned count = (first >> 5) + 2u;
      if (count > 8) return false;
      value = 0;
      for (unsigned i = 0; i < count; ++i) value = value << 8 | u8();
    }
    return good_;
  }
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  bool good() const { return good_; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
  bool good_ = true;
};

// A whole file may be gzip-compressed.
bool is_gzip(const uint8_t* bytes, size_t count) { return count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B; }

Result<std::vector<uint8_t>> unpacked(const uint8_t* bytes, size_t count) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return Error{"out of memory for unpacking"};
  stream.next_in = const_cast<uint8_t*>(bytes);
  stream.avail_in = static_cast<uInt>(count);
  std::vector<uint8_t> out;
  constexpr size_t kMost = size_t{1} << 28;
  int status = Z_OK;
  while (status == Z_OK && out.size() < kMost) {
    size_t before = out.size();
    out.resize(before + 65536);
    stream.next_out = out.data() + before;
    stream.avail_out = 65536;
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) return Error{"the gzip data is broken"};
  return out;
}

// Walks the chunks of an unpacked file.
template <class Visit>
const char* each_chunk(std::string_view file, Visit visit) {
  if (file.size() < 12 || file.substr(0, 4) != "FOR1" || file.substr(8, 4) != "BEAM") return "no BEAM file";
  size_t size = read32(reinterpret_cast<const uint8_t*>(file.data()) + 4);
  if (size < 4 || size + 8 > file.size()) return "the file is cut off";
  size_t at = 12, end = size + 8;
  while (at + 8 <= end) {
    std::string_view id = file.substr(at, 4);
    size_t bytes = read32(reinterpret_cast<const uint8_t*>(file.data()) + at + 4);
    if (bytes > end - at - 8) return "a chunk runs over the end of the file";
    visit(id, file.substr(at + 8, bytes));
    at += 8 + (bytes + 3) / 4 * 4;
  }
  return nullptr;
}

struct Chunks {
  std::string_view atoms, code, strings, imports, exports, locals, lambdas, literals, lines, attributes, compile, meta;
};

Result<Chunks> find_chunks(std::string_view file) {
  Chunks chunks;
  const char* problem = each_chunk(file, [&](std::string_view id, std::string_view data) {
    if (id == "AtU8") chunks.atoms = data;
    else if (id == "Code") chunks.code = data;
    else if (id == "StrT") chunks.strings = data;
    else if (id == "ImpT") chunks.imports = data;
    else if (id == "ExpT") chunks.exports = data;
    else if (id == "LocT") chunks.locals = data;
    else if (id == "FunT") chunks.lambdas = data;
    else if (id == "LitT") chunks.literals = data;
    else if (id == "Line") chunks.lines = data;
    else if (id == "Attr") chunks.attributes = data;
    else if (id == "CInf") chunks.compile = data;
    else if (id == "Meta") chunks.meta = data;
  });
  if (problem) return Error{problem};
  for (auto [name, data] : {std::pair{"AtU8", chunks.atoms}, {"Code", chunks.code}, {"ImpT", chunks.imports}, {"ExpT", chunks.exports}}) {
    if (!data.data()) return Error{std::string("mandatory chunk ") + name + " is missing"};
  }
  return chunks;
}

const char* read_atoms(std::string_view data, BeamFile& file) {
  Reader in(data);
  uint32_t count = in.u32();
  if (!in.good() || count == 0 || count > data.size()) return "the atom table is malformed";
  file.atoms.reserve(count + 1);
  file.atoms.push_back(Term::nil());
  for (uint32_t i = 0; i < count; ++i) {
    uint8_t length = in.u8();
    std::string_view text = in.bytes(length);
    if (!in.good()) return "the atom table is cut off";
    Term atom = external::checked_atom(text);
    if (atom.is_none()) return "an atom is no UTF-8, or the atom table of the machine is full";
    file.atoms.push_back(atom);
  }
  file.module = file.atoms[1];
  return nullptr;
}

const char* read_code_header(std::string_view data, BeamFile& file) {
  Reader in(data);
  uint32_t header = in.u32();
  uint32_t set = in.u32(), opcode_max = in.u32();
  file.label_count = in.u32();
  file.function_count = in.u32();
  if (!in.good() || header < 16 || header > data.size() - 4) return "the code header is malformed";
  if (set != 0) return "code for another instruction set";
  if (opcode_max > 180) return "code of a newer compiler";
  file.code = reinterpret_cast<const uint8_t*>(data.data()) + 4 + header;
  file.code_bytes = static_cast<uint32_t>(data.size() - 4 - header);
  if (file.label_count > file.code_bytes || file.function_count > file.code_bytes) return "more labels than code";
  return nullptr;
}

bool is_atom_index(const BeamFile& file, uint32_t index) { return index > 0 && index < file.atoms.size(); }

const char* read_imports(std::string_view data, BeamFile& file) {
  Reader in(data);
  uint32_t count = in.u32();
  if (!in.good() || count > in.left() / 12) return "the import table is cut off";
  file.imports.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t module = in.u32(), function = in.u32(), arity = in.u32();
    if (!is_atom_index(file, module) || !is_atom_index(file, function) || arity > 255) return "an import is malformed";
    file.imports.push_back({file.atoms[module], file.atoms[function], arity});
  }
  return nullptr;
}

const char* read_exports(std::string_view data, BeamFile& file, std::vector<ExportRow>& rows) {
  Reader in(data);
  uint32_t count = in.u32();
  if (!in.good() || count > in.left() / 12) return "the export table is cut off";
  rows.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t function = in.u32(), arity = in.u32(), label = in.u32();
    if (!is_atom_index(file, function) || arity > 255 || label == 0 || label >= file.label_count) return "an export is malformed";
    rows.push_back({file.atoms[function], arity, label});
  }
  return nullptr;
}

const char* read_lambdas(std::string_view data, BeamFile& file) {
  if (!data.data()) return nullptr;
  Reader in(data);
  uint32_t count = in.u32();
  if (!in.good() || count > in.left() / 24) return "the fun table is cut off";
  file.lambdas.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t function = in.u32(), arity = in.u32(), label = in.u32(), index = in.u32(), num_free = in.u32(), uniq = in.u32();
    if (!is_atom_index(file, function) || arity > 255 || num_free > arity || label == 0 || label >= file.label_count) return "a fun is malformed";
    file.lambdas.push_back({file.atoms[function], arity, label, index, num_free, uniq});
  }
  return nullptr;
}

const char* read_literals(std::string_view data, BeamFile& file) {
  if (!data.data()) return nullptr;
  Reader head(data);
  uint32_t size = head.u32();
  // zlib packs no better than 1032 to 1.
  if (!head.good() || size > (1u << 28) || size / 1040 > data.size()) return "the literal table is malformed";
  file.literal_storage.resize(size);
  if (size == 0) return nullptr;
  uLongf unpacked_size = size;
  if (uncompress(file.literal_storage.data(), &unpacked_size, reinterpret_cast<const Bytef*>(data.data()) + 4, data.size() - 4) != Z_OK ||
      unpacked_size != size) {
    return "the literal table does not unpack";
  }
  Reader in({reinterpret_cast<const char*>(file.literal_storage.data()), size});
  uint32_t count = in.u32();
  if (!in.good() || count > in.left() / 4) return "the literal table is cut off";
  file.literals.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t bytes = in.u32();
    std::string_view literal = in.bytes(bytes);
    if (!in.good()) return "a literal is cut off";
    file.literals.push_back({reinterpret_cast<const uint8_t*>(literal.data()), literal.size()});
  }
  return nullptr;
}

// Lines of an unknown version are ignored, as other hints are.
const char* read_lines(std::string_view data, BeamFile& file) {
  file.lines.push_back({0, 0});
  file.line_files.push_back({});
  if (!data.data()) return nullptr;
  Reader in(data);
  uint32_t version = in.u32();
  in.u32();
  in.u32();
  uint32_t item_count = in.u32(), name_count = in.u32();
  if (!in.good()) return "the line table is cut off";
  if (version != 0) return nullptr;
  if (item_count > in.left() || name_count > in.left()) return "the line table is malformed";
  file.lines.reserve(item_count + 1);
  uint32_t name = 0;
  for (uint32_t i = 0; i < item_count;) {
    uint32_t tag;
    uint64_t value;
    if (!in.compact(tag, value)) return "the line table is malformed";
    if (tag == 2) {
      if (value > name_count) return "a line names a file that is not there";
      name = static_cast<uint32_t>(value);
    } else if (tag == 1) {
      file.lines.push_back({name, static_cast<uint32_t>(value)});
      ++i;
    } else {
      return "the line table is malformed";
    }
  }
  for (uint32_t i = 0; i < name_count; ++i) {
    uint16_t length = in.u16();
    std::string_view text = in.bytes(length);
    if (!in.good()) return "the line table is cut off";
    file.line_files.emplace_back(text);
  }
  return nullptr;
}

// The module's MD5 over the chunks that make its meaning, in the stock order; the old uniques of funs count as zero.
void compute_md5(const Chunks& chunks, uint8_t md5[16]) {
  base::Md5 sum;
  for (std::string_view data : {chunks.atoms, chunks.code, chunks.strings, chunks.imports, chunks.exports}) sum.update(data.data(), data.size());
  if (chunks.lambdas.size() >= 4) {
    sum.update(chunks.lambdas.data(), 4);
    size_t at = 4;
    for (; at + 24 <= chunks.lambdas.size(); at += 24) {
      static constexpr char zero[4] = {};
      sum.update(chunks.lambdas.data() + at, 20);
      sum.update(zero, 4);
    }
    sum.update(chunks.lambdas.data() + at, chunks.lambdas.size() - at);
  }
  sum.update(chunks.literals.data(), chunks.literals.size());
  sum.update(chunks.meta.data(), chunks.meta.size());
  sum.finish(md5);
}

// Of the file only what is needed later stays: code, strings, attributes, compile information.
void keep(const Chunks& chunks, BeamFile& file) {
  std::string_view code(reinterpret_cast<const char*>(file.code), file.code_bytes);
  file.bytes.reserve(code.size() + chunks.strings.size() + chunks.attributes.size() + chunks.compile.size());
  auto kept = [&](std::string_view data) {
    const size_t at = file.bytes.size();
    file.bytes.insert(file.bytes.end(), data.begin(), data.end());
    return std::string_view(reinterpret_cast<const char*>(file.bytes.data()) + at, data.size());
  };
  file.code = reinterpret_cast<const uint8_t*>(kept(code).data());
  file.strings = kept(chunks.strings);
  file.attributes = kept(chunks.attributes);
  file.compile_info = kept(chunks.compile);
}

}  // namespace

Result<std::unique_ptr<BeamFile>> read(const uint8_t* bytes, size_t count) {
  std::vector<uint8_t> plain;
  if (is_gzip(bytes, count)) {
    auto data = unpacked(bytes, count);
    if (!data) return data.error();
    plain = std::move(*data);
    bytes = plain.data();
    count = plain.size();
  }
  auto file = std::make_unique<BeamFile>();
  auto chunks = find_chunks({reinterpret_cast<const char*>(bytes), count});
  if (!chunks) return chunks.error();
  const char* problem = read_atoms(chunks->atoms, *file);
  if (!problem) problem = read_code_header(chunks->code, *file);
  if (!problem) problem = read_imports(chunks->imports, *file);
  if (!problem) problem = read_exports(chunks->exports, *file, file->exports);
  if (!problem && chunks->locals.data()) problem = read_exports(chunks->locals, *file, file->locals);
  if (!problem) problem = read_lambdas(chunks->lambdas, *file);
  if (!problem) problem = read_literals(chunks->literals, *file);
  if (!problem) problem = read_lines(chunks->lines, *file);
  if (problem) return Error{problem};
  compute_md5(*chunks, file->md5);
  keep(*chunks, *file);
  return file;
}

Result<std::string_view> find_chunk(const uint8_t* bytes, size_t count, std::string_view id) {
  std::string_view found;
  const char* problem = each_chunk({reinterpret_cast<const char*>(bytes), count}, [&](std::string_view name, std::string_view data) {
    if (name == id) found = data;
  });
  if (problem) return Error{problem};
  return found;
}

Result<bool> module_md5(const uint8_t* bytes, size_t count, uint8_t md5[16]) {
  auto chunks = find_chunks({reinterpret_cast<const char*>(bytes), count});
  if (!chunks) return chunks.error();
  compute_md5(*chunks, md5);
  return true;
}

}  // namespace athanor::beam
