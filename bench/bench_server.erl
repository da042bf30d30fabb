%% SPDX-License-Identifier: Apache-2.0
%% The server that servercalls calls, and that restarts starts: it may tell of its start, and stops when told.
-module(bench_server).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

init({announce, To}) -> To ! {started, self()}, {ok, 0};
init(N) -> {ok, N}.
handle_call({add, N}, _From, Sum) -> {reply, ok, Sum + N}.
handle_cast(_, Sum) -> {noreply, Sum}.
handle_info(stop, Sum) -> {stop, stopped, Sum}.
