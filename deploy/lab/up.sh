#!/usr/bin/env bash
# Starts the lab: a private Asterisk, PostgreSQL and RabbitMQ, on loopback, without containers, systemd or root: whoever
# is root hands it to an ordinary user (user.sh).
# Does nothing for a server that is up already.
#   LAB_WITH    which ones: "asterisk postgres rabbitmq" is the default
#   LAB_OFFSET, LAB_STATE, LAB_PREFIX: see ports.sh       LAB_ETC: other configuration templates for Asterisk
#   LAB_USER    who runs it when root starts it: tandem-lab is the default; root: root
#   LAB_PG_BIN  another PostgreSQL's programs
set -euo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/ports.sh"
become_owner "$0" "$@"
. "$here/process.sh"

# Another user could have made the directory first in a shared /tmp.
mkdir -p "$LAB_STATE"
[ -O "$LAB_STATE" ] || { echo "lab: $LAB_STATE belongs to another user, set LAB_STATE" >&2; exit 1; }
[ "${#LAB_STATE}" -le 80 ] || { echo "lab: LAB_STATE is too long for unix sockets: $LAB_STATE" >&2; exit 1; }
chmod 755 "$LAB_STATE" # PostgreSQL runs as another user when we are root
exec 8>"$LAB_STATE/.lock"
flock 8

for server in ${LAB_WITH-asterisk postgres rabbitmq}; do
  case $server in
    asterisk | postgres | rabbitmq) . "$here/up-$server.sh" ;;
    *) echo "lab: no server called $server (asterisk postgres rabbitmq)" >&2; exit 2 ;;
  esac
done

. "$here/site.sh"

# RabbitMQ takes ten seconds, the others one: it starts first. PostgreSQL comes before Asterisk, whose phones and
# numbers are written from the database.
wanted=" ${LAB_WITH-asterisk postgres rabbitmq} "
pids=()
failed=0
case $wanted in *" rabbitmq "*) up_rabbitmq & pids+=($!) ;; esac
case $wanted in *" postgres "*) up_postgres || failed=1 ;; esac
case $wanted in *" asterisk "*)
  case $wanted in *" postgres "*) write_site || failed=1 ;; esac
  up_asterisk || failed=1
  ;;
esac
for pid in ${pids[@]+"${pids[@]}"}; do wait "$pid" || failed=1; done
exit $failed
