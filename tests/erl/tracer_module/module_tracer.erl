%% SPDX-License-Identifier: Apache-2.0
-module(module_tracer).
-export([enabled/3, trace/5, trace_call/5, trace_procs/5, trace_ports/5, enabled_garbage_collection/3, trace_garbage_collection/5]).
-on_load(load/0).

load() -> erlang:load_nif("./module_tracer", 0).
enabled(_, _, _) -> erlang:nif_error(not_loaded).
trace(_, _, _, _, _) -> erlang:nif_error(not_loaded).
trace_call(_, _, _, _, _) -> erlang:nif_error(not_loaded).
trace_procs(_, _, _, _, _) -> erlang:nif_error(not_loaded).
trace_ports(_, _, _, _, _) -> erlang:nif_error(not_loaded).
enabled_garbage_collection(_, _, _) -> erlang:nif_error(not_loaded).
trace_garbage_collection(_, _, _, _, _) -> erlang:nif_error(not_loaded).
