// SPDX-License-Identifier: Apache-2.0
#include "harness/families.hpp"

#include <algorithm>
#include <cstring>

#include "machine/natives.hpp"

namespace athanor::fuzz {

namespace {

using process::NativeRow;

// What ends or holds up the machine, writes to the terminal, asks for memory by the gigabyte because it may, or needs code of the release.
constexpr std::string_view kLeftOut[] = {
    "halt", "hibernate", "display", "display_nl", "display_string", "process_display", "call_on_load_function", "ath_block", "dirty", "dirty_cpu",
    "dirty_io", "set_signal", "set_internal_state", "ath_wait_retired", "spawn_system_process", "ath_await_trace",
};

bool is_left_out(const NativeRow& row) {
  return std::find(std::begin(kLeftOut), std::end(kLeftOut), std::string_view(row.name)) != std::end(kLeftOut);
}

// "module" takes all of it, "module:name" those of that name.
std::vector<const NativeRow*> rows(std::string_view list) {
  std::vector<const NativeRow*> found;
  for (std::string_view rest = list; !rest.empty();) {
    const size_t space = rest.find(' ');
    const std::string_view item = rest.substr(0, space);
    rest.remove_prefix(space == rest.npos ? rest.size() : space + 1);
    const size_t colon = item.find(':');
    size_t count = 0;
    for (const NativeRow* row : machine::native_rows()) {
      if (item.substr(0, colon) != row->module || (colon != item.npos && item.substr(colon + 1) != row->name) || is_left_out(*row)) continue;
      found.push_back(row);
      ++count;
    }
    ATH_ASSERT(count > 0);   // a name that is wrong
  }
  return found;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    found.push_back(text.substr(0, space));
    text.remove_prefix(space == text.npos ? text.size() : space + 1);
  }
  return found;
}

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {"text",
       rows("string binary unicode lists maps math atomics "
            "erlang:atom_to_binary erlang:atom_to_list erlang:binary_to_atom erlang:binary_to_existing_atom erlang:binary_to_float "
            "erlang:binary_to_integer erlang:float_to_binary erlang:float_to_list erlang:integer_to_binary erlang:integer_to_list erlang:list_to_atom "
            "erlang:list_to_existing_atom erlang:list_to_float erlang:list_to_integer erlang:list_to_pid erlang:list_to_port erlang:list_to_ref "
            "erlang:pid_to_list erlang:port_to_list erlang:ref_to_list erlang:fun_to_list erlang:binary_part erlang:binary_to_list "
            "erlang:bitstring_to_list erlang:iolist_size erlang:iolist_to_binary erlang:iolist_to_iovec erlang:list_to_binary erlang:list_to_bitstring "
            "erlang:split_binary erlang:adler32 erlang:adler32_combine erlang:crc32 erlang:crc32_combine erlang:md5 erlang:md5_final erlang:md5_init "
            "erlang:md5_update erlang:phash erlang:phash2 erlang:* erlang:+ erlang:- erlang:div erlang:rem erlang:band erlang:bor erlang:bxor erlang:bsl "
            "erlang:bsr erlang:bnot erlang:round erlang:trunc erlang:/ erlang:++ erlang:-- erlang:== erlang:< erlang:=:= erlang:append_element "
            "erlang:delete_element erlang:insert_element erlang:list_to_tuple erlang:setelement erlang:tuple_to_list erts_internal:cmp_term "
            "erts_internal:map_next erts_internal:map_to_tuple_keys erts_internal:map_hashmap_children erts_internal:atomics_new erts_internal:counters_new "
            "erts_internal:counters_add erts_internal:counters_get erts_internal:counters_put erts_debug:flat_size erts_debug:size_shared "
            "erts_debug:copy_shared erts_internal:beamfile_chunk erts_internal:beamfile_module_md5 prim_buffer"),
       words("latin1 utf8 unicode utf16 utf32 big little native decimals scientific compact short scope trim trim_all global true false nil infinity get "
             "put add exchange signed unsigned none iterator undefined")},
      {"terms",
       rows("erlang:binary_to_term erlang:term_to_binary erlang:term_to_iovec erlang:external_size erlang:iolist_to_binary erlang:phash2 erlang:=:= "
            "erlang:list_to_pid erlang:list_to_ref erlang:make_fun erlang:alias erlang:split_binary erlang:md5 erts_internal:cmp_term ets:match_spec_compile "
            "erts_debug:dist_ext_to_term erlang:fun_info erlang:fun_info_mfa persistent_term"),
       words("compressed minor_version safe used deterministic local latin1 erlang lists nonode@nohost a@b true false undefined arity env name module")},
      {"match_spec",
       rows("ets erlang:match_spec_test persistent_term erts_internal:ets_raw_first erts_internal:ets_raw_next erts_internal:ets_lookup_binary_info"),
       words("$1 $2 $3 $_ $$ _ $0 $100000000 const andalso orelse and or not is_integer is_atom is_map_key is_record element hd tl + - * div rem band bsl "
             "bsr abs size map_size map_get length self get == =:= < > set ordered_set bag duplicate_bag named_table public private protected keypos "
             "compressed write_concurrency read_concurrency decentralized_counters auto true false trace table return_trace exception_trace message "
             "caller set_seq_token get_seq_token enable_trace disable_trace process_dump silent set_tcw get_tcw current_stacktrace caller_line "
             "current_stacktrace display heir none tab binary_part round trunc node is_function tuple_size bnot xor bit_size min max")},
      {"re", rows("re erts_internal:ath_re_run"),
       words("anchored caseless dollar_endonly dotall extended firstline multiline no_auto_capture dupnames ungreedy newline cr crlf lf any anycrlf "
             "bsr_anycrlf bsr_unicode no_start_optimize ucp never_utf unicode global notbol noteol notempty notempty_atstart offset capture all "
             "all_but_first first none index list binary report_errors match_limit match_limit_recursion namelist all_names true false nl")},
      {"zlib", rows("zlib erlang:split_binary erlang:iolist_to_binary"),
       words("none sync full finish default filtered huffman_only rle deflated cut reset error true false")},
      {"packet", rows("erlang:decode_packet erlang:split_binary"),
       words("raw 0 1 2 4 asn1 sunrm cdr fcgi tpkt line http httph http_bin httph_bin ssl_tls packet_size line_length line_delimiter undefined")},
      {"files",   // nothing that writes
       rows("prim_file:internal_name2native prim_file:internal_native2name prim_file:internal_normalize_utf8 prim_file:is_translatable "
            "prim_file:read_info_nif prim_file:list_dir_nif prim_file:read_link_nif prim_file:altname_nif prim_file:get_device_cwd_nif "
            "prim_file:get_cwd_nif prim_file:set_cwd_nif os:getenv os:putenv os:unsetenv os:env file:native_name_encoding"),
       words("true false . .. / /tmp /nonexistent HOME undefined")},
      {"trace",
       rows("erts_internal:trace erts_internal:trace_pattern erlang:trace_info erlang:trace_delivered erlang:seq_trace erlang:seq_trace_info "
            "erlang:seq_trace_print erlang:system_monitor erlang:system_profile erlang:match_spec_test lists:reverse lists:keyfind erlang:send "
            "erlang:spawn erlang:register erlang:unregister erlang:link erlang:md5 erlang:process_info erts_internal:garbage_collect"),
       words("all call send receive procs ports running running_procs exiting garbage_collection timestamp cpu_timestamp monotonic_timestamp "
             "strict_monotonic_timestamp arity set_on_spawn set_on_first_spawn set_on_link set_on_first_link silent return_to tracer true false local "
             "global meta restart pause call_count call_time lists reverse keyfind erlang md5 send spawn _ $1 $_ return_trace exception_trace message "
             "caller flags match_spec meta_match_spec traced on_load new new_processes existing processes label serial token print long_gc "
             "long_schedule large_heap busy_port busy_dist_port runnable_procs runnable_ports scheduler exclusive system_profile enable_trace "
             "disable_trace set_seq_token get_seq_token process_dump current_stacktrace caller_line")},
      {"processes",
       [] {
         std::vector<const NativeRow*> found = rows(
             "erlang:alias erlang:unalias erlang:monitor erlang:demonitor erlang:link erlang:unlink erlang:exit erlang:exit_signal erlang:send erlang:! "
             "erlang:spawn erlang:spawn_link erlang:spawn_opt erlang:process_flag erlang:process_info erlang:register erlang:unregister erlang:whereis "
             "erlang:put erlang:get erlang:get_keys erlang:erase erlang:group_leader erlang:is_process_alive erlang:error erlang:raise erlang:throw "
             "erlang:resume_process erlang:send_after erlang:start_timer erlang:cancel_timer erlang:read_timer erlang:make_ref "
             "erlang:unique_integer erlang:monotonic_time erlang:system_time erlang:time_offset erlang:localtime_to_universaltime "
             "erlang:posixtime_to_universaltime erlang:universaltime_to_localtime erlang:universaltime_to_posixtime erlang:statistics erlang:system_info "
             "erlang:memory erts_internal:spawn_request erts_internal:group_leader erts_internal:process_flag erts_internal:request_system_task "
             "erts_internal:check_process_code erts_internal:suspend_process erts_internal:garbage_collect erts_internal:system_check "
             "erts_internal:is_process_alive erlang:apply erlang:make_fun erlang:function_exported erlang:get_module_info erlang:bump_reductions "
             "erlang:spawn_request_abandon");
         return found;
       }(),
       words("lists reverse map erlang self send exit process port time_offset explicit_unalias demonitor reply_demonitor alias tag flush info link "
             "monitor priority max high normal low fullsweep_after min_heap_size min_bin_vheap_size max_heap_size size kill error_logger "
             "include_shared_binaries message_queue_data on_heap off_heap trap_exit sensitive save_calls scheduler async abs true false killed normal "
             "messages message_queue_len links monitors monitored_by dictionary memory heap_size total_heap_size stack_size reductions backtrace binary "
             "current_function current_stacktrace garbage_collection garbage_collection_info group_leader initial_call registered_name status "
             "suspending trace catchlevel error_handler error_info module cause second millisecond native perf_counter infinity reply positive "
             "monotonic all major minor type async_dist undefined")},
      {"crash_dump",   // what leaves something behind
       rows("erlang:put erlang:erase erlang:send erlang:! erlang:send_after erlang:start_timer erlang:spawn erlang:spawn_link erlang:spawn_opt erlang:link "
            "erlang:monitor erlang:alias erlang:register erlang:process_flag erlang:group_leader erlang:exit erlang:exit_signal erlang:seq_trace "
            "erts_internal:suspend_process erts_internal:garbage_collect ets:new ets:insert ets:give_away ets:safe_fixtable persistent_term:put persistent_term:get "
            "erlang:list_to_atom erlang:binary_to_atom erlang:split_binary erlang:list_to_binary erlang:list_to_bitstring erlang:bitstring_to_list "
            "erlang:binary_to_term erlang:term_to_binary erlang:list_to_pid erlang:list_to_port erlang:list_to_ref erlang:make_fun erlang:make_ref "
            "maps:from_list maps:put maps:merge maps:remove erlang:list_to_tuple erlang:++ erlang:* erlang:bsl erlang:- lists:reverse binary:copy "
            "ets:match_spec_compile erlang:unique_integer re:run"),
       {"lists", "reverse", "erlang", "self", "send", "map", "process", "port", "time_offset", "alias", "explicit_unalias", "reply_demonitor", "link", "monitor",
        "trap_exit", "sensitive", "save_calls", "message_queue_data", "on_heap", "off_heap", "priority", "label", "token", "true", "false", "latin1", "utf8",
        "unicode", "named_table", "public", "private", "ordered_set", "bag", "compressed", "nonode@nohost", "a@b", "kill", "normal", "undefined", "", " ", "'", "\"",
        "\\", "N", "H1234", "=end", "\n=end\n", "\n=proc:<0.999.0>\nState: Waiting\n", "a\r\nb", "\t", "\x01", "\x7f", "a|b", "|", "a, b", "a,b", "{to,x", "]", "a: b", ":",
        "a.b", "<0.1.0>", "shapes", "deep", "frames", "tries", "calls", "receives", "two_receives", "segments", "append", "funs", "build", "\xC2\x85", "\xC3\xA9", "\xCE\xB1\xCE\xB2", "\xF0\x9F\x98\x80"}},
  };
  return all;
}

}  // namespace

const Family* family(std::string_view name) {
  for (const Family& one : families()) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

std::span<const NativeRow* const> harmless_natives() {
  static const std::vector<const NativeRow*> kept = [] {
    constexpr std::string_view kModules[] = {"erlang", "lists", "maps", "binary", "string", "unicode", "math", "erts_debug", "atomics", "re"};
    constexpr std::string_view kNames[] = {
        // in `erlang`: what reaches beyond the processes of this machine
        "open_port", "setnode", "system_flag", "trace_delivered", "system_monitor", "system_profile", "seq_trace", "put_internal_state", "delete_module",
        "finish_loading", "finish_after_on_load", "ports", "get_internal_state", "loaded", "pre_loaded",
    };
    std::vector<const NativeRow*> found;
    for (const NativeRow* row : machine::native_rows()) {
      if (std::find(std::begin(kModules), std::end(kModules), std::string_view(row->module)) == std::end(kModules)) continue;
      if (std::find(std::begin(kNames), std::end(kNames), std::string_view(row->name)) != std::end(kNames)) continue;
      if (is_left_out(*row) || std::strncmp(row->name, "dist_", 5) == 0) continue;
      found.push_back(row);
    }
    return found;
  }();
  return kept;
}

}  // namespace athanor::fuzz
