# SPDX-License-Identifier: Apache-2.0
"""What four nodes say when one is killed, stopped, or cut off. A play yields lines, which are to be the same whatever the VMs."""
import signal, time

from gang import Node, Trouble
from play import Play

APART = ["-kernel", "prevent_overlapping_partitions", "false"]   # global would disconnect third nodes, a matter of who comes first


def prepared(gang):
    gang.connect()
    yield from gang.all("four_agent:targets()")


def killed(gang):
    """Killed by the system: everybody who watched it hears at once; what is done with it afterwards; and with its next life."""
    yield from prepared(gang)
    for letter in "acd":
        gang.ask(letter, "Old = erpc:call(@b, four_agent, target, [1]), ok")
    yield from gang.all("four_agent:watch(@b)", "acd")
    gang["b"].kill()
    yield from gang.all("four_agent:heard(@b)", "acd")
    yield from gang.all("four_agent:afterwards(@b, Old)", "acd")
    gang["b"].start()
    yield gang.ask("b", "four_agent:targets()")
    gang.connect()
    for text in ("link(Old), receive {'EXIT', Old, R1} -> R1 after 5000 -> timeout end", "{Old ! hello, exit(Old, kill)} =:= {hello, true}",
                 "M = monitor(process, Old), receive {'DOWN', M, process, Old, R2} -> R2 after 5000 -> timeout end",
                 "New = erpc:call(@b, four_agent, target, [1]), {New =:= Old, erpc:call(@b, erlang, is_process_alive, [New])}"):
        yield from gang.all(text if "link" not in text else "process_flag(trap_exit, true), " + text, "acd")


def stopped(gang):
    """Stopped: nothing comes back, so ticks fail; when it goes on, it hears that it was left alone."""
    yield from prepared(gang)
    yield from gang.all("four_agent:watch(@b)", "acd")
    yield gang.ask("b", "[four_agent:watch(N) || N <- [@a, @c, @d]]")
    for letter in "acd":
        gang.ask(letter, "Old = erpc:call(@b, four_agent, target, [1]), ok")
    gang["b"].signal(signal.SIGSTOP)
    yield from gang.all("four_agent:heard(@b)", "acd")
    yield from gang.all("four_agent:afterwards(@b, Old)", "acd")
    gang["b"].signal(signal.SIGCONT)
    # Closed by the others, or too late itself: which of them it notes first hangs on the moment.
    for letter in "acd":
        text = gang.ask("b", f"four_agent:heard(@{letter})")
        yield "b: " + text.replace("net_tick_timeout", "lost").replace("connection_closed", "lost")
    gang.connect()
    yield from gang.all("four_agent:until(fun() -> length(nodes()) =:= 3 end)")
    yield from gang.all("{is_pid(Old), erpc:call(@b, erlang, is_process_alive, [Old])}", "acd")   # the same life as before


def cut(gang):
    """A cable is pulled: both sides find out by themselves; plugged in again, they find together."""
    yield from prepared(gang)
    yield from gang.all("four_agent:watch(@b)", "acd")
    yield gang.ask("b", "[four_agent:watch(N) || N <- [@a, @c, @d]]")
    for letter in "acd":
        gang.ask(letter, "Old = erpc:call(@b, four_agent, target, [1]), ok")
    gang.ask("b", "Old = erpc:call(@a, four_agent, target, [1]), ok")
    gang.place.pull_cable(1)
    yield from gang.all("four_agent:heard(@b)", "acd")
    for letter in "acd":
        yield "b: " + gang.ask("b", f"four_agent:heard(@{letter})")
    yield from gang.all("lists:sort(nodes())")
    yield from gang.all("four_agent:afterwards(@b, Old)", "acd")
    yield "b: " + gang.ask("b", "four_agent:afterwards(@a, Old)")
    gang.place.plug_in(1)
    gang.connect()
    yield from gang.all("lists:sort(nodes())")
    yield from gang.all("erpc:call(@b, erlang, is_process_alive, [Old])", "acd")


def busy(gang):
    """The peer stands still: senders are suspended, and go on when ticks have failed; what the peer got before has no gap."""
    gang.connect("ab")
    gang.all("four_agent:targets()", "ab")
    gang["b"].signal(signal.SIGSTOP)
    gang.tell("a", "four_traffic:press(@b, 4)")
    time.sleep(0.3)
    gang["b"].signal(signal.SIGCONT)   # the sinks are made; soon it stands still for good
    gang["a"].answer()
    time.sleep(0.3)
    gang["b"].signal(signal.SIGSTOP)
    yield "a: " + gang.ask("a", "four_traffic:pressing()")
    yield "a: " + gang.ask("a", "four_traffic:pressed()")
    yield "a: " + gang.ask("a", "four_traffic:relieved()")
    yield "a: " + gang.ask("a", "nodes()")
    gang["b"].signal(signal.SIGCONT)
    yield "b: " + gang.ask("b", "four_traffic:sunk()")
    gang.connect("ab")
    yield "a: " + gang.ask("a", "erpc:call(@b, erlang, node, [])")


def halves(gang):
    """Two and two, and in each half the same names are registered; together again, the rule decides, on all nodes alike."""
    gang.connect()
    yield from gang.all("four_registries:pg()")
    yield from gang.all("four_registries:join(group, 1)")
    yield from gang.all("four_registries:until_members(group, 4)")
    yield "before: " + gang.ask("a", "four_registries:register_at(old, holder)")
    for one in (0, 1):
        for other in (2, 3):
            gang.place.drop(one, other)
    yield from gang.all("four_agent:until(fun() -> length(nodes()) =:= 1 end), nodes()")
    yield from gang.all("four_registries:until_members(group, 2)")
    yield from gang.all("four_agent:until(fun() -> (global:whereis_name(old) =:= undefined) =:= lists:member(node(), [@c, @d]) end)")
    yield "b: " + gang.ask("b", "four_registries:register_at(new, holder)")
    yield "c: " + gang.ask("c", "four_registries:register_at(new, holder)")
    yield "d: " + gang.ask("d", "four_registries:register_at(old, holder)")
    yield from gang.all("{four_registries:where(old), four_registries:where(new)}")
    for one in (0, 1):
        for other in (2, 3):
            gang.place.let_pass(one, other)
    gang.connect()
    yield from gang.all("global:sync()")
    yield from gang.all("four_agent:until(fun() -> four_registries:where(old) =:= @a andalso four_registries:where(new) =:= @b end)")
    yield from gang.all("holder ! {told, self()}, receive {told, T} -> T after 3000 -> none end", "cd")
    yield from gang.all("four_registries:until_members(group, 4)")


def crossed(gang):
    """Everybody connects to everybody at the same moment, many times: each pair has one connection, and it works."""
    for number in range(40):
        at = int(gang.ask("a", "erlang:system_time(microsecond) + 40000"))
        yield from gang.all(f"four_traffic:meet([N || N <- [@a, @b, @c, @d], N =/= node()], {at})")
        yield from gang.all(f"four_traffic:met({number})")
        yield from gang.all("four_traffic:part([N || N <- [@a, @b, @c, @d], N =/= node()])")


def storm(gang):
    """Connections are ended at random while children are made, linked, monitored and talked to on other nodes."""
    gang.connect()
    yield from gang.all("four_traffic:storm([N || N <- [@a, @b, @c, @d], N =/= node()], 6, 6000)")
    gang.connect()
    yield from gang.all("four_agent:until(fun() -> length(nodes()) =:= 3 end)")
    yield from gang.all("erpc:multicall(lists:sort(nodes()), lists, sum, [[1, 2]])")


def handshakes(gang):
    """Connections that never come up, and names that clash."""
    gang.connect("abc")
    gang.tell("c", "four_traffic:half_open(@b, 20)")
    for _ in range(3):
        gang.ask("b", "four_traffic:part([@a])")
        yield "a: " + gang.ask("a", "net_adm:ping(@b)")
    yield "closed: " + gang["c"].answer()
    for name in ("'stranger@127.0.0.1'", "@c", "@b", "nobody"):
        yield f"as {name}: " + gang.ask("c", f"four_traffic:handshake(@b, {name})")
    yield "b: " + gang.ask("b", "lists:sort(nodes())")
    double = Node(gang, 3, gang["b"].erl, name=gang["b"].name)
    try:
        yield "a second b: " + str(double.start())
    except Trouble as problem:
        yield "a second b: " + gang.plain(str(problem)).split("; it said")[-1].split("\n")[0][:60]
    yield "a: " + gang.ask("a", "net_adm:ping(@b)")
    yield "wrong cookie: " + gang.ask("d", "erlang:set_cookie(@b, wrong), net_adm:ping(@b)")
    yield "right cookie: " + gang.ask("d", "erlang:set_cookie(@b, four), net_adm:ping(@b)")


PLAYS = {
    "killed": Play(killed, APART, is_quick=True),
    "stopped": Play(stopped, APART),
    "cut": Play(cut, APART, needs_network=True, is_quick=True),
    "busy": Play(busy, APART),
    "halves": Play(halves, needs_network=True),
    "crossed": Play(crossed, [*APART, "-connect_all", "false"]),
    "storm": Play(storm, APART),
    "handshakes": Play(handshakes, APART),
}
