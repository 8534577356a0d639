#!/usr/bin/env bash
# Prints the lab's environment for tests and tools, as lines for the shell: eval "$(deploy/lab/env.sh)"
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/ports.sh"
if [ -e "$LAB_STATE" ]; then LAB_USER=$(stat -c %U "$LAB_STATE"); fi
for name in LAB_USER LAB_OFFSET LAB_STATE LAB_PREFIX LAB_SCRIPTS LAB_ROOT LAB_HTTP_PORT LAB_AMI_PORT LAB_AMI_USER LAB_AMI_SECRET \
  LAB_SIP_PORT \
  LAB_SIPP_PORT LAB_AGI_PORT LAB_REST_PORT LAB_RTP_START LAB_RTP_END LAB_UDPTL_START LAB_UDPTL_END \
  LAB_PG_PORT LAB_AMQP_PORT; do
  printf 'export %s=%q\n' "$name" "${!name}"
done
