// SPDX-License-Identifier: Apache-2.0
#include "harness/beam_mutator.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "beam/beam_file.hpp"
#include "beam/opcodes.hpp"

namespace athanor::fuzz {

namespace {

using Random = std::minstd_rand;
using Chunks = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kCodeHeader = 20;   // size of the header, instruction set, highest opcode, labels, functions
constexpr size_t kLargestChunk = 1 << 20;

uint32_t read32(const char* at) {
  const auto* b = reinterpret_cast<const uint8_t*>(at);
  return static_cast<uint32_t>(b[0]) << 24 | static_cast<uint32_t>(b[1]) << 16 | static_cast<uint32_t>(b[2]) << 8 | b[3];
}
void append32(std::string& out, size_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

Chunks chunks_of(std::string_view file) {
  Chunks chunks;
  if (file.size() < 12 || file.substr(0, 4) != "FOR1") return chunks;
  for (size_t at = 12; at + 8 <= file.size();) {
    const size_t count = read32(file.data() + at + 4);
    if (count > file.size() - at - 8) break;
    chunks.emplace_back(file.substr(at, 4), file.substr(at + 8, count));
    at += 8 + (count + 3) / 4 * 4;
  }
  return chunks;
}

std::string file_of(const Chunks& chunks) {
  std::string body = "BEAM";
  for (const auto& [name, data] : chunks) {
    body += name;
    append32(body, data.size());
    body += data;
    body.append((4 - data.size() % 4) % 4, '\0');
  }
  std::string file = "FOR1";
  append32(file, body.size());
  return file + body;
}

void mutate_text(std::string& text, MutateBytes mutate) {
  const size_t count = text.size();
  text.resize(count + 64);
  text.resize(mutate(reinterpret_cast<uint8_t*>(text.data()), count, text.size()));
}

void mutate_literals(std::string& chunk, MutateBytes mutate) {
  if (chunk.size() < 4) return mutate_text(chunk, mutate);
  std::string plain(std::min<size_t>(read32(chunk.data()), kLargestChunk), '\0');
  uLongf count = plain.size();
  if (uncompress(reinterpret_cast<Bytef*>(plain.data()), &count, reinterpret_cast<const Bytef*>(chunk.data()) + 4, chunk.size() - 4) != Z_OK) {
    return mutate_text(chunk, mutate);
  }
  plain.resize(count);
  mutate_text(plain, mutate);
  uLongf packed_count = compressBound(plain.size());
  std::string packed(packed_count, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &packed_count, reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  packed.resize(packed_count);
  chunk.clear();
  append32(chunk, plain.size());
  chunk += packed;
}

std::vector<std::string> instructions_of(std::string_view code) {
  beam::BeamFile file;
  file.code = reinterpret_cast<const uint8_t*>(code.data());
  file.code_bytes = static_cast<uint32_t>(code.size());
  std::vector<std::string> instructions;
  beam::Decoder decoder(file);
  beam::Instruction instruction;
  uint32_t from = 0;
  while (decoder.next(instruction)) {
    instructions.emplace_back(code.substr(from, decoder.offset() - from));
    from = decoder.offset();
  }
  return instructions;
}

// Another opcode with as many operands.
void change_opcode(std::string& instruction, Random& random) {
  const beam::OpcodeInfo* now = beam::opcode_info(static_cast<uint8_t>(instruction[0]));
  for (int i = 0; i < 100 && now; ++i) {
    const auto number = static_cast<uint32_t>(1 + random() % beam::kMaxOpcode);
    const beam::OpcodeInfo* other = beam::opcode_info(number);
    if (!other || std::strlen(other->operands) != std::strlen(now->operands)) continue;
    instruction[0] = static_cast<char>(number);
    return;
  }
}

// One byte of the operands: of most this is tag and value.
void change_operand(std::string& instruction, Random& random) {
  if (instruction.size() < 2) return;
  char& place = instruction[1 + random() % (instruction.size() - 1)];
  const auto byte = static_cast<uint8_t>(place);
  switch (random() % 5) {
    case 0: place = static_cast<char>((byte & 0x0F) | (random() % 16) << 4); break;   // another value
    case 1: place = static_cast<char>((byte & 0xF8) | random() % 7); break;           // another kind
    case 2: place = static_cast<char>(byte + 16); break;
    case 3: place = static_cast<char>(byte - 16); break;
    default: place = static_cast<char>(random()); break;
  }
}

void change_instructions(std::vector<std::string>& all, Random& random) {
  if (all.size() < 3) return;
  auto any = [&] { return random() % all.size(); };
  for (size_t edits = 1 + random() % 3; edits > 0; --edits) {
    const size_t at = any();
    // Mostly within a function: a few instructions further.
    const size_t other = random() % 4 ? std::min(all.size() - 1, at + random() % 12) : any();
    switch (random() % 10) {
      case 0: std::swap(all[at], all[other]); break;
      case 1:
        if (all.size() > 3) all.erase(all.begin() + static_cast<ptrdiff_t>(at));
        break;
      case 2: all.insert(all.begin() + static_cast<ptrdiff_t>(other), std::string(all[at])); break;
      case 3: all[at] = std::string(all[other]); break;
      case 4: change_opcode(all[at], random); break;
      default: change_operand(all[at], random); break;
    }
  }
}

void mutate_code(std::string& chunk, Random& random, MutateBytes mutate) {
  if (chunk.size() <= kCodeHeader) return mutate_text(chunk, mutate);
  std::vector<std::string> instructions = instructions_of(std::string_view(chunk).substr(kCodeHeader));
  change_instructions(instructions, random);
  chunk.resize(kCodeHeader);
  for (const std::string& instruction : instructions) chunk += instruction;
}

}  // namespace

size_t mutate_beam_file(uint8_t* bytes, size_t count, size_t max_count, unsigned seed, MutateBytes mutate) {
  Random random(seed);
  const unsigned what = random() % 16;
  Chunks chunks = chunks_of({reinterpret_cast<const char*>(bytes), count});
  if (what == 0 || chunks.empty()) return mutate(bytes, count, max_count);
  auto& [name, data] = chunks[random() % chunks.size()];
  if (what <= 2) {
    if (name == "LitT") mutate_literals(data, mutate);
    else mutate_text(data, mutate);
  } else {
    for (auto& [id, content] : chunks) {
      if (id == "Code") mutate_code(content, random, mutate);
    }
  }
  const std::string file = file_of(chunks);
  if (file.size() > max_count) return mutate(bytes, count, max_count);
  std::memcpy(bytes, file.data(), file.size());
  return file.size();
}

}  // namespace athanor::fuzz
