# SPDX-License-Identifier: Apache-2.0
# The NIF interface: a library compiled here, loaded by the VM under test.
here=$(cd "$(dirname "$0")" && pwd)/nif
include=$(erl -noshell -eval 'io:format("~ts/usr/include", [code:root_dir()]), halt().')
compiler=$(command -v cc || command -v clang-19 || command -v clang)
"$compiler" -shared -fPIC -O1 -w -I"$include" -o probe.so "$here/probe.c" -lpthread
erlc "$here/probe.erl"
erl -noshell -eval 'probe:main(["./probe"]), halt().'
