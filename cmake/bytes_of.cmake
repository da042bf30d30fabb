# SPDX-License-Identifier: Apache-2.0
# cmake -DBEAM=file -DOUT=file -P bytes_of.cmake: the bytes of a file as a list of numbers for #include.
file(READ ${BEAM} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "// SPDX-License-Identifier: Apache-2.0\n${bytes}\n")
