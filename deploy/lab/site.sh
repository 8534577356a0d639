# Sourced by up.sh: the demo's phones, numbers, groups, queues, rooms and mailboxes, written for Asterisk by
# `tandem asterisk-config` from the database, as on a real site.

# The ports of this lab into the database, then the files. Needs PostgreSQL; before Asterisk starts.
write_site() {
  local program=${TANDEM_PROGRAMS:-$LAB_ROOT/.build/debug}/tandem folder=$LAB_STATE/etc/tandem
  if [ ! -x "$program" ]; then
    echo "site: no $program (swift build): Asterisk comes up without the demo's phones and numbers" >&2
    return
  fi
  lab_psql -d asterisk <<SQL
UPDATE public.pjsip_transport_option AS o SET value = '127.0.0.1:$LAB_SIP_PORT'
FROM public.pjsip_transport AS t
WHERE t.uuid = o.pjsip_transport_uuid AND t.name = 'transport-udp' AND o.key = 'bind';
UPDATE public.asterisk_file_variable SET value = 'username,ip,anonymous' WHERE key = 'endpoint_identifier_order';
UPDATE public.endpoint_sip_section_option AS o SET value = 'sip:127.0.0.1:$LAB_SIPP_PORT'
FROM public.endpoint_sip_section AS s JOIN public.endpoint_sip AS e ON e.uuid = s.endpoint_sip_uuid
WHERE s.uuid = o.endpoint_sip_section_uuid AND e.name = 'demo-carrier' AND o.key = 'contact';
SQL
  mkdir -p "$folder"
  "$program" asterisk-config --output "$folder" -c /dev/null \
    --database "postgresql://lab@127.0.0.1:$LAB_PG_PORT/asterisk" >"$LAB_STATE/site.log" 2>&1 ||
    { echo "site: asterisk-config failed; see $LAB_STATE/site.log" >&2; return 1; }
  echo "site: $(find "$folder" -name '*.conf' | wc -l) files for Asterisk in $folder"
}
