// SPDX-License-Identifier: Apache-2.0
// Capabilities that two nodes tell each other in the handshake, which the release's Erlang code leads; here they are only looked at.
// See erl_dist_protocol, "Distribution Flags".
#pragma once

#include <cstdint>

namespace athanor::dist {

// Name, bit, and what it is to us: Mandatory (a node without it is refused), Wanted (ours by default), Other.
#define ATH_DISTRIBUTION_FLAGS(X)       \
  X(Published, 0, Other)                \
  X(AtomCache, 1, Other)                \
  X(ExtendedReferences, 2, Mandatory)   \
  X(DistMonitor, 3, Wanted)             \
  X(FunTags, 4, Mandatory)              \
  X(DistMonitorName, 5, Wanted)         \
  X(HiddenAtomCache, 6, Other)          \
  X(NewFunTags, 7, Mandatory)           \
  X(ExtendedPidsPorts, 8, Mandatory)    \
  X(ExportPtrTag, 9, Mandatory)         \
  X(BitBinaries, 10, Mandatory)         \
  X(NewFloats, 11, Mandatory)           \
  X(UnicodeIo, 12, Wanted)              \
  X(HeaderAtomCache, 13, Wanted)        \
  X(SmallAtomTags, 14, Wanted)          \
  X(Utf8Atoms, 16, Mandatory)           \
  X(MapTag, 17, Mandatory)              \
  X(BigCreation, 18, Mandatory)         \
  X(SendSender, 19, Wanted)             \
  X(BigSeqtraceLabels, 20, Wanted)      \
  X(ExitPayload, 22, Wanted)            \
  X(Fragments, 23, Wanted)              \
  X(Handshake23, 24, Mandatory)         \
  X(UnlinkId, 25, Wanted)               \
  X(Mandatory25Digest, 26, Wanted)      \
  X(Spawn, 32, Wanted)                  \
  X(NameMe, 33, Other)                  \
  X(V4Nc, 34, Wanted)                   \
  X(Alias, 35, Wanted)

enum class FlagUse : uint8_t { Mandatory, Wanted, Other };

enum Flag : uint64_t {
  kNoFlag = 0,
#define X(name, bit, use) k##name = uint64_t{1} << bit,
  ATH_DISTRIBUTION_FLAGS(X)
#undef X
};

constexpr uint64_t flags_of_use(FlagUse wanted) {
  uint64_t flags = 0;
#define X(name, bit, use) \
  if (FlagUse::use == wanted) flags |= k##name;
  ATH_DISTRIBUTION_FLAGS(X)
#undef X
  return flags;
}

constexpr uint64_t kMandatoryFlags = flags_of_use(FlagUse::Mandatory);
constexpr uint64_t kDefaultFlags = kMandatoryFlags | flags_of_use(FlagUse::Wanted);
constexpr uint64_t kRejectableFlags = kHeaderAtomCache | kHiddenAtomCache | kFragments | kAtomCache;   // by a carrier
constexpr uint64_t kStrictOrderFlags = kHeaderAtomCache;                                              // need order of a carrier

// The release's Erlang code compares with these figures: {erts_dflags, …}.
static_assert(kDefaultFlags == 55966662588 && kMandatoryFlags == 17239956 && kRejectableFlags == 8396866 && kStrictOrderFlags == 8192);

}  // namespace athanor::dist
