# SPDX-License-Identifier: Apache-2.0
# A chat whose rooms and users live on nodes of their own, in the terminal.
#   ./dev run examples/charla/charla.exs room cocina            a room, in one terminal (it says what happens in it)
#   ./dev run examples/charla/charla.exs user ana cocina        a user in another, and more of them in others
# The prompts are in the language of LANG; the last word `es` or `en` chooses another. Lines that begin with / are commands: /who, /room NAME,
# /quit. A user whose terminal is closed leaves the room, and users hear of it when a room goes: both by monitors between nodes.
defmodule Charla.Texts do
  @texts %{
    "es" => %{
      open: "La sala %{room} está abierta. Para terminar: Ctrl+C dos veces.",
      joins: "* %{name} entra",
      leaves: "* %{name} sale",
      taken: "En %{room} ya hay alguien que se llama %{name}.",
      no_room: "No hay ninguna sala que se llame %{room}.",
      inside: "Estás en %{room} con %{names}. Órdenes: /quien, /sala NOMBRE, /salir",
      alone: "Estás en %{room} a solas. Órdenes: /quien, /sala NOMBRE, /salir",
      room_gone: "* La sala %{room} se ha cerrado. Entra en otra con /sala NOMBRE.",
      bye: "Adiós, %{name}.",
      unknown: "No conozco la orden %{word}.",
      use: "Uso: charla.exs room SALA | user NOMBRE SALA   [es|en]"
    },
    "en" => %{
      open: "The room %{room} is open. To end: Ctrl+C twice.",
      joins: "* %{name} joins",
      leaves: "* %{name} leaves",
      taken: "In %{room} there is a %{name} already.",
      no_room: "There is no room %{room}.",
      inside: "You are in %{room} with %{names}. Commands: /who, /room NAME, /quit",
      alone: "You are in %{room} alone. Commands: /who, /room NAME, /quit",
      room_gone: "* The room %{room} has closed. Join another one: /room NAME.",
      bye: "Goodbye, %{name}.",
      unknown: "There is no command %{word}.",
      use: "Use: charla.exs room ROOM | user NAME ROOM   [es|en]"
    }
  }

  def default_language do
    if String.starts_with?(System.get_env("LC_ALL") || System.get_env("LANG") || "", "es"), do: "es", else: "en"
  end

  def say(language, key, values \\ []) do
    text = Enum.reduce(values, @texts[language][key], fn {name, value}, text -> String.replace(text, "%{#{name}}", value) end)
    IO.puts(text)
  end
end

defmodule Charla.Nodes do
  @cookie :charla

  # Names with an address need no name service of the network; whoever is not on this machine is not let in.
  def start(name) do
    Application.put_env(:kernel, :inet_dist_use_interface, {127, 0, 0, 1})
    {:ok, _} = Node.start(:"#{name}@127.0.0.1", :longnames)
    Node.set_cookie(@cookie)
  end

  def of_room(room), do: :"charla_#{room}@127.0.0.1"
end

defmodule Charla.Room do
  use GenServer

  def start_link(room, language), do: GenServer.start_link(__MODULE__, {room, language}, name: __MODULE__)

  # A call to a room of another node; {:error, :no_room} where there is none.
  def call(room, request) do
    GenServer.call({__MODULE__, Charla.Nodes.of_room(room)}, request)
  catch
    :exit, _ -> {:error, :no_room}
  end

  @impl true
  def init({room, language}), do: {:ok, %{room: room, language: language, members: %{}}}

  @impl true
  def handle_call({:join, name}, {pid, _}, state) do
    if Enum.any?(state.members, fn {_, member} -> member.name == name end) do
      {:reply, {:error, :taken}, state}
    else
      others = names(state)
      tell(state, {:joins, name: name})
      members = Map.put(state.members, pid, %{name: name, monitor: Process.monitor(pid)})
      {:reply, {:ok, others}, %{state | members: members}}
    end
  end

  def handle_call(:who, _, state), do: {:reply, {:ok, names(state)}, state}
  def handle_call(:leave, {pid, _}, state), do: {:reply, :ok, without(state, pid)}

  def handle_call({:say, text}, {pid, _}, state) do
    with %{name: name} <- state.members[pid] do
      IO.puts("#{name}: #{text}")
      for {other, _} <- state.members, other != pid, do: send(other, {:said, name, text})
    end

    {:reply, :ok, state}
  end

  @impl true
  def handle_info({:DOWN, _, :process, pid, _}, state), do: {:noreply, without(state, pid)}

  defp names(state), do: state.members |> Map.values() |> Enum.map(& &1.name) |> Enum.sort()

  defp without(state, pid) do
    case Map.pop(state.members, pid) do
      {nil, _} ->
        state

      {member, members} ->
        Process.demonitor(member.monitor, [:flush])
        state = %{state | members: members}
        tell(state, {:leaves, name: member.name})
        state
    end
  end

  defp tell(state, {key, values}) do
    Charla.Texts.say(state.language, key, values)
    for {pid, _} <- state.members, do: send(pid, {:news, key, values})
  end
end

# One process shows what comes from the room and does what the reader of the terminal asks for.
defmodule Charla.User do
  def run(name, room, language) do
    state = %{name: name, room: nil, monitor: nil, language: language}

    case join(state, room) do
      {:ok, state} ->
        user = self()
        spawn_link(fn -> read(user) end)
        loop(state)

      {:error, _} ->
        1
    end
  end

  defp read(user) do
    case IO.gets("") do
      line when is_binary(line) ->
        send(user, {:typed, String.trim(line)})
        read(user)

      _ ->
        send(user, {:typed, "/quit"})
    end
  end

  defp join(state, room) do
    case Charla.Room.call(room, {:join, state.name}) do
      {:ok, []} ->
        Charla.Texts.say(state.language, :alone, room: room)
        {:ok, inside(state, room)}

      {:ok, others} ->
        Charla.Texts.say(state.language, :inside, room: room, names: Enum.join(others, ", "))
        {:ok, inside(state, room)}

      {:error, reason} ->
        Charla.Texts.say(state.language, reason, room: room, name: state.name)
        {:error, reason}
    end
  end

  defp inside(state, room) do
    leave(state)
    %{state | room: room, monitor: Process.monitor({Charla.Room, Charla.Nodes.of_room(room)})}
  end

  defp leave(%{room: nil}), do: :ok

  defp leave(state) do
    Process.demonitor(state.monitor, [:flush])
    Charla.Room.call(state.room, :leave)
  end

  defp loop(state) do
    receive do
      {:said, name, text} ->
        IO.puts("#{name}: #{text}")
        loop(state)

      {:news, key, values} ->
        Charla.Texts.say(state.language, key, values)
        loop(state)

      {:DOWN, monitor, :process, _, _} when monitor == state.monitor ->
        Charla.Texts.say(state.language, :room_gone, room: state.room)
        loop(%{state | room: nil, monitor: nil})

      {:typed, text} ->
        case command(String.split(text), text, state) do
          {:go_on, state} -> loop(state)
          :quit -> quit(state)
        end
    end
  end

  defp command([], _, state), do: {:go_on, state}
  defp command([word], _, _) when word in ["/quit", "/salir"], do: :quit

  defp command([word], _, state) when word in ["/who", "/quien", "/quién"] do
    with true <- state.room != nil, {:ok, names} <- Charla.Room.call(state.room, :who), do: IO.puts(Enum.join(names, ", "))
    {:go_on, state}
  end

  defp command([word, room], _, state) when word in ["/room", "/sala"] do
    case join(state, room) do
      {:ok, state} -> {:go_on, state}
      {:error, _} -> {:go_on, state}
    end
  end

  defp command(["/" <> _ = word | _], _, state) do
    Charla.Texts.say(state.language, :unknown, word: word)
    {:go_on, state}
  end

  defp command(_, text, state) do
    if state.room, do: Charla.Room.call(state.room, {:say, text})
    {:go_on, state}
  end

  defp quit(state) do
    leave(state)
    Charla.Texts.say(state.language, :bye, name: state.name)
    0
  end
end

{words, language} =
  case Enum.split(System.argv(), -1) do
    {words, [last]} when last in ["es", "en"] -> {words, last}
    _ -> {System.argv(), Charla.Texts.default_language()}
  end

case words do
  [kind, room] when kind in ["room", "sala"] ->
    Charla.Nodes.start("charla_#{room}")
    {:ok, _} = Charla.Room.start_link(room, language)
    Charla.Texts.say(language, :open, room: room)
    Process.sleep(:infinity)

  [kind, name, room] when kind in ["user", "usuario"] ->
    Charla.Nodes.start("charla_user_#{name}_#{System.pid()}")
    System.halt(Charla.User.run(name, room, language))

  _ ->
    Charla.Texts.say(language, :use)
    System.halt(2)
end
