%% SPDX-License-Identifier: Apache-2.0
%% Requests to Cowboy over HTTP/1.1, kept alive: 20,000 on 20 connections, made by h2load. The server's processor time.
-module(web_requests).
-export([main/0]).

main() ->
    Url = "http://127.0.0.1:" ++ integer_to_list(bench_web:listen()) ++ "/",
    load(Url, "2000"),
    Started = bench_web:cpu_ns(),
    load(Url, "20000"),
    bench_web:report(bench_web:cpu_ns() - Started).

load(Url, Count) ->
    Output = bench_web:run("h2load", ["--h1", "-n", Count, "-c", "20", "-t", "1", Url]),
    {match, _} = re:run(Output, "status codes: " ++ Count ++ " 2xx").
