# SPDX-License-Identifier: Apache-2.0
# Erlang modules of our own (lib/): compiled by the release's erlc and laid into the machine as bytes. Without erlc there are none,
# and what they are for is not there (said at configuration).
find_program(ERLC erlc)
set(own_modules_dir ${CMAKE_BINARY_DIR}/own_modules)
file(MAKE_DIRECTORY ${own_modules_dir})
file(GLOB own_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/lib/*.erl)
set(own_includes)
if(ERLC)
  foreach(source ${own_sources})
    get_filename_component(name ${source} NAME_WE)
    set(include ${own_modules_dir}/${name}.inc)
    add_custom_command(OUTPUT ${include}
      COMMAND ${ERLC} +deterministic -o ${own_modules_dir} ${source}
      COMMAND ${CMAKE_COMMAND} -DBEAM=${own_modules_dir}/${name}.beam -DOUT=${include} -P ${CMAKE_SOURCE_DIR}/cmake/bytes_of.cmake
      DEPENDS ${source} ${CMAKE_SOURCE_DIR}/cmake/bytes_of.cmake)
    list(APPEND own_includes ${include})
  endforeach()
  add_custom_target(own_modules DEPENDS ${own_includes})
  add_dependencies(athanor_machine own_modules)
  target_compile_definitions(athanor_machine PRIVATE ATH_OWN_MODULES=1)
  target_include_directories(athanor_machine PRIVATE ${own_modules_dir})
else()
  message(STATUS "erlc not found: without lib/*.erl (Node.start will not start epmd)")
endif()
