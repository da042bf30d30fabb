# Process.sleep/1 has its time in an x register: read once, however many messages wake the process.
:logger.set_primary_config(:level, :none)
sleeper = fn time ->
  {pid, monitor} = spawn_monitor(fn ->
    Process.flag(:trap_exit, true)
    Process.sleep(time)
  end)
  Process.sleep(30)
  for n <- 1..5 do
    send(pid, n)
    Process.exit(pid, :please)
    Process.sleep(5)
  end
  Process.exit(pid, :kill)
  receive do
    {:DOWN, ^monitor, _, _, reason} -> IO.inspect({time, reason})
  end
end

Enum.each([:infinity, 100_000, 4_294_967_295], sleeper)
{_, monitor} = spawn_monitor(fn -> Process.sleep(4_294_967_296) end)
receive do
  {:DOWN, ^monitor, _, _, {reason, _}} -> IO.inspect(reason)
end
