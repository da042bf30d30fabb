# SPDX-License-Identifier: Apache-2.0
# System.cmd, System.shell, Port: child programs from Elixir.
IO.inspect(System.cmd("echo", ["hello", "a b"]))
IO.inspect(System.cmd("sh", ["-c", "echo out; echo err >&2; exit 3"], stderr_to_stdout: true))
IO.inspect(System.cmd("sh", ["-c", "echo $NAME; pwd"], env: [{"NAME", "value"}, {"HOME", nil}], cd: "/usr"))
IO.inspect(System.cmd("sh", ["-c", "echo $0"], arg0: "other"))
IO.inspect(System.cmd("printf", ["one\\ntwo"], into: []))
IO.inspect(System.shell("echo shell | tr a-z A-Z; exit 2"))
IO.inspect(try do System.cmd("no_such_program_at_all", []) rescue e -> e end)
IO.inspect(try do System.cmd("sh", ["-c", "true"], nonsense: 1) rescue e -> e.__struct__ end)
IO.inspect(try do System.cmd("sh", ["a\0b"]) rescue e -> e.__struct__ end)
IO.inspect(System.find_executable("sh") != nil)
{out, 0} = System.cmd("head", ["-c", "1000000", "/dev/zero"])
IO.inspect(byte_size(out))

defmodule Ports do
  def message(port), do: receive(do: ({^port, what} -> what), after: (5000 -> :none))
  def down(ref), do: receive(do: ({:DOWN, ^ref, :port, _, reason} -> reason), after: (5000 -> :none))
end

port = Port.open({:spawn, "cat"}, [:binary])
Port.command(port, "hello")
IO.inspect(Ports.message(port))
IO.inspect(Port.info(port, :name))
IO.inspect(Keyword.keys(Port.info(port)))
ref = Port.monitor(port)
send(port, {self(), :close})
IO.inspect(Ports.message(port))
IO.inspect(Ports.down(ref))
IO.inspect(Port.info(port))

IO.inspect(1..8 |> Task.async_stream(fn i -> System.cmd("sh", ["-c", "echo #{i}; exit #{i}"]) end, max_concurrency: 8, timeout: 30_000) |> Enum.map(&elem(&1, 1)))
