%% SPDX-License-Identifier: Apache-2.0
%% The server that servercalls calls.
-module(bench_server).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2, main/0]).

init(N) -> {ok, N}.
handle_call({add, N}, _From, Sum) -> {reply, ok, Sum + N}.
handle_cast(_, Sum) -> {noreply, Sum}.
main() -> ok.
