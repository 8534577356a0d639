#!/usr/bin/env bash
# Runs a command as the lab's ordinary user when we are root (see user.sh), else as ourselves: as-user.sh COMMAND …
set -euo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/user.sh"
if ! is_root; then exec "$@"; fi
make_user
as_user "$@"
