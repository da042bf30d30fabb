# SPDX-License-Identifier: Apache-2.0
# A macro that writes functions, and one that adds a control structure.
defmodule Unidades do
  defmacro unidad(nombre, factor) do
    quote do
      def unquote(nombre)(cantidad), do: cantidad * unquote(factor)
    end
  end

  defmacro salvo(condicion, do: cuerpo) do
    quote do
      if unquote(condicion), do: nil, else: unquote(cuerpo)
    end
  end
end

defmodule Medidas do
  import Unidades

  unidad(:kilometros, 1000)
  unidad(:millas, 1609.344)

  def cerca?(metros) do
    salvo metros > 5000 do
      :cerca
    end
  end
end

IO.puts(Medidas.kilometros(3))
IO.puts(Medidas.millas(26.2))
IO.inspect({Medidas.cerca?(120), Medidas.cerca?(42_195)})
IO.puts(Macro.to_string(quote do: Enum.map([1, 2], fn x -> x + 1 end)))
