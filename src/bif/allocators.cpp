// SPDX-License-Identifier: Apache-2.0
#include "bif/allocators.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "bif/bif.hpp"
#include "process/send.hpp"
#include "sched/scheduling.hpp"
#include "term/atom_table.hpp"
#include "term/identifier.hpp"

#define ATH_FAMILY "bif/system.def"
#include "bif/declare.inc"

namespace athanor::bif {

namespace {

bool is_allocator(Term name) {
  static constexpr std::string_view kNames[] = {"temp_alloc", "sl_alloc", "std_alloc", "ll_alloc", "eheap_alloc", "ets_alloc", "fix_alloc",
                                                "literal_alloc", "exec_alloc", "binary_alloc", "driver_alloc", "mseg_alloc", "sys_alloc", "erts_mmap"};
  return name.is_atom() && std::find(std::begin(kNames), std::end(kNames), atom_text(name)) != std::end(kNames);
}

// {Name, Scheduler, Width, Start, Reference}: how many threads will send their figures of it to the caller.
BifResult gathering_threads(Process& self, Term what) {
  if (!is_tuple_of(what, 5) || !is_allocator(tuple_element(what, 0)) || !is_reference(tuple_element(what, 4))) return self.badarg();
  for (uint32_t i = 1; i <= 3; ++i) {
    if (!tuple_element(what, i).is_small() || tuple_element(what, i).small_value() < (i == 1 ? 0 : 1)) return self.badarg();
  }
  if (tuple_element(what, 1).small_value() > int64_t{self.runtime().scheduling->scheduler_count()}) return self.badarg();
  return Term::small(0);
}

}  // namespace

// OTP refuses []; here it is what alloc_util_allocators says, and whoever asks for all of these is answered.
Term allocators::figures(Allocator& heap, Term names) {
  if (is_allocator(names)) return atoms::false_;
  std::vector<Term> figures;
  for (; names.is_list_cell(); names = names.tail()) {
    if (!is_allocator(names.head())) return Term::none();
    figures.push_back(make_tuple(heap, names.head(), atoms::false_));
  }
  return names.is_nil() ? make_list(heap, figures.data(), figures.size()) : Term::none();
}

// Each thread of the stock VM that works beside processes sends {Reference, Number, Figures}.
BifResult allocators::tell(Process& self, Term reference, Term names) {
  const Term all = names.is_list_cell() ? figures(self.heap(), names) : Term::none();
  if (all.is_none() || !is_reference(reference)) return self.badarg();
  for (uint32_t thread = 1; thread <= self.runtime().scheduling->scheduler_count(); ++thread) {
    process::send_message(self.runtime(), self.pid(), make_tuple(self.heap(), reference, Term::small(thread), all));
  }
  return atoms::true_;
}

BifResult erts_internal::gather_alloc_histograms_1(Process& self, const Term* args) { return gathering_threads(self, args[0]); }

BifResult erts_internal::gather_carrier_info_1(Process& self, const Term* args) { return gathering_threads(self, args[0]); }

}  // namespace athanor::bif
