# Sourced by up.sh: a private RabbitMQ node with its own epmd, cookie and data; user guest, password guest.

up_rabbitmq() {
  local user i
  if alive rabbitmq; then echo "rabbitmq: already up, pid $(cat "$LAB_STATE/rabbitmq.pid")"; return; fi
  # The wrapper in /usr/sbin refuses other users and changes to the system's node: call the program itself.
  [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || { echo "rabbitmq: not installed (make setup)" >&2; return 1; }
  need_port rabbitmq "$LAB_AMQP_PORT" || return 1
  user=$(pick_user rabbitmq)
  start_rabbitmq
  for ((i = 0; i < 600; i++)); do
    if broker_answers; then
      note_pid rabbitmq "$(cat "$LAB_STATE/rabbitmq/node.pid")"
      echo "rabbitmq: up, pid $(cat "$LAB_STATE/rabbitmq.pid"), amqp://guest:guest@127.0.0.1:$LAB_AMQP_PORT/"
      return
    fi
    sleep 0.1
  done
  echo "rabbitmq did not start within 60 s; see $LAB_STATE/rabbitmq/log" >&2
  tail -20 "$LAB_STATE/rabbitmq/log/stdout" >&2
  return 1
}

# In a subshell: the node's environment must not leak into the other servers. Uses up_rabbitmq's variables.
start_rabbitmq() {
  (
    . "$LAB_SCRIPTS/rabbitmq-env.sh"
    mkdir -p "$HOME"/{data,log,generated}
    rm -f "$RABBITMQ_PID_FILE"
    cat >"$HOME/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$LAB_AMQP_PORT
num_acceptors.tcp = 2
log.console = false
log.file.level = warning
vm_memory_high_watermark.absolute = 512MiB
disk_free_limit.absolute = 50MB
loopback_users = none
collect_statistics_interval = 60000
CONF
    echo '[].' >"$HOME/enabled_plugins"
    : >"$HOME/rabbitmq-env.conf"
    [ -s "$HOME/.erlang.cookie" ] || head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$HOME/.erlang.cookie"
    chmod 400 "$HOME/.erlang.cookie"
    if [ "$(id -u)" = 0 ]; then chown -R "$user" "$HOME"; fi
    cd "$HOME"
    ulimit -c 0
    if ! alive epmd; then
      (close_descriptors; as "$user" epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT") >"$HOME/log/epmd" 2>&1 </dev/null &
      note_pid epmd $!
    fi
    (close_descriptors; as "$user" setsid /usr/lib/rabbitmq/bin/rabbitmq-server) >"$HOME/log/stdout" 2>&1 </dev/null &
  )
}

# The broker is ready when it answers the AMQP header with Connection.Start, a method frame (type 1): quicker
# than its command line by half a second.
broker_answers() {
  local first
  first=$(timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "AMQP\0\0\011\001" >&3 &&
    head -c1 <&3 | od -An -tu1' _ "$LAB_AMQP_PORT" 2>/dev/null | tr -d ' ')
  [ "$first" = 1 ] && [ -s "$LAB_STATE/rabbitmq/node.pid" ]
}
