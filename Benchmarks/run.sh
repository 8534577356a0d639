#!/usr/bin/env bash
# The figures of docs/performance.md (`make bench`): builds in release and measures; starts a lab at offset 900 unless
# LAB_PG_PORT and LAB_AMQP_PORT tell of one. Arguments: sections (rest token events publishing outbox agi
# switchboards calls applications voicemails); switchboards, calls and applications need Asterisk too.
set -euo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$here/.."
command -v wrk >/dev/null || { echo "bench: wrk is missing: apt-get install wrk" >&2; exit 1; }

swift build -c release --package-path Benchmarks --product tandem-bench >&2
bench=$(swift build -c release --package-path Benchmarks --show-bin-path)/tandem-bench

finish() {
  local status=$?
  trap - EXIT INT TERM
  deploy/lab/down.sh >&2
  rm -rf "$LAB_STATE"
  exit "$status"
}
if [ -z "${LAB_PG_PORT:-}" ] || [ -z "${LAB_AMQP_PORT:-}" ]; then
  export LAB_OFFSET=900
  case " ${*:-switchboards} " in
    *" switchboards "* | *" calls "* | *" applications "*) export LAB_WITH="asterisk postgres rabbitmq" ;;
    *) export LAB_WITH="postgres rabbitmq" ;;
  esac
  LAB_STATE=$(mktemp -d "${TMPDIR:-/tmp}/tandem-bench.XXXXXX")
  export LAB_STATE
  trap finish EXIT INT TERM
  deploy/lab/up.sh >&2
  eval "$(deploy/lab/env.sh)"
fi

version() { dpkg-query -W -f '${Package} ${Version}\n' "$@" 2>/dev/null || true; }
echo "$(date -u '+%Y-%m-%d %H:%M UTC'), commit $(git rev-parse --short HEAD 2>/dev/null || echo 'unknown')"
echo "$(nproc) x$(sed -n 's/^model name[^:]*://p' /proc/cpuinfo | head -n1), $(free -g | awk '/^Mem/{print $2}') GiB," \
  "Debian $(cat /etc/debian_version), Linux $(uname -r)"
swift --version 2>/dev/null | head -n1
version librabbitmq4 libpq5 rabbitmq-server wrk | paste -sd ';' | sed 's/;/; /g'
version 'postgresql-[0-9]*' | head -n1
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg)"
"$bench" "$@"
echo "load after: $(cut -d' ' -f1-3 /proc/loadavg)"
