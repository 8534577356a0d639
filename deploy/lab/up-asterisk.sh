# Sourced by up.sh: the private Asterisk, with the project's dialplan and snippets.

# Writes the configuration from the templates, replacing the @WORDS@.
render_asterisk_etc() {
  local libdir file
  libdir=$(sed -n 's/.*libdir=\([^ ]*\).*/\1/p' "$LAB_PREFIX/.complete")
  for file in "${LAB_ETC:-$LAB_SCRIPTS/asterisk-etc}"/*.conf; do
    sed -e "s#@STATE@#$LAB_STATE#g; s#@PREFIX@#$LAB_PREFIX#g; s#@LIBDIR@#$libdir#g
            s#@DIALPLAN@#$LAB_ROOT/dialplan#g; s#@SNIPPETS@#$LAB_ROOT/deploy/asterisk#g
            s#@HTTP_PORT@#$LAB_HTTP_PORT#g; s#@AMI_PORT@#$LAB_AMI_PORT#g
            s#@SIP_PORT@#$LAB_SIP_PORT#g; s#@SIPP_PORT@#$LAB_SIPP_PORT#g; s#@AGI_PORT@#$LAB_AGI_PORT#g
            s#@RTP_START@#$LAB_RTP_START#g; s#@RTP_END@#$LAB_RTP_END#g
            s#@UDPTL_START@#$LAB_UDPTL_START#g; s#@UDPTL_END@#$LAB_UDPTL_END#g
            s#@PG_PORT@#$LAB_PG_PORT#g" "$file" >"$LAB_STATE/etc/$(basename "$file")"
  done
}

up_asterisk() {
  local state=$LAB_STATE file i
  LAB_PREFIX=$LAB_PREFIX "$LAB_SCRIPTS/get-asterisk.sh" >/dev/null
  if alive asterisk; then echo "asterisk: already up, pid $(cat "$state/asterisk.pid")"; return; fi
  need_port asterisk "$LAB_HTTP_PORT" && need_port asterisk "$LAB_AMI_PORT" && need_port asterisk "$LAB_SIP_PORT" || return 1
  mkdir -p "$state"/{etc,lib,agi-bin,cache,run,log,lib/keys} \
    "$state"/spool/{voicemail,monitor,fax,recording,outgoing,tmp,system,meetme}
  for file in full errors stdout; do
    if [ -e "$state/log/$file" ]; then mv -f "$state/log/$file" "$state/log/$file.1"; fi
  done
  render_asterisk_etc
  (
    close_descriptors
    ulimit -n 16384 2>/dev/null || true
    ulimit -c 0
    cd "$state"
    exec setsid "$LAB_PREFIX/asterisk" -f -n -C "$state/etc/asterisk.conf" -vvv
  ) >"$state/log/stdout" 2>&1 </dev/null &
  note_pid asterisk $!
  for ((i = 0; i < 300; i++)); do
    alive asterisk || { echo "asterisk died; see $state/log" >&2; tail -5 "$state/log/stdout" >&2; return 1; }
    if "$LAB_SCRIPTS/ast" core waitfullybooted 2>/dev/null | grep -q 'fully booted'; then
      echo "asterisk: up, pid $(cat "$state/asterisk.pid"), SIP 127.0.0.1:$LAB_SIP_PORT, ARI $LAB_HTTP_PORT, AMI $LAB_AMI_PORT"
      return
    fi
    sleep 0.1
  done
  echo "asterisk did not boot within 30 s; see $state/log" >&2
  return 1
}
