# The shells through pipes; errors of processes go to standard error, which is compared too. Banners are cut off.
printf 'X = 1.\nX = 2.\nfoo:bar().\nlists:map(fun(A) -> A * X end, [1, 2, 3]).\nspawn(fun() -> exit(boom) end), ok.\nself() ! hello.\nflush().\n1/0.\nthrow(a).\nerror(bad).\nexit(b).\n#{a => 1}.\nq().\n' | erl 2>&1 | tail -n +3
erl -noshell -eval 'spawn(fun() -> error(badthing) end), timer:sleep(2000), halt().' 2>&1 | tail -n +2
printf 'x = 1+1\nx * 3\nraise "x"\nundefined_function(1)\nthrow(:a)\nexit(:b)\n[1,\n2]\n"abc\n' | iex 2>&1 | tail -n +2
