# A new project: compiled, tested (a failing test too), run; elixirc and the modules it wrote; iex through a pipe.
exec 2>&1
export MIX_ENV= MIX_HOME="$PWD/mixhome" TERM=dumb
plain() { sed -e 's/in [0-9.]* seconds.*/in T/' -e 's/seed [0-9]*/seed S/' -e 's/<0\.[0-9.]*>/<0.P.0>/g' -e 's/([0-9.]*ms)/(T)/'; }
mix new demo --sup | plain; echo "status $?"
cd demo
mix test --seed 0 | plain
cat > lib/demo/stack.ex <<'E'
defmodule Demo.Stack do
  use GenServer
  def start_link(items), do: GenServer.start_link(__MODULE__, items, name: __MODULE__)
  def push(item), do: GenServer.cast(__MODULE__, {:push, item})
  def pop, do: GenServer.call(__MODULE__, :pop)
  @impl true
  def init(items), do: {:ok, items}
  @impl true
  def handle_call(:pop, _from, [h | t]), do: {:reply, h, t}
  @impl true
  def handle_cast({:push, item}, items), do: {:noreply, [item | items]}
end
E
cat > test/stack_test.exs <<'E'
defmodule StackTest do
  use ExUnit.Case
  alias Demo.Stack
  setup do
    start_supervised!({Stack, [:a]})
    :ok
  end
  test "last in, first out" do
    Stack.push(1)
    assert Stack.pop() == 1
    assert Stack.pop() == :a
  end
  test "a failure shows both sides" do
    assert %{a: 1, b: [1, 2]} == %{a: 1, b: [2, 2]}
  end
  @tag :skip
  test "left out", do: flunk("never")
end
E
mix test --seed 0 test/stack_test.exs | plain; mix test --seed 0 >/dev/null; echo "status $?"
mix run -e 'Demo.Stack.start_link([1]); IO.inspect Demo.Stack.pop()'; echo "status $?"
mix do compile --force, run -e 'IO.puts(Application.spec(:demo, :vsn))' | plain
mix nosuchtask; echo "status $?"
cd ..
printf 'defmodule Alpha do\n  def f(x), do: x + 1\nend\ndefmodule Beta do\n  defstruct [:x]\nend\n' > two.ex
elixirc two.ex; echo "status $?"; ls *.beam
elixir -pa . -e 'IO.inspect {Alpha.f(2), %Beta{x: 1}}'
printf 'defmodule Bad do\n  def f(x), do: y\nend\n' > bad.ex; elixirc bad.ex; echo "status $?"
printf 'x = 40\nx + 2\nfoo\n"á" <> "ñ"\n' | iex --no-color 2>&1 | grep -v -e '^Erlang/OTP' -e '^Interactive Elixir'
