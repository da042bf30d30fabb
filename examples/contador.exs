# SPDX-License-Identifier: Apache-2.0
# A counter behind a GenServer. ./dev run examples/contador.exs
defmodule Contador do
  use GenServer

  def start_link(inicial), do: GenServer.start_link(__MODULE__, inicial, name: __MODULE__)
  def sumar(cantidad \\ 1), do: GenServer.cast(__MODULE__, {:sumar, cantidad})
  def valor, do: GenServer.call(__MODULE__, :valor)

  @impl true
  def init(inicial), do: {:ok, inicial}

  @impl true
  def handle_cast({:sumar, cantidad}, total), do: {:noreply, total + cantidad}

  @impl true
  def handle_call(:valor, _from, total), do: {:reply, total, total}
end

{:ok, _} = Contador.start_link(0)
for _ <- 1..3, do: Contador.sumar()
Contador.sumar(39)
IO.puts("El contador vale: #{Contador.valor()}")
