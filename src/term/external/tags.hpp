// SPDX-License-Identifier: Apache-2.0
// Tags of the external term format.
#pragma once

#include <cstdint>

namespace athanor::external {

constexpr uint8_t kVersion = 131;

enum class Tag : uint8_t {
  NewFloat = 70,
  BitBinary = 77,
  Compressed = 80,
  AtomIndex = 82,
  NewPid = 88,
  NewPort = 89,
  NewerReference = 90,
  SmallInteger = 97,
  Integer = 98,
  Float = 99,
  Atom = 100,
  Reference = 101,
  Port = 102,
  Pid = 103,
  SmallTuple = 104,
  LargeTuple = 105,
  Nil = 106,
  String = 107,
  List = 108,
  Binary = 109,
  SmallBig = 110,
  LargeBig = 111,
  NewFun = 112,
  Export = 113,
  NewReference = 114,
  SmallAtom = 115,
  Map = 116,
  AtomUtf8 = 118,
  SmallAtomUtf8 = 119,
  V4Port = 120,
};

constexpr uint32_t kMaxString = 65535;  // longer lists of bytes are lists

}  // namespace athanor::external
