# SPDX-License-Identifier: Apache-2.0
# Tracers that are modules: a library compiled here, which tells what it is called with.
here=$(cd "$(dirname "$0")" && pwd)/tracer_module
include=$(erl -noshell -eval 'io:format("~ts/usr/include", [code:root_dir()]), halt().')
compiler=$(command -v cc || command -v clang-19 || command -v clang)
"$compiler" -shared -fPIC -O1 -w -I"$include" -o module_tracer.so "$here/module_tracer.c"
erlc "$here/module_tracer.erl" "$here/module_tracing.erl"
erl -noshell -eval 'module_tracing:main(), halt().'
