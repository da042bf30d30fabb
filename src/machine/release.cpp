// SPDX-License-Identifier: Apache-2.0
#include "machine/release.hpp"

#include "athanor/release.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace athanor::machine {
namespace fs = std::filesystem;

namespace {

std::string child_with_prefix(const fs::path& directory, const std::string& prefix) {
  std::error_code error;
  std::string best;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    std::string name = entry.path().filename().string();
    if (name.rfind(prefix, 0) == 0 && name > best) best = name;
  }
  return best;
}

// Fills in what stands under a root; false: no release there.
bool inspect(const fs::path& root, Release& release) {
  std::error_code error;
  std::string erts = child_with_prefix(root, "erts-");
  std::string library = child_with_prefix(root / "lib", "erts-");
  if (erts.empty() && library.empty()) return false;
  release.root = fs::canonical(root, error).string();
  if (error) return false;
  release.erts_version = (erts.empty() ? library : erts).substr(5);
  for (const fs::path& place : {root / "lib" / library / "ebin", root / erts / "ebin"}) {
    if (fs::exists(place / "init.beam", error)) release.preloaded_dir = place.string();
    if (!release.preloaded_dir.empty()) break;
  }
  if (release.preloaded_dir.empty()) return false;
  release.bin_dir = (root / erts / "bin").string();
  for (int otp = 25; otp <= 29; ++otp) {
    if (fs::exists(root / "releases" / std::to_string(otp), error)) release.otp = otp;
  }
  return release.otp != 0;
}

// `erl` found through PATH, without ours, resolved through links; its release root, or empty.
std::string root_behind_path(const std::string& own_bin_dir) {
  const char* path = std::getenv("PATH");
  if (!path) return {};
  std::string rest = path;
  std::error_code error;
  fs::path own = own_bin_dir.empty() ? fs::path() : fs::weakly_canonical(own_bin_dir, error);
  while (!rest.empty()) {
    size_t colon = rest.find(':');
    std::string directory = rest.substr(0, colon);
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
    if (directory.empty() || (!own.empty() && fs::weakly_canonical(directory, error) == own)) continue;
    fs::path erl = fs::path(directory) / "erl";
    if (!fs::exists(erl, error)) continue;
    fs::path real = fs::canonical(erl, error);
    if (error) continue;
    Release release;
    if (real.parent_path().filename() == "bin" && inspect(real.parent_path().parent_path(), release)) return release.root;
  }
  return {};
}

}  // namespace

base::Result<Release> find_release(const std::string& root, const std::string& own_bin_dir) {
  Release release;
  std::string tried;
  auto look = [&](const std::string& place) {
    if (place.empty()) return false;
    if (inspect(place, release)) return true;
    tried += "\n  " + place;
    return false;
  };
  if (!root.empty()) {
    if (look(root)) return release;
    return base::Error{"no Erlang/OTP release 25 to 29 under " + root + " (no erts-* with the preloaded modules)"};
  }
  const char* chosen = std::getenv("ATHANOR_OTP_ROOT");
  if (chosen && *chosen) {
    if (look(chosen)) return release;
    return base::Error{std::string("ATHANOR_OTP_ROOT names ") + chosen + ", but no Erlang/OTP release 25 to 29 is there"};
  }
  if (look(root_behind_path(own_bin_dir)) || look("/usr/lib/erlang") || look("/usr/local/lib/erlang")) return release;
  return base::Error{"no Erlang/OTP release found. Looked into:" + tried +
                     "\nand at every `erl` on PATH. Install one (Debian: apt-get install erlang-base erlang-dev elixir) or set "
                     "ATHANOR_OTP_ROOT to its directory."};
}

const std::vector<const char*>& preloaded_modules(int otp) {
  static const std::vector<const char*> release_25 = {
      "erts_code_purger", "erl_init", "init", "prim_buffer", "prim_eval", "prim_inet", "prim_file",
      "zlib", "socket_registry", "prim_socket", "prim_net", "prim_zip", "erl_prim_loader", "erlang",
      "erts_internal", "erl_tracer", "erts_literal_area_collector", "erts_dirty_process_signal_handler",
      "atomics", "counters", "persistent_term"};
  static const std::vector<const char*> release_27 = [] {
    std::vector<const char*> names = release_25;
    names.push_back("erts_trace_cleaner");
    return names;
  }();
  return otp >= 27 ? release_27 : release_25;
}

}  // namespace athanor::machine

namespace athanor {
ReleaseInfo find_release(const std::string& root, const std::string& own_bin_dir) {
  auto found = machine::find_release(root, own_bin_dir);
  if (!found) return ReleaseInfo{{}, {}, 0, {}, found.error().message};
  return ReleaseInfo{found->root, found->erts_version, found->otp, found->bin_dir, {}};
}
}  // namespace athanor
