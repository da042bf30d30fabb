// SPDX-License-Identifier: Apache-2.0
#include "machine/natives.hpp"

#include <array>

#include "bif/bif.hpp"

#define BIF(module, name, arity, kind, first, last) ATH_DECLARE_BIF(module, name, arity)
#define BIF_NAMED(module, text, name, arity, kind, first, last) ATH_DECLARE_BIF(module, name, arity)
#define NIF(module, name, arity, kind, first, last) ATH_DECLARE_BIF(module, name, arity)
#define NIF_NAMED(module, text, name, arity, kind, first, last) ATH_DECLARE_BIF(module, name, arity)
#define OWN(module, name, arity, kind, first, last) ATH_DECLARE_BIF(module, name, arity)
#include "machine/natives.def"
#undef BIF
#undef BIF_NAMED
#undef NIF
#undef NIF_NAMED
#undef OWN

namespace athanor::machine {
namespace {

using process::BifKind;
using process::NativeRow;
constexpr uint16_t latest = 999;

#define BIF(module, name, arity, kind, first, last) \
  NativeRow{#module, #name, arity, BifKind::kind, bif::module::name##_##arity, first, last, false},
#define BIF_NAMED(module, text, name, arity, kind, first, last) \
  NativeRow{#module, text, arity, BifKind::kind, bif::module::name##_##arity, first, last, false},
#define NIF(module, name, arity, kind, first, last) \
  NativeRow{#module, #name, arity, BifKind::kind, bif::module::name##_##arity, first, last, true},
#define NIF_NAMED(module, text, name, arity, kind, first, last) \
  NativeRow{#module, text, arity, BifKind::kind, bif::module::name##_##arity, first, last, true},
#define OWN(module, name, arity, kind, first, last) \
  NativeRow{#module, #name, arity, BifKind::kind, bif::module::name##_##arity, first, last, false, true},
constexpr NativeRow kRows[] = {
#include "machine/natives.def"
};
#undef BIF
#undef BIF_NAMED
#undef NIF
#undef NIF_NAMED
#undef OWN

constexpr size_t kCount = sizeof(kRows) / sizeof(kRows[0]);
constexpr std::array<const NativeRow*, kCount> pointers() {
  std::array<const NativeRow*, kCount> result{};
  for (size_t i = 0; i < kCount; ++i) result[i] = &kRows[i];
  return result;
}
constexpr std::array<const NativeRow*, kCount> kPointers = pointers();

}  // namespace

std::span<const NativeRow* const> native_rows() { return kPointers; }

}  // namespace athanor::machine
