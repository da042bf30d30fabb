# SPDX-License-Identifier: Apache-2.0
# What Elixir prints of errors, structs, and collections.
defmodule Errores do
  defstruct [:a, b: 2]
  def clausula(:uno), do: 1

  def probar(fun) do
    fun.()
  rescue
    e -> IO.puts("#{inspect(e.__struct__)}: #{Exception.message(e)}")
  catch
    clase, valor -> IO.inspect({clase, valor})
  end
end

for fun <- [
      fn -> 1 / String.length("") end,
      fn -> Errores.clausula(:dos) end,
      fn -> String.to_integer("x") end,
      fn -> Map.fetch!(%{a: 1}, :b) end,
      fn -> Errores.nada(1) end,
      fn -> Nada.existe() end,
      fn -> hd([]) end,
      fn -> throw({:pelota, 1}) end,
      fn -> exit(:adios) end,
      fn -> raise ArgumentError, "malo" end,
      fn -> Enum.fetch!([1], 3) end,
      fn -> Keyword.fetch!([a: 1], :b) end,
      fn -> struct!(Errores, c: 1) end,
      fn -> %{a: 1} |> Map.update!(:z, & &1) end,
      fn -> {:ok, _} = {:error, :x} end,
      fn -> case 3 do 4 -> 4 end end,
      fn -> (with {:ok, x} <- {:error, 1}, do: x) |> IO.inspect() end,
      fn -> cond do false -> 1 end end,

      fn -> String.to_existing_atom("nunca_visto_123") end
    ],
    do: Errores.probar(fun)

IO.inspect(%{lista: Enum.to_list(1..3), mapa: %{"x" => [y: 1]}, struct: struct(Errores), f: &String.upcase/1, r: ~r/a+/i, d: ~D[2026-11-20]})
IO.inspect(for <<c <- "abc">>, into: "", do: <<c + 1>>)
IO.inspect(Regex.scan(~r/(\w)(\d)/u, "a1 b2 ñ3"))
IO.puts(Enum.join(Enum.map(1..5, &Integer.to_string(&1 * &1)), ", "))
IO.inspect(Enum.group_by(~w(uno dos tres cuatro), &String.length/1))
IO.inspect(Task.await_many(for n <- 1..5, do: Task.async(fn -> n * n end)))
IO.inspect(Stream.chunk_every(1..10, 3) |> Enum.to_list())
IO.inspect(String.normalize("é", :nfd) |> String.codepoints() |> length())
IO.inspect(DateTime.from_unix!(1_700_000_000))
IO.inspect(Integer.pow(3, 200))
IO.inspect(:erlang.float_to_binary(1 / 3, [:short]))
