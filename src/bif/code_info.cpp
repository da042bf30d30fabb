// SPDX-License-Identifier: Apache-2.0
// What modules, exports and funs tell of themselves.
#include <vector>

#include "bif/bif.hpp"
#include "bif/fun_references.hpp"
#include "code/code_server.hpp"
#include "heap/copy.hpp"
#include "term/external/external.hpp"
#define ATH_FAMILY "bif/code.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

Term name_arity(Process& self, Term name, uint32_t arity) { return make_tuple(self.heap(), name, Term::small(arity)); }

// OTP: the file's order reversed.
Term exports_of(Process& self, const code::ModuleCode& code) {
  std::vector<Term> items;
  const std::vector<beam::ExportRow>& rows = code.file->exports;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) items.push_back(name_arity(self, row->function, row->arity));
  return make_list(self.heap(), items.data(), items.size());
}

Term functions_of(Process& self, const code::ModuleCode& code) {
  std::vector<Term> items;
  for (size_t i = 0; i < code.function_count; ++i) items.push_back(name_arity(self, code.functions[i].mfa.function, code.functions[i].mfa.arity));
  return make_list(self.heap(), items.data(), items.size());
}

Term nifs_of(Process& self, const code::ModuleCode& code) {
  std::vector<Term> items;
  for (size_t i = 0; i < code.function_count; ++i) {
    const code::Function& function = code.functions[i];
    if (function.native && function.native->is_nif) items.push_back(name_arity(self, function.mfa.function, function.mfa.arity));
  }
  return make_list(self.heap(), items.data(), items.size());
}

Term decoded(Process& self, std::string_view bytes) {
  if (bytes.empty()) return Term::nil();
  Term t = external::decode(self.heap(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), {}).term;
  return t.is_none() ? Term::nil() : t;
}

// none(): no such item.
Term module_item(Process& self, const code::ModuleCode& code, Term item) {
  if (item == atoms::module) return code.module;
  if (item == atoms::md5) return athanor::binary::from_bytes(self.heap(), code.file->md5, sizeof code.file->md5);
  if (item == atoms::exports) return exports_of(self, code);
  if (item == atoms::functions) return functions_of(self, code);
  if (item == atoms::nifs) return nifs_of(self, code);
  if (item == atoms::attributes) return decoded(self, code.file->attributes);
  if (item == atoms::compile) return decoded(self, code.file->compile_info);
  if (item == atoms::native) return atoms::false_;
  if (item == atoms::native_addresses) return Term::nil();
  return Term::none();
}

const code::ModuleCode* current_code(Process& self, Term module) {
  if (!module.is_atom()) return nullptr;
  code::Module* found = self.runtime().code->find_module(module);
  return found ? found->current.load(std::memory_order_acquire) : nullptr;
}

// OTP: a fun whose module is being purged, or is not there, has the name [].
Term fun_name(const code::FunEntry& entry) {
  if (entry.entry.load(std::memory_order_acquire) == entry.unloaded_entry) return Term::nil();
  const code::Function* function = entry.function.load(std::memory_order_acquire);
  return function ? function->mfa.function : Term::nil();
}

}  // namespace

namespace erlang {

BifResult get_module_info_1(Process& self, const Term* args) {
  const code::ModuleCode* code = current_code(self, args[0]);
  if (!code) return self.badarg();
  std::vector<Term> items;
  for (Term item : {atoms::module, atoms::exports, atoms::attributes, atoms::compile, atoms::md5}) {
    items.push_back(make_tuple(self.heap(), item, module_item(self, *code, item)));
  }
  return make_list(self.heap(), items.data(), items.size());
}
BifResult get_module_info_2(Process& self, const Term* args) {
  const code::ModuleCode* code = current_code(self, args[0]);
  if (!code) return self.badarg();
  Term value = module_item(self, *code, args[1]);
  return value.is_none() ? self.badarg() : BifResult(value);
}

BifResult function_exported_3(Process& self, const Term* args) {
  if (!args[0].is_atom() || !args[1].is_atom() || !args[2].is_small()) return self.badarg();
  if (args[2].small_value() < 0 || args[2].small_value() > 255) return atoms::false_;
  code::Export* exported = self.runtime().code->find_export(args[0], args[1], static_cast<uint32_t>(args[2].small_value()));
  return boolean(exported && exported->is_defined());
}

BifResult is_builtin_3(Process& self, const Term* args) {
  if (!args[0].is_atom() || !args[1].is_atom() || !args[2].is_small()) return self.badarg();
  if (args[2].small_value() < 0 || args[2].small_value() > 255) return atoms::false_;
  const process::NativeRow* row = self.runtime().code->native(args[0], args[1], static_cast<uint32_t>(args[2].small_value()));
  if (!row || row->is_nif || std::string_view(row->name).substr(0, 4) == "ath_") return atoms::false_;
  // OTP: these count as built in though there is code for them.
  const bool counts = args[0] == atoms::erlang && (args[1] == atoms::apply || args[1] == atoms::yield);
  return boolean(!row->has_code || counts);
}

// erlang:make_fun/3: an external fun; the function need not exist.
BifResult make_fun_3(Process& self, const Term* args) {
  if (!args[0].is_atom() || !args[1].is_atom() || !args[2].is_small() || args[2].small_value() < 0 || args[2].small_value() > 255) return self.badarg();
  code::Export* exported = self.runtime().code->export_of(args[0], args[1], static_cast<uint32_t>(args[2].small_value()));
  Term* place = self.allocate(kExportFunWords);
  place[0].raw = make_header(BoxedKind::Export, 1);
  place[1].raw = reinterpret_cast<Word>(static_cast<ExportHead*>(exported));
  return Term::boxed(place);
}

// {Item, Value}.
BifResult fun_info_2(Process& self, const Term* args) {
  Term fun = args[0], item = args[1];
  if (!is_fun(fun)) return self.badarg();
  auto answer = [&](Term value) { return BifResult(make_tuple(self.heap(), item, value)); };
  if (is_export_fun(fun)) {
    const Mfa& mfa = export_entry(fun)->mfa;
    if (item == atoms::type) return answer(atoms::external);
    if (item == atoms::module) return answer(mfa.module);
    if (item == atoms::name) return answer(mfa.function);
    if (item == atoms::arity) return answer(Term::small(mfa.arity));
    if (item == atoms::env) return answer(Term::nil());
    if (item == atoms::pid || item == atoms::index || item == atoms::new_index || item == atoms::uniq || item == atoms::new_uniq || item == atoms::refc) return answer(atoms::undefined);
    return self.badarg();
  }
  auto* entry = static_cast<code::FunEntry*>(fun_entry(fun));
  if (item == atoms::type) return answer(atoms::local);
  if (item == atoms::module) return answer(entry->module);
  if (item == atoms::pid) return answer(fun_creator(fun));
  if (item == atoms::refc) return count_fun_references(self, fun);
  if (item == atoms::index || item == atoms::new_index) return answer(Term::small(entry->index));
  if (item == atoms::uniq) return answer(Term::small(entry->old_uniq));
  if (item == atoms::new_uniq) return answer(athanor::binary::from_bytes(self.heap(), entry->uniq, sizeof entry->uniq));
  if (item == atoms::name) return answer(fun_name(*entry));
  if (item == atoms::arity) return answer(Term::small(fun_arity(fun)));
  if (item == atoms::env) return answer(make_list(self.heap(), fun_environment(fun), fun_num_free(fun)));
  return self.badarg();
}

BifResult fun_info_mfa_1(Process& self, const Term* args) {
  Term fun = args[0];
  if (is_local_fun(fun)) {
    auto* entry = static_cast<code::FunEntry*>(fun_entry(fun));
    return make_tuple(self.heap(), entry->module, fun_name(*entry), Term::small(fun_arity(fun)));
  }
  if (!is_export_fun(fun)) return self.badarg();
  const Mfa& mfa = export_entry(fun)->mfa;
  return make_tuple(self.heap(), mfa.module, mfa.function, Term::small(mfa.arity));
}

}  // namespace erlang
}  // namespace athanor::bif
