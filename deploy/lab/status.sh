#!/usr/bin/env bash
# Says which servers of the lab are up and where; exit status 1 when one of them is not.
set -uo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/ports.sh"
. "$here/process.sh"

declare -A where=(
  [asterisk]="SIP 127.0.0.1:$LAB_SIP_PORT  ARI 127.0.0.1:$LAB_HTTP_PORT  AMI 127.0.0.1:$LAB_AMI_PORT  log $LAB_STATE/log/full"
  [postgres]="postgresql://lab@127.0.0.1:$LAB_PG_PORT/asterisk  log $LAB_STATE/postgres.log"
  [rabbitmq]="amqp://guest:guest@127.0.0.1:$LAB_AMQP_PORT/  log $LAB_STATE/rabbitmq/log"
)
down=0
echo "lab $LAB_OFFSET in $LAB_STATE"
for server in asterisk postgres rabbitmq; do
  if alive "$server"; then
    printf '  %-9s up, pid %-7s %s\n' "$server" "$(cat "$LAB_STATE/$server.pid")" "${where[$server]}"
  else
    printf '  %-9s down\n' "$server"
    down=1
  fi
done
exit $down
