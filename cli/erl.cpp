// SPDX-License-Identifier: Apache-2.0
// `erl`: takes the place of the stock command.
#include "cli/erl_arguments.hpp"

int main(int argc, char** argv) {
  return athanor::cli::run_erl({argv + 1, argv + argc}, athanor::cli::own_executable());
}
