# erlc, escript and their errors.
exec 2>&1
cat > m.erl <<'X'
-module(m).
-export([f/1, g/0]).
f(X) -> Y = 1, X.
h() -> ok.
g() -> lists:foo().
X
printf -- '-module(n).\n-export([f/1]).\nf(X) -> Z.\nf(Y) -> .\n' > n.erl
erlc m.erl; echo "status $?"; ls
erlc n.erl; echo "status $?"
erlc +debug_info -o . -DX=1 -W -Werror m.erl; echo "status $?"
erlc nosuch.erl; echo "status $?"
printf '#!/usr/bin/env escript\nmain(A) -> X = lists:sum([list_to_integer(I) || I <- A]), io:format("~~p~~n", [X]), X > 100 andalso halt(2).\n' > s.escript
escript s.escript 1 2 3; echo "status $?"
escript s.escript 100 2; echo "status $?"
escript -c s.escript 4 5 2>&1 | sed 's/s_escript__[a-z0-9_]*:/MODULE:/'; echo "status $?"
escript s.escript a 2>&1 | sed 's/s_escript__[a-z0-9_]*:/MODULE:/'; echo "status $?"
escript nosuch; echo "status $?"
printf '#!/usr/bin/env escript\nmain(_) -> foo(, x.\n' > bad.escript; escript bad.escript; echo "status $?"
