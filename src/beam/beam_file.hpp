// SPDX-License-Identifier: Apache-2.0
// A .beam file taken apart: chunks checked for shape, tables decoded. Says nothing of code objects (code/) or engines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "term/term.hpp"

namespace athanor::beam {

struct ImportRow { Term module, function; uint32_t arity; };
struct ExportRow { Term function; uint32_t arity, label; };
struct LambdaRow { Term function; uint32_t arity, label, index, num_free, old_uniq; };   // arity includes num_free
struct LineItem { uint32_t file, line; };                                                // file 0: Module.erl
struct LiteralBytes { const uint8_t* bytes; size_t count; };                             // external terms inside `literal_storage`
struct FunctionRow {
  Term name;
  uint32_t arity;
  uint32_t entry_label;
  uint32_t code_begin, code_end;   // byte range in Code, from the label above func_info to the next function's
  bool keeps_messages;             // parts of a message may be kept though it stays in the queue: it must be on the heap when it is looked at
};

struct BeamFile {
  std::vector<uint8_t> bytes;              // code, strings, attributes, compile_info; the views below point into it
  Term module;
  std::vector<Term> atoms;                 // [0] unused; index as in the file
  std::vector<ImportRow> imports;
  std::vector<ExportRow> exports;
  std::vector<ExportRow> locals;
  std::vector<LambdaRow> lambdas;
  std::vector<LiteralBytes> literals;
  std::vector<uint8_t> literal_storage;
  std::vector<LineItem> lines;             // [0] = undefined location
  std::vector<std::string> line_files;     // [0] unused: Module.erl
  std::string_view strings;                // StrT
  const uint8_t* code = nullptr;           // Code chunk after its header
  uint32_t code_bytes = 0;
  uint32_t label_count = 0, function_count = 0;
  std::string_view attributes, compile_info;   // external terms
  uint8_t md5[16] = {};
  std::vector<FunctionRow> functions;      // filled by verify()
  uint32_t on_load_label = 0;              // 0: none (filled by verify())
  bool has_nifs = false;                   // nif_start seen
  std::vector<uint8_t> guard_imports;      // by import: 1 where bif0 … gc_bif3 name it (filled by verify())
};

// Takes the chunks apart. Error: what is wrong and where ("badfile" to the program).
base::Result<std::unique_ptr<BeamFile>> read(const uint8_t* bytes, size_t count);
// The linear check of all code that needs no types; fills functions, on_load_label.
base::Result<bool> verify(BeamFile& file);
// A chunk's bytes, empty view with data()==nullptr when absent. Error: no BEAM file.
base::Result<std::string_view> find_chunk(const uint8_t* bytes, size_t count, std::string_view id);
base::Result<bool> module_md5(const uint8_t* bytes, size_t count, uint8_t md5[16]);

// --- decoding of instructions, one at a time (verifier, lowering, disassembler) ---
enum class OperandKind : uint8_t { Unsigned, Integer, BigInteger, Atom, Nil, X, Y, Label, Character, FloatRegister, Literal, List, AllocList };
struct Operand {
  OperandKind kind;
  int64_t value;               // number, index; BigInteger: offset of its bytes in Code; Atom: index in atoms (Nil for atom 0)
  uint32_t count = 0;          // BigInteger: bytes; List: operands, stored in Instruction::list[value .. value+count); X, Y: type hint + 1 or 0
};
struct Instruction {
  uint32_t opcode = 0;
  uint32_t offset = 0;         // in Code
  uint32_t operand_count = 0;
  Operand operands[8];
  std::vector<Operand> list;   // elements of list operands
  struct Alloc { uint32_t words = 0, floats = 0, funs = 0; } alloc;   // of an AllocList operand
};
class Decoder {
 public:
  explicit Decoder(const BeamFile& file, uint32_t begin = 0) : file_(file), at_(begin) {}
  // False at the end or on malformed bytes (then error() is set). `instruction` is reused between calls.
  bool next(Instruction& instruction);
  const char* error() const { return error_; }
  uint32_t offset() const { return at_; }
 private:
  bool operand(Instruction& instruction, Operand& out, int depth);
  bool slow_operand(Instruction& instruction, Operand& out, int depth);
  const BeamFile& file_;
  uint32_t at_;
  const char* error_ = nullptr;
};
// Text of one instruction; of a whole function, a line each with its offset.
std::string disassemble(const BeamFile& file, const Instruction& instruction);
std::string disassemble(const BeamFile& file, const FunctionRow& function);

}  // namespace athanor::beam
