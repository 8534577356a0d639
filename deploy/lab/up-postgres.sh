# Sourced by up.sh: a private PostgreSQL cluster, role `lab` (superuser, no password), and in it the database
# `asterisk` with the tables of sql/standalone and the rows of sql/demo.

up_postgres() {
  local data=$LAB_STATE/postgres bin user i
  bin=${LAB_PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n1)}
  [ -x "$bin/postgres" ] || { echo "postgres: not installed (make setup)" >&2; return 1; }
  user=$(pick_user postgres)
  if alive postgres; then
    echo "postgres: already up, pid $(cat "$data.pid")"
    load_database
    return
  fi
  need_port postgres "$LAB_PG_PORT" || return 1
  mkdir -p "$data"
  if [ "$(id -u)" = 0 ]; then chown "$user" "$data"; fi
  [ -s "$data/data/PG_VERSION" ] || init_cluster || return 1
  (
    close_descriptors
    cd "$data"
    ulimit -c 0
    as "$user" setsid "$bin/postgres" -D "$data/data" -p "$LAB_PG_PORT" -k "$data" -c listen_addresses=127.0.0.1
  ) >>"$data.log" 2>&1 </dev/null &
  for ((i = 0; i < 200; i++)); do
    if "$bin/pg_isready" -q -h "$data" -p "$LAB_PG_PORT" -U lab; then
      note_pid postgres "$(head -n1 "$data/data/postmaster.pid")"
      echo "postgres: up, pid $(cat "$data.pid"), postgresql://lab@127.0.0.1:$LAB_PG_PORT/asterisk"
      load_database
      return
    fi
    sleep 0.05
  done
  echo "postgres did not start; see $data.log" >&2
  tail -5 "$data.log" >&2
  return 1
}

# A new cluster; test data deserve speed, not durability. Uses up_postgres' variables.
init_cluster() {
  rm -rf "$data/data"
  (
    cd "$data"
    as "$user" "$bin/initdb" -D "$data/data" -U lab -A trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions
  ) >"$data.initdb.log" 2>&1 || { cat "$data.initdb.log" >&2; return 1; }
  cat >>"$data/data/postgresql.conf" <<'CONF'
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum_naptime = 60min
max_connections = 200
shared_buffers = 64MB
CONF
}

lab_psql() { psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$LAB_PG_PORT" -U lab "$@"; }

# Creates the database and loads the SQL files when they are new or changed; the files can be run again.
load_database() {
  local file sum stamp=$LAB_STATE/postgres.loaded
  local files=()
  for file in "$LAB_ROOT"/sql/standalone/*.sql "$LAB_ROOT"/sql/demo/*.sql; do
    if [ -e "$file" ]; then files+=("$file"); fi
  done
  sum=$(cat ${files[@]+"${files[@]}"} </dev/null | sha256sum)
  if [ "$(lab_psql -At -d postgres -c "select 1 from pg_database where datname = 'asterisk'")" != 1 ]; then
    lab_psql -d postgres -c 'create database asterisk'
  elif [ "$sum" = "$(cat "$stamp" 2>/dev/null)" ]; then
    return
  fi
  for file in ${files[@]+"${files[@]}"}; do
    PGOPTIONS='-c client_min_messages=warning' lab_psql -d asterisk -f "$file" >/dev/null ||
      { echo "postgres: ${file#"$LAB_ROOT"/} failed" >&2; return 1; }
  done
  echo "$sum" >"$stamp"
  echo "postgres: database asterisk loaded from ${#files[@]} SQL files"
}
