#!/usr/bin/env bash
# `make run`: the lab, the server, and one real SIP call that shows its timeline. Stays until Ctrl-C, then takes
# everything down; ONESHOT=1 ends after the call, with exit status 0 only if each step was seen.
set -euo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$here/.."

deploy/setup.sh
swift build --product tandem
swift build --product first-call
# A lab that was up before stays up.
deploy/lab/status.sh >/dev/null || trap deploy/lab/down.sh EXIT
trap : INT # Ctrl-C is for first-call, which stops the server and returns here
deploy/lab/up.sh
eval "$(deploy/lab/env.sh)"
arguments=()
if [ "${ONESHOT:-0}" = 1 ]; then arguments+=(--oneshot); fi
deploy/lab/as-user.sh .build/debug/first-call ${arguments[@]+"${arguments[@]}"}
