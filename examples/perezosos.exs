# SPDX-License-Identifier: Apache-2.0
# Lazy streams: infinite sources, of which only what is asked for is made.
primos =
  Stream.iterate(2, &(&1 + 1))
  |> Stream.filter(fn n -> Enum.all?(Stream.take_while(2..n, &(&1 * &1 <= n)), &(rem(n, &1) != 0 or &1 == n)) end)

IO.inspect(Enum.take(primos, 12))

fibonacci = Stream.unfold({0, 1}, fn {a, b} -> {a, {b, a + b}} end)
IO.inspect(fibonacci |> Stream.drop(90) |> Enum.take(5))

"el veloz murciélago hindú comía feliz cardillo y kiwi"
|> String.split()
|> Stream.map(&String.capitalize/1)
|> Stream.with_index(1)
|> Stream.reject(fn {palabra, _} -> String.length(palabra) < 3 end)
|> Enum.each(fn {palabra, i} -> IO.puts("#{i}. #{palabra}") end)

recurso = Stream.resource(fn -> 3 end, fn 0 -> {:halt, 0}; n -> {[n, n * 10], n - 1} end, fn n -> IO.puts("cerrado en #{n}") end)
IO.inspect(Enum.to_list(recurso))
IO.inspect(Stream.cycle([:a, :b, :c]) |> Stream.chunk_every(2) |> Enum.take(3))
