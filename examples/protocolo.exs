# SPDX-License-Identifier: Apache-2.0
# A protocol with its implementations, one of them derived from a default.
defprotocol Figura do
  @fallback_to_any true
  @doc "Area, in square units."
  def area(figura)
end

defmodule Circulo, do: defstruct([:radio])
defmodule Rectangulo, do: defstruct([:ancho, :alto])

defimpl Figura, for: Circulo do
  def area(%{radio: r}), do: Float.round(:math.pi() * r * r, 3)
end

defimpl Figura, for: Rectangulo do
  def area(%{ancho: a, alto: b}), do: a * b
end

defimpl Figura, for: Any do
  def area(_), do: :sin_area
end

defimpl String.Chars, for: Rectangulo do
  def to_string(r), do: "#{r.ancho}×#{r.alto}"
end

defmodule Muestra do
  def correr do
    IO.inspect(Enum.map([%Circulo{radio: 2}, %Rectangulo{ancho: 3, alto: 4}, "texto"], &Figura.area/1))
    IO.puts("rectángulo de #{%Rectangulo{ancho: 3, alto: 4}}")

    try do
      Enum.map(42, & &1)
    rescue
      e in Protocol.UndefinedError -> IO.puts(Exception.message(e))
    end
  end
end

Muestra.correr()
