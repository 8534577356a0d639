#!/usr/bin/env bash
# Stops the servers that up.sh started; LAB_WITH="rabbitmq" only that one. Their data stay, so that a test can
# take a server away and give it back; remove $LAB_STATE to begin anew.
set -uo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/ports.sh"
become_owner "$0" "$@"
. "$here/process.sh"
[ -d "$LAB_STATE" ] || exit 0
exec 8>"$LAB_STATE/.lock"
flock 8

for server in ${LAB_WITH-asterisk rabbitmq postgres}; do
  case $server in
    asterisk) stop asterisk TERM 10 ;;
    postgres) stop postgres INT 15 ;; # INT: fast shutdown
    rabbitmq) stop rabbitmq TERM 30; stop epmd TERM 5 ;;
    *) echo "lab: no server called $server (asterisk postgres rabbitmq)" >&2; exit 2 ;;
  esac
done
