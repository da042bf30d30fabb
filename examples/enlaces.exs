# SPDX-License-Identifier: Apache-2.0
# Links and monitors: who hears of an end, and how.
defmodule Enlaces do
  def vigilar do
    vigilado = spawn(fn -> receive do: (:termina -> exit(:cansado)) end)
    referencia = Process.monitor(vigilado)
    send(vigilado, :termina)

    receive do
      {:DOWN, ^referencia, :process, ^vigilado, motivo} -> IO.puts("DOWN: #{inspect(motivo)}")
    end
  end

  def enlazar do
    Process.flag(:trap_exit, true)
    hijo = spawn_link(fn -> exit({:apagado, 7}) end)

    receive do
      {:EXIT, ^hijo, motivo} -> IO.puts("EXIT: #{inspect(motivo)}")
    end
  end

  def matar do
    {otro, referencia} = spawn_monitor(fn -> Process.sleep(:infinity) end)
    Process.exit(otro, :kill)

    receive do
      {:DOWN, ^referencia, :process, ^otro, motivo} -> IO.puts("DOWN: #{inspect(motivo)}")
    end

    segunda = Process.monitor(otro)

    receive do
      {:DOWN, ^segunda, _, _, motivo} -> IO.puts("DOWN: #{inspect(motivo)}")
    end
  end

  def olvidar do
    quieto = spawn(fn -> Process.sleep(:infinity) end)
    referencia = Process.monitor(quieto)
    Process.demonitor(referencia, [:flush])
    Process.exit(quieto, :kill)

    receive do
      mensaje -> IO.inspect(mensaje)
    after
      50 -> IO.puts("nada más")
    end
  end
end

Enlaces.vigilar()
Enlaces.enlazar()
Enlaces.matar()
Enlaces.olvidar()
