# SPDX-License-Identifier: Apache-2.0
# The three restart strategies: who is new after one child has failed.
Logger.configure(level: :none)

defmodule Obrero do
  use GenServer

  def start_link(nombre), do: GenServer.start_link(__MODULE__, nombre, name: nombre)
  def child_spec(nombre), do: %{id: nombre, start: {__MODULE__, :start_link, [nombre]}}

  @impl true
  def init(nombre), do: {:ok, nombre}
  @impl true
  def handle_cast(:fallar, _), do: raise("fallo a propósito")
end

defmodule Ensayo do
  @nombres [:ana, :beto, :carla]

  def correr(estrategia) do
    {:ok, supervisor} = Supervisor.start_link(Enum.map(@nombres, &{Obrero, &1}), strategy: estrategia)
    antes = pids()
    referencia = Process.monitor(antes.beto)
    GenServer.cast(:beto, :fallar)
    receive do: ({:DOWN, ^referencia, :process, _, _} -> :ok)
    despues = esperar(antes)
    nuevos = for n <- @nombres, antes[n] != despues[n], do: n
    IO.puts("#{estrategia}: nuevos #{inspect(nuevos)}")
    Supervisor.stop(supervisor)
  end

  defp pids, do: Map.new(@nombres, &{&1, Process.whereis(&1)})

  # Until every name stands again, and beto is new.
  defp esperar(antes) do
    ahora = pids()

    if Enum.all?(Map.values(ahora)) and ahora.beto != antes.beto and estable?(ahora) do
      ahora
    else
      Process.sleep(5)
      esperar(antes)
    end
  end

  defp estable?(ahora) do
    Process.sleep(20)
    pids() == ahora
  end
end

for estrategia <- [:one_for_one, :one_for_all, :rest_for_one], do: Ensayo.correr(estrategia)
