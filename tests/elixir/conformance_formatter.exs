# SPDX-License-Identifier: Apache-2.0
# Second ExUnit formatter: one TSV line per test into $CONFORMANCE_TSV, appended at once.
#   app  module  test  verdict  microseconds  file:line
# ExUnit's own tests start further ExUnit runs in the same VM; only the first (outer)
# instance writes.
defmodule Conformance.Formatter do
  use GenServer

  def init(_opts) do
    try do
      Process.register(self(), __MODULE__)
      path = System.get_env("CONFORMANCE_TSV")
      {:ok, fd} = :file.open(path, [:append, :raw, :binary])
      {:ok, %{fd: fd, app: System.get_env("CONFORMANCE_APP"), cwd: File.cwd!()}}
    rescue
      ArgumentError -> {:ok, nil}
    end
  end

  def handle_cast({:test_finished, test}, %{fd: fd} = state) do
    verdict =
      case test.state do
        nil -> "ok"
        {:failed, _} -> "failed"
        {:skipped, _} -> "skipped"
        {:excluded, _} -> "excluded"
        {:invalid, _} -> "invalid"
      end

    where = "#{Path.relative_to(test.tags.file, state.cwd)}:#{test.tags.line}"
    name = test.name |> Atom.to_string() |> String.replace(["\t", "\n"], " ")
    line = [state.app, inspect(test.module), name, verdict, Integer.to_string(test.time), where]
    :file.write(fd, [Enum.intersperse(line, "\t"), "\n"])
    {:noreply, state}
  end

  def handle_cast(_event, state), do: {:noreply, state}
end

Application.load(:ex_unit)
Application.put_env(:ex_unit, :formatters, [ExUnit.CLIFormatter, Conformance.Formatter])
Application.put_env(:ex_unit, :seed, String.to_integer(System.get_env("CONFORMANCE_SEED") || "0"))
