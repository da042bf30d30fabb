# SPDX-License-Identifier: Apache-2.0
# A chat in the browser: Cowboy, a WebSocket and a room that is a process.
#   ./dev run examples/web/chat.exs [PORT] [es|en]
defmodule Web.Texts do
  @texts %{
    "es" => %{
      ready: "El chat está abierto en",
      stop: "Para terminar: Ctrl+C dos veces.",
      name: "¿Cómo te llamas?",
      say: "Escribe un mensaje…",
      send: "Enviar",
      joins: "entra",
      leaves: "sale",
      missing: "Falta Cowboy. En Debian lo trae el paquete rabbitmq-server: apt-get install rabbitmq-server (o di dónde está: COWBOY_PATH=DIR, con cowboy, cowlib y ranch)."
    },
    "en" => %{
      ready: "The chat is open at",
      stop: "To end: Ctrl+C twice.",
      name: "What is your name?",
      say: "Write a message…",
      send: "Send",
      joins: "joins",
      leaves: "leaves",
      missing: "Cowboy is missing. In Debian the package rabbitmq-server brings it: apt-get install rabbitmq-server (or say where it is: COWBOY_PATH=DIR, with cowboy, cowlib and ranch)."
    }
  }

  def text(language, key), do: @texts[language][key]

  # The language asked for, else that of the environment.
  def language(asked) do
    cond do
      asked in ["es", "en"] -> asked
      String.starts_with?(System.get_env("LC_ALL") || System.get_env("LANG") || "", "es") -> "es"
      true -> "en"
    end
  end
end

defmodule Web.Libraries do
  # Cowboy's beams, where a package or the user put them; they need not be unpacked or compiled.
  def add do
    folders = [System.get_env("COWBOY_PATH"), "/usr/lib/rabbitmq/lib/*/plugins", "/usr/lib/erlang/lib"]

    for folder <- folders, folder, name <- ["cowboy", "cowlib", "ranch"], place <- Path.wildcard("#{folder}/#{name}*/ebin"), do: Code.append_path(place)

    Code.ensure_loaded?(:cowboy) and Code.ensure_loaded?(:cow_http) and Code.ensure_loaded?(:ranch)
  end
end

defmodule Web.Room do
  # Who is here, by process: one that ends is noticed by its monitor.
  use GenServer

  def start_link(language), do: GenServer.start_link(__MODULE__, language, name: __MODULE__)
  def join(name), do: GenServer.call(__MODULE__, {:join, name})
  def say(text), do: GenServer.cast(__MODULE__, {:say, self(), text})

  @impl true
  def init(language), do: {:ok, %{language: language, people: %{}}}

  @impl true
  def handle_call({:join, name}, {pid, _}, state) do
    Process.monitor(pid)
    state = put_in(state.people[pid], name)
    tell(state, "* #{name} #{Web.Texts.text(state.language, :joins)}")
    {:reply, map_size(state.people), state}
  end

  @impl true
  def handle_cast({:say, pid, text}, state) do
    with %{^pid => name} <- state.people, do: tell(state, "#{name}: #{text}")
    {:noreply, state}
  end

  @impl true
  def handle_info({:DOWN, _, :process, pid, _}, state) do
    {name, people} = Map.pop(state.people, pid)
    state = %{state | people: people}
    tell(state, "* #{name} #{Web.Texts.text(state.language, :leaves)}")
    {:noreply, state}
  end

  defp tell(state, line), do: for({pid, _} <- state.people, do: send(pid, {:line, line}))
end

defmodule Web.Page do
  def init(request, language) do
    body = page(language)
    headers = %{"content-type" => "text/html; charset=utf-8"}
    {:ok, :cowboy_req.reply(200, headers, body, request), language}
  end

  defp page(language) do
    text = &Web.Texts.text(language, &1)

    """
    <!doctype html><html lang="#{language}"><meta charset="utf-8"><title>Chat</title>
    <style>body{font:16px sans-serif;max-width:40em;margin:2em auto}#lines{height:60vh;overflow:auto;border:1px solid #aaa;padding:.5em}</style>
    <div id="lines"></div>
    <form id="form"><input id="text" size="50" placeholder="#{text.(:say)}" autocomplete="off"><button>#{text.(:send)}</button></form>
    <script>
    const fixed = new URLSearchParams(location.search).get("name")
    const name = fixed || prompt(#{inspect(text.(:name))}) || "?"
    const socket = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/chat?name=" + encodeURIComponent(name))
    socket.onmessage = event => {
      const line = document.createElement("div")
      line.textContent = event.data
      lines.append(line)
      lines.scrollTop = lines.scrollHeight
    }
    form.onsubmit = event => { event.preventDefault(); if (text.value) socket.send(text.value); text.value = "" }
    </script></html>
    """
  end
end

defmodule Web.Socket do
  # One process a browser; Cowboy calls it for frames and messages.
  def init(request, _) do
    name = request |> :cowboy_req.parse_qs() |> List.keyfind("name", 0, {"name", "?"}) |> elem(1)
    {:cowboy_websocket, request, name, %{idle_timeout: 600_000, max_frame_size: 100_000}}
  end

  def websocket_init(name) do
    Web.Room.join(name)
    {[], name}
  end

  def websocket_handle({:text, text}, name) do
    Web.Room.say(text)
    {[], name}
  end

  def websocket_handle({:binary, bytes}, name), do: {[{:binary, bytes}], name}
  def websocket_handle(_, name), do: {[], name}
  def websocket_info({:line, line}, name), do: {[{:text, line}], name}
  def websocket_info(_, name), do: {[], name}
end

defmodule Web.Upload do
  # Reads a body of any length piece by piece and answers with its length and digest: memory does not grow with the body.
  def init(request, state) do
    {bytes, digest, request} = read(:cowboy_req.read_body(request, %{length: 65_536}), 0, :crypto.hash_init(:sha256))
    answer = "#{bytes} #{Base.encode16(digest, case: :lower)} #{div(:erlang.memory(:total), 1024)}\n"
    {:ok, :cowboy_req.reply(200, %{"content-type" => "text/plain"}, answer, request), state}
  end

  defp read({:more, part, request}, bytes, digest),
    do: read(:cowboy_req.read_body(request, %{length: 65_536}), bytes + byte_size(part), :crypto.hash_update(digest, part))

  defp read({:ok, part, request}, bytes, digest), do: {bytes + byte_size(part), :crypto.hash_final(:crypto.hash_update(digest, part)), request}
end

defmodule Web do
  def main(arguments) do
    {numbers, words} = Enum.split_with(arguments, &(&1 =~ ~r/^\d+$/))
    language = Web.Texts.language(List.first(words))

    if Web.Libraries.add() do
      serve(String.to_integer(List.first(numbers) || "8080"), language)
    else
      IO.puts(:stderr, Web.Texts.text(language, :missing))
      System.halt(1)
    end
  end

  defp serve(port, language) do
    {:ok, _} = Application.ensure_all_started(:cowboy)
    {:ok, _} = Web.Room.start_link(language)

    routes = :cowboy_router.compile([{:_, [{"/", Web.Page, language}, {"/chat", Web.Socket, []}, {"/upload", Web.Upload, []}]}])

    # Port 0 takes a free one.
    options = %{socket_opts: [ip: {127, 0, 0, 1}, port: port]}
    # A large upload over HTTP/2 is many frames: more than the 10,000 in ten seconds that Cowboy takes for an attack.
    {:ok, _} = :cowboy.start_clear(:chat, options, %{env: %{dispatch: routes}, max_received_frame_rate: {1_000_000, 10_000}})
    IO.puts("#{Web.Texts.text(language, :ready)} http://127.0.0.1:#{:ranch.get_port(:chat)}/")
    IO.puts(Web.Texts.text(language, :stop))
    Process.sleep(:infinity)
  end
end

Web.main(System.argv())
