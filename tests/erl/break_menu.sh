# SPDX-License-Identifier: Apache-2.0
# The menu that an interrupt brings up: its entries in the layout of the stock VM, by the names of the fields.
mkfifo keys
erl -noinput -eval '
    register(seen, self()), put(key, {a, value}), self() ! {a, message},
    ets:new(seen_table, [named_table]), ets:insert(seen_table, [{1, one}, {2, two}]), ets:new(seen_order, [named_table, ordered_set]),
    register(victim, spawn(fun() -> receive never -> ok end end)),
    open_port({spawn, "cat"}, []),
    file:write_file("ready", ""),
    receive never -> ok end.' <keys >screen 2>&1 &
vm=$!
exec 3>keys
await() { n=0; while ! "$@" && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done; }
await test -f ready
sleep 0.3
# An entry of the menu; waits until what ends it is on the screen.
menu() {
    before=$(grep -c '(d)istribution' screen)
    kill -INT $vm
    more() { [ "$(grep -c '(d)istribution' screen)" -gt "$before" ]; }
    await more
    printf '%s\n' "$1" >&3
    shown() { grep -q "$2" screen; }
    await shown x "$2"
    sleep 0.3
}
menu p '^Port controls external process: cat'
menu i '^=index_table:export_list'
menu l '^erl_init '
menu d '^=no_distribution'
menu D '{2,two}'
menu o '^=port'
menu v 'emulator version'
menu k '^(k)ill (n)ext (r)eturn:'
printf 'r\n' >&3
sleep 0.5
menu a 'BREAK'
wait $vm
echo "status $?"
tr -d '\r' <screen >lines; mv lines screen
names() { awk -F: '{print $1}' | tr '\n' ',' ; echo; }
echo "menu:"; grep -m1 -A1 '^BREAK' screen
echo "process:"; awk '/^=proc:/{p = $0; buffer = ""} {buffer = buffer $0 "\n"} /^Name: seen$/{mine = 1} /^Stack dump/{if (mine) {printf "%s", buffer; exit}}' screen | names
grep -m1 -o '{key,{a,value}}' screen
grep -c -m1 '^Program counter: 0x' screen
grep -c -m1 '^Internal State: ACT_PRIO_NORMAL | USR_PRIO_NORMAL | PRQ_PRIO_NORMAL' screen
echo "memory:"; awk '/^=memory/{f = 1; next} /^=/{f = 0} f' screen | names
echo "modules:"; grep -m1 '^Current code: [0-9]*$' screen | sed 's/[0-9][0-9]*/N/'; grep -m1 '^Old code: [0-9]*$' screen | sed 's/[0-9][0-9]*/N/'; grep -m1 '^erl_init [0-9]*$' screen | sed 's/[0-9][0-9]*/N/'
echo "distribution:"; grep -m1 '^=node:' screen; grep -m1 '^=no_distribution' screen
echo "table:"; awk '/^=ets:/{buffer = ""} {buffer = buffer $0 "\n"} /^Name: seen_table/{mine = 1} /^Read Concurrency/{if (mine) {printf "%s", buffer; exit}}' screen | grep -v '^=ets\|^Slot\|^Words\|^Chain' | sed 's/^[0-9]*: /N: /' | sort -u
grep -m1 '^Ordered set' screen
echo "port:"; awk '/^=port:/{buffer = ""} {buffer = buffer $0 "\n"} /cat$/{mine = 1} /^Queue/{if (mine) {printf "%s", buffer; exit}}' screen | names
grep -m1 -o '^Erlang.*(BEAM) emulator version' screen
grep -m1 -o '^(k)ill (n)ext (r)eturn:' screen
