# SPDX-License-Identifier: Apache-2.0
# A GenServer under a supervisor changes its code while clients call it: state is converted, no call is lost.
Code.compiler_options(ignore_module_conflict: true)

defmodule Source do
  def counter(version, state, change) do
    """
    defmodule Counter do
      use GenServer
      def start_link(_), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)
      def add(n), do: GenServer.call(__MODULE__, {:add, n}, 60_000)
      def version, do: #{version}
      @impl true
      def init(n), do: {:ok, #{state}}
      @impl true
      def handle_call({:add, k}, _from, #{state}) do
        n = n + k
        {:reply, {n, #{version}}, #{state}}
      end
      @impl true
      def code_change(_old, old, _extra), do: (#{change})
    end
    """
  end

  def load(version, state, change) do
    [{Counter, _}] = Code.compile_string(counter(version, state, change))
    :ok
  end
end

Source.load(1, "n", "{:ok, old}")
{:ok, sup} = Supervisor.start_link([Counter], strategy: :one_for_one)
server = Process.whereis(Counter)

clients = for _ <- 1..4, do: Task.async(fn -> for _ <- 1..300, do: Counter.add(1) end)

states = [{2, "%{n: n}", "n = old; {:ok, %{n: n}}"}, {3, "{:count, n}", "%{n: n} = old; {:ok, {:count, n}}"}, {4, "[n]", "{:count, n} = old; {:ok, [n]}"}]

changes =
  for {version, state, change} <- states do
    :ok = :sys.suspend(Counter)
    Source.load(version, state, change)
    changed = :sys.change_code(Counter, Counter, version - 1, [])
    :ok = :sys.resume(Counter)
    {changed, :code.soft_purge(Counter), Counter.version()}
  end

answers = clients |> Task.await_many(60_000) |> List.flatten()
IO.inspect(changes)
IO.inspect(answers |> Enum.map(&elem(&1, 0)) |> Enum.sort() == Enum.to_list(1..1200))
# No answer of an older version comes after one of a newer.
in_order = answers |> Enum.sort() |> Enum.map(&elem(&1, 1))
IO.inspect(in_order == Enum.sort(in_order))
IO.inspect({Process.whereis(Counter) == server, :sys.get_state(Counter), Supervisor.count_children(sup)})

# A change that fails leaves the old state; one that crashes ends the call, not the server.
:ok = :sys.suspend(Counter)
Source.load(5, "{n}", "_ = old; {:error, :not_today}")
IO.inspect(:sys.change_code(Counter, Counter, 4, []))
Source.load(4, "[n]", "{:ok, old}")
IO.inspect(:sys.change_code(Counter, Counter, 4, []))
:ok = :sys.resume(Counter)
IO.inspect(Counter.add(0))
Supervisor.stop(sup)
