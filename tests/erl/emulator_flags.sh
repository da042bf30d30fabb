# SPDX-License-Identifier: Apache-2.0
# What emulator flags set, as programs see it; which values are refused.
exec 2>/dev/null
shown='io:format("~w~n", [[file:native_name_encoding(), io:printable_range(), process_info(self(), message_queue_data), re:run(erlang:system_info(system_version), "async-threads:[0-9]+", [{capture, all, list}])] ++ [erlang:system_info(Key) || Key <- [time_warp_mode, time_offset, time_correction, min_bin_vheap_size, schedulers, schedulers_online, thread_pool_size, message_queue_data, ets_always_compress, process_limit]]]), halt().'
export LC_ALL=C.UTF-8
erl +pc unicode +fnl +hmqd off_heap +C multi_time_warp +c false +A 7 +hmbs 100000 +ec +P2000 +S1 -noshell -eval "$shown"
erl +pc latin1 +fna +hmqd on_heap +C single_time_warp +c +A0 +SP 50:50 +sws legacy +zdntgc infinity +sbwt none +swt low +R 25 -noshell -eval "$shown"
export LC_ALL=C
erl +S 2 -noshell -eval "$shown"
erl +S2 +fnui +pcunicode +hmqdoff_heap +sbtu +sbwtdionone +spptrue +rg2 +Cno_time_warp -noshell -eval "$shown"
# Processes begin with the settings of the machine; their own come first.
erl +hmqd off_heap +hmbs 100000 -noshell -eval '
  Told = fun(Options) -> {Pid, M} = spawn_opt(fun() -> exit([process_info(self(), message_queue_data), element(2, process_info(self(), min_bin_vheap_size))]) end, [monitor | Options]),
                         receive {_, M, _, Pid, What} -> io:format("~w ~w~n", [Options, What]) end end,
  [Told(Options) || Options <- [[], [{message_queue_data, on_heap}], [{min_bin_vheap_size, 1000}, {fullsweep_after, 9}], [{fullsweep_after, 9}, {min_bin_vheap_size, 300000}]]], halt().'
# Names that are no UTF-8: ignored, refused.
mkdir odd && touch odd/plain "$(printf 'odd/\377')"
for flag in +fnui +fnue +fnl; do erl $flag -noshell -eval 'io:format("~w~n", [file:list_dir("odd")]), halt().'; done
for flags in "+fnxx" "+fx" "+pc utf" "+pcutf" "+hmqdx" "+sbtxx" "+hmqd x" "+C foo" "+A 2000" "+a 4" "+hmbs x" "+hmbs 0" "+hpds 0" "+SP 50:200" "+IOt 0" "+IOs x" "+sbt xx" "+sbwt zz" "+swt zz" \
             "+sss 1" "+sws x" "+zdntgc x" "+rg x" "+T 10" "+R 20" "+sub x" "+scl x" "+spp x" "+l" "+bar" "+zosrl 0" "+sfwi -1" \
             "+nosuch" "+na" "+n s" "+n x" "+sfoo" "+swct lazy" "+zfoo" "+Mfoo" "+MXe true" "+MBas aobf" "+MBasaobf" "+Jfoo" "+JPerf" "+K maybe" "-smp disable" "-smpdisable" "-smp enable" "-smpauto"; do
  erl $flags -noshell -eval 'halt(0).'; echo "$flags: $?"
done
# A time offset that becomes final, told to those who watch it.
erl +C single_time_warp -noshell -eval '
  A = monitor(time_offset, clock_service), B = monitor(time_offset, clock_service, [{tag, changed}]), C = monitor(time_offset, clock_service), demonitor(C),
  States = [erlang:system_info(time_offset), erlang:system_flag(time_offset, finalize), erlang:system_info(time_offset), erlang:system_flag(time_offset, finalize)],
  Told = [receive {Tag, R, time_offset, clock_service, Offset} -> {Tag, R =:= A orelse R =:= B, abs(Offset - erlang:time_offset()) < 1000000} after 5000 -> none end || _ <- [1, 2]],
  io:format("~w ~w ~w~n", [States, lists:sort(Told), receive X -> X after 100 -> nothing end]), halt().'
erl +C multi_time_warp -noshell -eval 'io:format("~w ~w~n", [erlang:system_flag(time_offset, finalize), abs(erlang:system_time() - os:system_time()) < 100000000]), halt().'
# An allocator that is switched off, as all are here.
erl +MSe false -noshell -eval '
  Failed = fun(Use) -> try Use() of Value -> Value catch error:badarg -> badarg end end,
  Gather = fun(Name) -> Failed(fun() -> erts_internal:gather_alloc_histograms({Name, 0, 18, 128, make_ref()}) end) end,
  io:format("~w~n", [[Failed(fun() -> erlang:system_info({Key, Names}) end) || Key <- [allocator, allocator_sizes], Names <- [sl_alloc, [sl_alloc], nobodys, [sl_alloc, nobodys]]]]),
  io:format("~w~n", [[Gather(sl_alloc), Gather(nobodys), Gather(1), instrument:allocations(#{allocator_types => [sl_alloc]}), instrument:carriers(#{allocator_types => [sl_alloc]})]]), halt().'
