# SPDX-License-Identifier: Apache-2.0
# Drivers in libraries: compiled here, loaded by the VM under test.
here=$(cd "$(dirname "$0")" && pwd)/driver
include=$(erl -noshell -eval 'io:format("~ts/usr/include", [code:root_dir()]), halt().')
compiler=$(command -v cc || command -v clang-19 || command -v clang)
build() {
  name=$1
  shift
  "$compiler" -shared -fPIC -O1 -w -I"$include" -o "$name.so" "$@" "$here/probe_drv.c"
}
build probe_drv -DNAME='"probe_drv"' -DFLAGS=0
build probe_port_drv -DNAME='"probe_port_drv"' -DFLAGS='ERL_DRV_FLAG_USE_PORT_LOCKING|ERL_DRV_FLAG_SOFT_BUSY'
build probe_vector_drv -DNAME='"probe_vector_drv"' -DFLAGS=ERL_DRV_FLAG_USE_PORT_LOCKING -DWITH_OUTPUTV
build misnamed -DNAME='"other_name"' -DFLAGS=0
echo 'int nothing;' > plain.c
"$compiler" -shared -fPIC -o plain.so plain.c
erlc "$here/probe.erl"
erl -noshell -eval 'probe:main("."), halt().'
erl -noshell -eval 'probe:halting(".", []).'
erl -noshell -eval 'probe:halting(".", [{flush, false}]).'
erl +A 3 -noshell -eval 'probe:main("."), halt().'
