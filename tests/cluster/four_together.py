# SPDX-License-Identifier: Apache-2.0
"""What four nodes do together while all is well, or one comes back: registries, tables, large messages."""
from play import Play

OTHERS = "[N || N <- [@a, @b, @c, @d], N =/= node()]"


def names(gang):
    """global: one name for a process in the whole cluster, whoever asks; locks."""
    gang.connect()
    yield from gang.all("global:sync()")
    yield from gang.all("four_registries:register_at(node(), holder)")
    yield from gang.all("[four_registries:where(N) || N <- [@a, @b, @c, @d]]")
    yield from gang.all("length(global:registered_names())")
    at = int(gang.ask("a", "erlang:system_time(millisecond) + 300"))
    won = [line.split(": ")[1] for line in gang.all(f"four_registries:race(raced, {at})")]
    yield f"raced: {sorted(won)}"
    yield f"one place: {len(set(line.split(': ')[1] for line in gang.all('four_registries:where(raced)')))}"
    yield "re-registered: " + gang.ask("a", "global:re_register_name(raced, whereis(holder))")
    yield from gang.all("four_registries:where(raced)")
    yield "sent: " + gang.ask("c", "is_pid(global:send(raced, stop))")
    yield from gang.all("four_agent:until(fun() -> global:whereis_name(raced) =:= undefined end)")
    yield from gang.all("four_registries:lock_storm({counter, @d}, 5)")
    yield "counted: " + gang.ask("d", "persistent_term:get(counter)")
    gang["b"].kill()
    yield from gang.all("four_agent:until(fun() -> global:whereis_name(@b) =:= undefined end)", "acd")
    gang["b"].start()
    gang.connect()
    yield from gang.all("global:sync()")
    yield "b: " + gang.ask("b", "four_registries:register_at(@b, holder)")
    yield from gang.all("[four_registries:where(N) || N <- [@a, @b, @c, @d]]")


def groups(gang):
    """pg: members of every node are known on every node, until they or their node end."""
    yield from gang.all("four_registries:pg()")
    gang.connect()
    yield from gang.all("four_registries:join(all, 3)")
    yield from gang.all("four_registries:until_members(all, 12)")
    yield "d: " + gang.ask("d", "[exit(P, kill) || P <- pg:get_local_members(four, all)]")
    yield from gang.all("four_registries:until_members(all, 9)")
    gang["b"].kill()
    yield from gang.all("four_registries:until_members(all, 6)", "acd")
    gang["b"].start()
    yield "b: " + gang.ask("b", "four_registries:pg()")
    gang.connect()
    yield from gang.all("four_registries:until_members(all, 6)")
    yield "b: " + gang.ask("b", "four_registries:join(all, 1)")
    yield from gang.all("four_registries:until_members(all, 7)")
    yield "multicall: " + gang.ask("a", f"rpc:multicall(lists:sort([node() | {OTHERS}]), erlang, node, [])")
    yield "erpc: " + gang.ask("b", "erpc:multicall([@a, @b, @c, @d], four_registries, members, [all])")


def tables(gang):
    """mnesia: copies on disc on four nodes, money moved at all of them while one is killed; it comes back and has what the others have."""
    gang.connect()
    nodes = "[@a, @b, @c, @d]"
    yield "schema: " + gang.ask("a", f"mnesia:create_schema({nodes})")
    yield from gang.all("application:start(mnesia)")
    yield "tables: " + gang.ask("a", f"four_registries:tables({nodes})")
    yield from gang.all("four_registries:wait_tables()")
    for letter, seed in zip("abcd", (1, 2, 3, 4)):
        gang.tell(letter, f"four_registries:move({seed}, 60)")
    for letter in "abcd":
        yield f"{letter} moved: {gang[letter].answer()}"
    yield from gang.all("four_registries:total()")
    for letter, seed in zip("acd", (5, 6, 7)):
        gang.tell(letter, f"four_registries:move({seed}, 150)")
    gang["b"].kill()
    for letter in "acd":
        yield f"{letter} moved: {gang[letter].answer()}"
    yield from gang.all("four_registries:total()", "acd")
    yield from gang.all("four_registries:there(@b)", "acd")
    gang["b"].start()
    gang.connect()
    yield "b: " + gang.ask("b", "application:start(mnesia)")
    yield "b: " + gang.ask("b", "four_registries:wait_tables()")
    yield from gang.all("four_registries:total()")
    yield from gang.all("four_agent:until(fun() -> four_registries:there(@b) =:= {true, true} end)")
    same = {line.split(": ", 1)[1] for line in gang.all("erlang:phash2([lists:sort(ets:tab2list(coin)), lists:sort(mnesia:dirty_match_object(page, {coin, '_', '_'}))])")}
    yield f"same tables: {len(same)}"
    yield from gang.all("application:stop(mnesia)")
    yield from gang.all("application:start(mnesia)")
    yield from gang.all("four_registries:wait_tables()")
    yield from gang.all("four_registries:total()")


def large(gang):
    """Round trips of small messages while messages of 100 MB go the same way."""
    gang.connect("ab")
    median, high, longest, trips, took = ([] for _ in range(5))
    for _ in range(3):
        words = gang.ask("a", "(fun({_, {M, H, L}, N, T}) -> [M, H, L, N, T] end)(four_traffic:beside_large(@b, 100*1024*1024, 2))").strip("[]").split(",")
        for into, word in zip((median, high, longest, trips, took), words):
            into.append(int(word))
    yield "gone"
    yield {"median us": sorted(median)[1], "95 of 100 us": sorted(high)[1], "longest us": sorted(longest)[1], "trips": sorted(trips)[1], "took ms": sorted(took)[1] / 1000}


def judge_large(figures, stock):
    """Small messages must not wait for large ones: a 100 MB message alone takes hundreds of milliseconds."""
    if figures["95 of 100 us"] > max(3 * stock["95 of 100 us"], 30_000):
        yield "small messages are held up"


PLAYS = {
    "names": Play(names),
    "groups": Play(groups, is_quick=True),
    "tables": Play(tables),
    "large": Play(large, takes_figures=True, judge=judge_large),
}
