// SPDX-License-Identifier: Apache-2.0
// prim_file's natives on a real directory.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "bif/bif.hpp"
#include "io/ports.hpp"
#include "process/test_machine.hpp"
#include "term/print.hpp"
#define ATH_FAMILY "io/files.def"
#include "bif/declare.inc"

namespace athanor::io {
namespace {

namespace nif = athanor::bif::prim_file;

class FilesTest : public testing::Test {
 protected:
  FilesTest() : atoms(make_atom_table(1 << 16)) {
    machine.runtime.terms.atoms = atoms.get();
    ports = Ports::create(machine.runtime, 10);
    machine.runtime.ports = ports.get();
    machine.runtime.exit_hooks = [](process::Process& p, Term reason) { p.runtime().ports->process_exited(p, reason); };
    self = &machine.spawned();
    char place[] = "/tmp/athanor-files-XXXXXX";
    directory = ::mkdtemp(place);
    EXPECT_EQ(ports->files().set_current_directory(directory.c_str()), 0);
  }
  ~FilesTest() override { (void)!std::system(("rm -rf " + directory).c_str()); }
  Term bytes(std::string_view text) { return binary::from_text(self->heap(), text); }
  Term name(std::string text) { return binary::from_bytes(self->heap(), text.c_str(), text.size() + 1); }
  Term modes(std::initializer_list<Term> items) { return bif::make_list(self->heap(), items.begin(), items.size()); }
  template <class... Args>
  std::string call(process::BifResult (*native)(process::Process&, const Term*), Args... args) {
    Term terms[] = {args..., Term::nil()};
    process::BifResult result = native(*self, terms);
    last = result.value;
    return result.has_value() ? to_text(result.value) : "raised";
  }
  Term open(std::string file, std::initializer_list<Term> with) {
    EXPECT_TRUE(call(nif::open_nif_2, name(file), modes(with)).starts_with("{ok,"));
    return tuple_element(last, 1);
  }

  std::unique_ptr<AtomTable> atoms;
  process::TestMachine machine;
  std::unique_ptr<Ports> ports;
  process::Process* self;
  std::string directory;
  Term last;
};

TEST_F(FilesTest, WritesReadsSeeks) {
  Term file = open("a", {atoms::read, atoms::write});
  EXPECT_EQ(call(nif::write_nif_2, file, modes({bytes("hello "), bytes(""), bytes("world")})), "ok");
  EXPECT_EQ(call(nif::seek_nif_3, file, atoms::bof, Term::small(6)), "{ok,6}");
  EXPECT_EQ(call(nif::read_nif_2, file, Term::small(100)), "{ok,<<\"world\">>}");
  EXPECT_EQ(call(nif::read_nif_2, file, Term::small(1)), "eof");
  EXPECT_EQ(call(nif::pwrite_nif_3, file, Term::small(0), modes({bytes("J")})), "ok");
  EXPECT_EQ(call(nif::pread_nif_3, file, Term::small(0), Term::small(5)), "{ok,<<\"Jello\">>}");
  EXPECT_EQ(call(nif::seek_nif_3, file, atoms::bof, Term::small(5)), "{ok,5}");
  EXPECT_EQ(call(nif::truncate_nif_1, file), "ok");
  EXPECT_EQ(call(nif::read_file_nif_1, name("a")), "{ok,<<\"Jello\">>}");
  EXPECT_EQ(call(nif::seek_nif_3, file, atoms::bof, Term::small(-1)), "{error,einval}");
  EXPECT_EQ(call(nif::close_nif_1, file), "ok");
  EXPECT_EQ(call(nif::close_nif_1, file), "{error,einval}");
  EXPECT_EQ(call(nif::read_nif_2, file, Term::small(1)), "{error,einval}");
  EXPECT_EQ(call(nif::read_nif_2, atoms::ok, Term::small(1)), "raised");
}

TEST_F(FilesTest, WritesLongVectorsInParts) {
  Term file = open("v", {atoms::write});
  std::vector<Term> parts(100, bytes("ab"));
  EXPECT_TRUE(call(nif::write_nif_2, file, bif::make_list(self->heap(), parts.data(), parts.size())).starts_with("{continue,"));
  EXPECT_EQ(call(nif::write_nif_2, file, tuple_element(last, 1)), "ok");
  call(nif::close_nif_1, file);
  EXPECT_TRUE(call(nif::read_file_nif_1, name("v")).starts_with("{ok,"));
  EXPECT_EQ(binary::bit_size(tuple_element(last, 1)), 200u * 8);
}

TEST_F(FilesTest, NamesAreRelativeToTheMachinesDirectory) {
  EXPECT_EQ(call(nif::make_dir_nif_1, name("sub")), "ok");
  EXPECT_EQ(call(nif::make_dir_nif_1, name("sub")), "{error,eexist}");
  EXPECT_EQ(call(nif::set_cwd_nif_1, name("sub")), "ok");
  EXPECT_EQ(call(nif::get_cwd_nif_0), "{ok,<<\"" + directory + "/sub\">>}");
  call(nif::close_nif_1, open("inside", {atoms::write}));
  EXPECT_EQ(::access((directory + "/sub/inside").c_str(), F_OK), 0);
  EXPECT_EQ(call(nif::list_dir_nif_1, name(".")), "{ok,[<<\"inside\">>]}");
  EXPECT_EQ(call(nif::set_cwd_nif_1, name("nowhere")), "{error,enoent}");
  EXPECT_EQ(call(nif::del_dir_nif_1, name(directory + "/sub")), "{error,einval}");
  EXPECT_EQ(call(nif::rename_nif_2, name("inside"), name("../moved")), "ok");
  EXPECT_EQ(call(nif::del_file_nif_1, name("../moved")), "ok");
  EXPECT_EQ(call(nif::del_file_nif_1, name("../moved")), "{error,enoent}");
}

TEST_F(FilesTest, ErrorsAndTypes) {
  EXPECT_EQ(call(nif::read_file_nif_1, name("none")), "{error,enoent}");
  EXPECT_EQ(call(nif::read_file_nif_1, name("/")), "{error,eisdir}");
  EXPECT_EQ(call(nif::open_nif_2, name("/tmp"), Term::nil()), "{error,eisdir}");
  EXPECT_EQ(call(nif::read_file_nif_1, bytes("no zero byte")), "{error,einval}");
  EXPECT_EQ(call(nif::altname_nif_1, name("a")), "{error,enotsup}");
  call(nif::close_nif_1, open("f", {atoms::write}));
  EXPECT_EQ(call(nif::make_soft_link_nif_2, name("f"), name("l")), "ok");
  EXPECT_EQ(call(nif::read_link_nif_1, name("l")), "{ok,<<\"f\">>}");
  EXPECT_EQ(call(nif::read_link_nif_1, name("f")), "{error,einval}");
  call(nif::read_info_nif_2, name("l"), Term::small(0));
  EXPECT_EQ(tuple_element(last, 2), atoms::symlink);
  call(nif::read_info_nif_2, name("l"), Term::small(1));
  EXPECT_EQ(tuple_element(last, 2), atoms::regular);
  EXPECT_EQ(tuple_arity(last), 14u);
}

TEST_F(FilesTest, FilesOfTheDeadAreClosed) {
  Term file = open("f", {atoms::write});
  call(nif::get_handle_nif_1, file);
  binary::Scratch scratch;
  int descriptor;
  std::memcpy(&descriptor, binary::bytes_of(last, scratch).data(), sizeof descriptor);
  EXPECT_EQ(::lseek(descriptor, 0, SEEK_CUR), 0);
  process::exit_process(*self, atoms::normal);
  EXPECT_EQ(::lseek(descriptor, 0, SEEK_CUR), -1);
}

TEST_F(FilesTest, NamesOfPrograms) {
  EXPECT_EQ(call(nif::internal_name2native_1, bif::latin1_list(self->heap(), "a")), "<<97,0>>");
  EXPECT_EQ(call(nif::internal_name2native_1, atoms::ok), "raised");
  EXPECT_EQ(call(nif::internal_name2native_1, bytes(std::string_view("a\0", 2))), "raised");
  EXPECT_EQ(call(nif::internal_name2native_1, modes({bif::latin1_list(self->heap(), "a"), modes({bytes("b")})})), "raised");
  EXPECT_EQ(call(nif::internal_native2name_1, bytes("ab")), "\"ab\"");
}

}  // namespace
}  // namespace athanor::io
