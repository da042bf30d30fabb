# Flags, variables, argument files, exit statuses.
exec 2>/dev/null
erl -noshell -eval 'halt(3).'; echo "status $?"
erl -noshell -eval 'io:format("bye~n"), init:stop(2).'; echo "status $?"
erl -noshell -s init stop; echo "status $?"
erl -noshell -eval 'halt("slogan").'; echo "status $?"; ls
erl -noshell -run erlang halt 7; echo "status $?"
erl -noshell -kernel logger_level none -eval '1/0.'; echo "status $?"
erl -noshell -boot nosuch; echo "status $?"
erl -noshell -config nosuch; echo "status $?"
erl -noshell -sname; echo "status $?"
erl -args_file nonexistent; echo "status $?"
erl +P 12 -noshell -eval 'halt().'; echo "status $?"
erl +S abc -noshell -eval 'halt().'; echo "status $?"
erl +S 1 +sbtu +A0 -noshell -eval 'io:format("~p~n", [erlang:system_info(schedulers)]), halt().'
erl +S 2:1 +P 4096 -noshell -eval 'io:format("~p~n", [[erlang:system_info(K) || K <- [schedulers, schedulers_online, process_limit]]]), halt().'
erl --xyz -noshell -foo a b -foo c -eval 'io:format("~p~n", [{init:get_argument(foo), init:get_plain_arguments()}]), halt().' -extra x -y +S 1
ERL_FLAGS="-foo 1 +S 1" ERL_AFLAGS="-foo 0" ERL_ZFLAGS="-foo 'a b'" erl -noshell -foo 5 -eval 'io:format("~p~n", [{init:get_argument(foo), erlang:system_info(schedulers)}]), halt().'
printf -- '-foo a#comment\n-noshell\n-eval "io:format([126,112,10],[init:get_argument(foo)]),halt()."\n' > args; erl -args_file args
erl -env FOO bar -env BAZ "q r" -noshell -eval 'io:format("~p~n", [{os:getenv("FOO"), os:getenv("BAZ")}]), halt().'
erl -noshell -kernel logger_level error -mode embedded -eval 'io:format("~p~n", [{application:get_env(kernel, logger_level), code:get_mode()}]), halt().'
erl -detached -eval 'file:write_file("out.txt", "done"), halt().'; echo "status $?"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -s out.txt ] && break; sleep 0.2; done; cat out.txt; echo
erl -noshell -eval '[io:format("~p~n", [X]) || X <- lists:seq(1, 20000)], halt().' | head -1
seq 1 2000 | erl -noshell -eval 'F = fun F(N) -> case io:get_line("") of eof -> N; L -> F(N + list_to_integer(string:trim(L))) end end, io:format("~p~n", [F(0)]), halt().'
