# Sourced after ports.sh: which processes are ours, and as whom they run.
# A pid file is trusted only while /proc says that this pid still is the process that we started: the file
# beside it keeps its start time, so a recycled pid is never signalled.

# Empty for a process that is gone, or a zombie.
start_time() { sed -n 's/.*) \([^Z].*\)/\1/p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

note_pid() { # server pid
  echo "$2" >"$LAB_STATE/$1.pid"
  start_time "$2" >"$LAB_STATE/$1.born"
}

alive() { # server
  local pid
  pid=$(cat "$LAB_STATE/$1.pid" 2>/dev/null) && [ -n "$pid" ] && [ -n "$(start_time "$pid")" ] &&
    [ "$(start_time "$pid")" = "$(cat "$LAB_STATE/$1.born" 2>/dev/null)" ]
}

stop() { # server signal seconds
  local pid i
  if alive "$1"; then
    pid=$(cat "$LAB_STATE/$1.pid")
    kill -"$2" "$pid"
    for ((i = 0; i < $3 * 20; i++)); do alive "$1" || break; sleep 0.05; done
    if alive "$1"; then
      echo "$1: pid $pid still there after $3 s, SIGKILL"
      kill -KILL "$pid"
    else
      echo "$1: stopped"
    fi
  fi
  rm -f "$LAB_STATE/$1.pid" "$LAB_STATE/$1.born"
}

# The first user of that name that the machine has. PostgreSQL refuses to run as root.
pick_user() { # names...
  local user
  for user in "$@" nobody; do id "$user" >/dev/null 2>&1 && { echo "$user"; return; }; done
}

# Runs a command as that user when we are root. It replaces the shell: only in a subshell.
as() { # user command...
  local user=$1
  shift
  if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"
  else
    exec "$@"
  fi
}

# In the subshell that becomes a server: it must keep nothing of its starter's, neither the lab's lock nor a pipe on
# whose end somebody waits.
close_descriptors() {
  local descriptor
  for descriptor in /proc/self/fd/*; do
    descriptor=${descriptor##*/}
    if [ "$descriptor" -gt 2 ]; then eval "exec $descriptor>&-"; fi
  done
}

# Refuses to go on when somebody else listens on a TCP port that we need.
need_port() { # server port
  if (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null; then
    echo "$1: port $2 is taken by another process (LAB_OFFSET=$LAB_OFFSET, LAB_STATE=$LAB_STATE)" >&2
    return 1
  fi
}
