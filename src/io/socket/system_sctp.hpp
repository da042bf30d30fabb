// SPDX-License-Identifier: Apache-2.0
// The system's structures of SCTP: its own header leaves it to others to define what it uses.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include <linux/sctp.h>
