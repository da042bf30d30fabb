# SPDX-License-Identifier: Apache-2.0
# Flags of `erl` whose value may be attached, and what -noinput brings along; erlc prints nothing where all is well.
erl +S1 +sbtu +A0 -noinput -eval 'io:format("~p ~p~n", [init:get_argument(noshell), init:get_argument(noinput)]), halt().'
erl +sbt u +hms 1000 +zdbbl 2048 -noshell -eval 'io:format("~p~n", [init:get_arguments() -- init:get_arguments()]), halt(3).'
echo "status $?"
erl +zdbbl100 +W i -noshell -eval 'io:format("~p ~p ~p~n", [erlang:system_info(dist_buf_busy_limit), error_logger:warning_map(), erlang:system_info(dist_ctrl)]), halt().'
printf '[{kernel, [{logger_level, warning}]}].\n' > level.config
erl -configfd 0 -eval 'io:format("~p~n", [application:get_env(kernel, logger_level)]), halt().' < level.config
erl -noshell -configfd 3 -eval 'io:format("~p~n", [application:get_env(kernel, logger_level)]), halt().' 3< level.config
erl -emu_qouted_cmd_exit +P 2000 -foo "a b" -s init stop -extra x | sed 's/"-root" .* "-home" "[^"]*"/…/; s/^"[^"]*"//'; echo "status $?"
erl -emu_args_exit +P 2000 -foo | grep -c foo
ERL_FLAGS=-test erl -s init stop -emu_flavor 2>&1 | grep -c Missing
ERL_FLAGS=-test erl -s init stop +A 2>&1 | grep -c Missing
printf -- '-module(empty).\n' > empty.erl
erlc empty.erl; echo "erlc $?"
test -f empty.beam && echo compiled
