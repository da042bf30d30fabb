# SPDX-License-Identifier: Apache-2.0
# State in an Agent: a stock of books by title.
defmodule Libro do
  defstruct [:titulo, precio: 0, unidades: 0]
end

defmodule Inventario do
  use Agent

  def start_link(_), do: Agent.start_link(fn -> %{} end, name: __MODULE__)

  def poner(%Libro{titulo: titulo} = libro), do: Agent.update(__MODULE__, &Map.put(&1, titulo, libro))

  def vender(titulo) do
    Agent.get_and_update(__MODULE__, fn libros ->
      case libros do
        %{^titulo => %Libro{unidades: n} = libro} when n > 0 ->
          {{:ok, libro.precio}, %{libros | titulo => %{libro | unidades: n - 1}}}

        %{^titulo => _} ->
          {{:error, :agotado}, libros}

        _ ->
          {{:error, :desconocido}, libros}
      end
    end)
  end

  def listar, do: Agent.get(__MODULE__, &Map.values/1)
end

defmodule Tienda do
  def abrir do
    {:ok, _} = Inventario.start_link([])
    Inventario.poner(%Libro{titulo: "Rayuela", precio: 18, unidades: 1})
    Inventario.poner(%Libro{titulo: "Pedro Páramo", precio: 12, unidades: 2})
    IO.inspect(Inventario.vender("Rayuela"))
    IO.inspect(Inventario.vender("Rayuela"))
    IO.inspect(Inventario.vender("Ulises"))
    IO.inspect(Enum.sort_by(Inventario.listar(), & &1.titulo))
  end
end

Tienda.abrir()
