# Sourced by every script of the lab: where it is and which ports it takes.
#   LAB_OFFSET  added to every port, so that several labs stand side by side: a multiple of 100, at most 2000
#   LAB_STATE   everything the lab writes: configuration, sockets, spool, logs, databases, pid files. Keep it
#               short: a unix socket's path may have 107 characters
#   LAB_PREFIX  the unpacked Asterisk (get-asterisk.sh). Root's is where everybody can read it, since root hands the
#               lab to an ordinary user (user.sh), who then finds it there too
. "$(dirname -- "${BASH_SOURCE[0]}")/user.sh"
: "${LAB_OFFSET:=0}"
if is_root || [ "$HOME" = "$LAB_USER_HOME" ]; then
  : "${LAB_STATE:=/tmp/tandem-lab-$LAB_OFFSET}"
  : "${LAB_PREFIX:=/var/cache/tandem-lab/prefix}"
fi
: "${LAB_STATE:=${XDG_RUNTIME_DIR:-/tmp}/tandem-lab-$LAB_OFFSET}"
: "${LAB_PREFIX:=${XDG_CACHE_HOME:-$HOME/.cache}/tandem-lab/prefix}"

: "${LAB_HTTP_PORT:=$((5039 + LAB_OFFSET))}"      # ARI
: "${LAB_AMI_PORT:=$((5038 + LAB_OFFSET))}"
: "${LAB_AMI_USER:=tandem}"                        # a user of the manager interface
: "${LAB_AMI_SECRET:=tandem}"
: "${LAB_SIP_PORT:=$((5060 + LAB_OFFSET))}"       # UDP and TCP
: "${LAB_SIPP_PORT:=$((5070 + LAB_OFFSET))}"      # where PJSIP/x@sipp goes
: "${LAB_AGI_PORT:=$((4573 + LAB_OFFSET))}"       # tandem
: "${LAB_REST_PORT:=$((9500 + LAB_OFFSET))}"      # tandem
: "${LAB_RTP_START:=$((10000 + LAB_OFFSET * 20))}"
: "${LAB_RTP_END:=$((LAB_RTP_START + 1999))}"
: "${LAB_UDPTL_START:=$((4000 + LAB_OFFSET))}"
: "${LAB_UDPTL_END:=$((LAB_UDPTL_START + 99))}"
: "${LAB_PG_PORT:=$((16432 + LAB_OFFSET))}"
: "${LAB_AMQP_PORT:=$((15672 + LAB_OFFSET))}"     # its distribution is 20000 above, its epmd 19000

LAB_SCRIPTS=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
LAB_ROOT=$(CDPATH='' cd -- "$LAB_SCRIPTS/../.." && pwd)
