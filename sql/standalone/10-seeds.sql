-- What a site without confd begins with (docs/contract/44-asterisk-configuration.md, 42-dialplan.md §2). Each table is
-- filled only while it is empty, so that a site's own rows stay. They are rows to change, not defaults to keep.
SET search_path TO public;

INSERT INTO pjsip_transport (name)
SELECT name FROM (VALUES ('transport-udp'), ('transport-wss')) AS seed (name)
WHERE NOT EXISTS (SELECT FROM pjsip_transport);

-- the address of wss is needed and not used: WebSocket comes through http.conf
INSERT INTO pjsip_transport_option (key, value, pjsip_transport_uuid)
SELECT seed.key, seed.value, t.uuid
FROM (VALUES
    (1, 'transport-udp', 'protocol', 'udp'), (2, 'transport-udp', 'bind', '0.0.0.0:5060'),
    (3, 'transport-wss', 'protocol', 'wss'), (4, 'transport-wss', 'bind', '0.0.0.0:5060')
) AS seed (position, name, key, value) JOIN pjsip_transport AS t USING (name)
WHERE NOT EXISTS (SELECT FROM pjsip_transport_option)
ORDER BY seed.position;

-- ---- raw sections of files -----------------------------------------------------------------------------------

INSERT INTO asterisk_file (name)
SELECT name FROM (VALUES ('pjsip.conf'), ('confbridge.conf'), ('rtp.conf')) AS seed (name)
WHERE NOT EXISTS (SELECT FROM asterisk_file);

INSERT INTO asterisk_file_section (name, priority, asterisk_file_id)
SELECT seed.name, seed.priority, f.id
FROM (VALUES
    (1, 'pjsip.conf', 'global', 1), (2, 'pjsip.conf', 'system', 2),
    (3, 'confbridge.conf', 'general', 1), (4, 'confbridge.conf', 'wazo_default_bridge', 2),
    (5, 'confbridge.conf', 'wazo_default_user', 3),
    (6, 'rtp.conf', 'general', 1), (7, 'rtp.conf', 'ice_host_candidates', 2)
) AS seed (position, file, name, priority) JOIN asterisk_file AS f ON f.name = seed.file
WHERE NOT EXISTS (SELECT FROM asterisk_file_section)
ORDER BY seed.position;

INSERT INTO asterisk_file_variable (key, value, asterisk_file_section_id)
SELECT seed.key, seed.value, s.id
FROM (VALUES
    (1, 'pjsip.conf', 'global', 'user_agent', 'Tandem'),
    (2, 'pjsip.conf', 'global', 'endpoint_identifier_order', 'auth_username,username,ip'),
    (3, 'confbridge.conf', 'wazo_default_bridge', 'type', 'bridge'),
    (4, 'confbridge.conf', 'wazo_default_user', 'type', 'user'),
    (5, 'confbridge.conf', 'wazo_default_user', 'dsp_drop_silence', 'yes'),
    (6, 'confbridge.conf', 'wazo_default_user', 'talk_detection_events', 'yes'),
    (7, 'rtp.conf', 'general', 'rtpstart', '10000'), (8, 'rtp.conf', 'general', 'rtpend', '20000')
) AS seed (position, file, section, key, value)
    JOIN asterisk_file AS f ON f.name = seed.file
    JOIN asterisk_file_section AS s ON s.asterisk_file_id = f.id AND s.name = seed.section
WHERE NOT EXISTS (SELECT FROM asterisk_file_variable)
ORDER BY seed.position;

-- ---- rows of files -------------------------------------------------------------------------------------------

INSERT INTO features (filename, category, var_name, var_val)
SELECT * FROM (VALUES
    ('features.conf', 'general', 'transferdigittimeout', '5'),
    ('features.conf', 'general', 'pickupexten', '*8'),
    ('features.conf', 'general', 'featuredigittimeout', '1500'),
    ('features.conf', 'general', 'atxfernoanswertimeout', '15'),
    ('features.conf', 'general', 'atxferdropcall', 'no'),
    ('features.conf', 'general', 'atxferloopdelay', '10'),
    ('features.conf', 'general', 'atxfercallbackretries', '2'),
    ('features.conf', 'featuremap', 'blindxfer', '*1'),
    ('features.conf', 'featuremap', 'disconnect', '*0'),
    ('features.conf', 'featuremap', 'atxfer', '*2'),
    ('features.conf', 'applicationmap', 'togglerecord', '*3,self,AGI(agi://${GLOBAL(WAZO_AGID_IP)}/call_recording)')
) AS seed WHERE NOT EXISTS (SELECT FROM features);

INSERT INTO staticqueue (filename, category, var_name, var_val)
SELECT * FROM (VALUES
    ('queues.conf', 'general', 'persistentmembers', 'yes'),
    ('queues.conf', 'general', 'autofill', 'no'),
    ('queues.conf', 'general', 'shared_lastcall', 'yes')
) AS seed WHERE NOT EXISTS (SELECT FROM staticqueue);

INSERT INTO staticiax (filename, category, var_name, var_val)
SELECT * FROM (VALUES
    ('iax.conf', 'general', 'bindport', '4569'),
    ('iax.conf', 'general', 'bandwidth', 'high'),
    ('iax.conf', 'general', 'jitterbuffer', 'no'),
    ('iax.conf', 'general', 'transfer', 'yes'),
    ('iax.conf', 'general', 'codecpriority', 'host'),
    ('iax.conf', 'general', 'autokill', 'yes'),
    ('iax.conf', 'general', 'calltokenoptional', '0.0.0.0'),
    ('iax.conf', 'general', 'rtcachefriends', 'yes')
) AS seed WHERE NOT EXISTS (SELECT FROM staticiax);

INSERT INTO staticvoicemail (filename, category, var_name, var_val)
SELECT * FROM (VALUES
    ('voicemail.conf', 'general', 'maxmsg', '100'),
    ('voicemail.conf', 'general', 'silencethreshold', '256'),
    ('voicemail.conf', 'general', 'minsecs', '0'),
    ('voicemail.conf', 'general', 'maxsecs', '0'),
    ('voicemail.conf', 'general', 'maxsilence', '15'),
    ('voicemail.conf', 'general', 'review', 'yes'),
    ('voicemail.conf', 'general', 'operator', 'yes'),
    ('voicemail.conf', 'general', 'format', 'wav'),
    ('voicemail.conf', 'general', 'maxlogins', '3'),
    ('voicemail.conf', 'general', 'envelope', 'yes'),
    ('voicemail.conf', 'general', 'saycid', 'no'),
    ('voicemail.conf', 'general', 'sayduration', 'yes'),
    ('voicemail.conf', 'general', 'saydurationm', '2'),
    ('voicemail.conf', 'general', 'forcename', 'no'),
    ('voicemail.conf', 'general', 'forcegreetings', 'no'),
    ('voicemail.conf', 'general', 'tempgreetwarn', 'yes'),
    ('voicemail.conf', 'general', 'maxgreet', '0'),
    ('voicemail.conf', 'general', 'skipms', '3000'),
    ('voicemail.conf', 'general', 'sendvoicemail', 'no'),
    ('voicemail.conf', 'general', 'usedirectory', 'yes'),
    ('voicemail.conf', 'general', 'nextaftercmd', 'yes'),
    ('voicemail.conf', 'general', 'attach', 'yes'),
    ('voicemail.conf', 'general', 'volgain', '0'),
    ('voicemail.conf', 'general', 'mailcmd', '/usr/sbin/sendmail -t'),
    ('voicemail.conf', 'general', 'serveremail', 'voicemail'),
    ('voicemail.conf', 'general', 'charset', 'UTF-8'),
    ('voicemail.conf', 'general', 'fromstring', 'Voicemail'),
    ('voicemail.conf', 'general', 'pagerfromstring', 'Voicemail'),
    ('voicemail.conf', 'general', 'emailsubject', 'Voice message from ${VM_CALLERID}'),
    ('voicemail.conf', 'general', 'emailbody', '${VM_NAME},\n\n'
        '${VM_CALLERID} left a message of ${VM_DUR} in your mailbox ${VM_MAILBOX} on ${VM_DATE}.'),
    ('voicemail.conf', 'general', 'emaildateformat', '%A, %d %B %Y, %H:%M'),
    ('voicemail.conf', 'general', 'pbxskip', 'no'),
    ('voicemail.conf', 'general', 'searchcontexts', 'no'),
    ('voicemail.conf', 'zonemessages', 'eu-fr', 'Europe/Paris|''vm-received'' q ''digits/at'' kM'),
    ('voicemail.conf', 'zonemessages', 'eu-be', 'Europe/Brussels|''vm-received'' q ''digits/at'' kM'),
    ('voicemail.conf', 'zonemessages', 'eu-de', 'Europe/Berlin|''vm-received'' q ''digits/at'' kM'),
    ('voicemail.conf', 'zonemessages', 'eu-es', 'Europe/Madrid|''vm-received'' q ''digits/at'' kM'),
    ('voicemail.conf', 'zonemessages', 'eu-it', 'Europe/Rome|''vm-received'' q ''digits/at'' kM'),
    ('voicemail.conf', 'zonemessages', 'gb-london', 'Europe/London|''vm-received'' q ''digits/at'' IMp'),
    ('voicemail.conf', 'zonemessages', 'na-eastern', 'America/New_York|''vm-received'' q ''digits/at'' IMp'),
    ('voicemail.conf', 'zonemessages', 'na-central', 'America/Chicago|''vm-received'' q ''digits/at'' IMp'),
    ('voicemail.conf', 'zonemessages', 'na-mountain', 'America/Denver|''vm-received'' q ''digits/at'' IMp'),
    ('voicemail.conf', 'zonemessages', 'na-pacific', 'America/Los_Angeles|''vm-received'' q ''digits/at'' IMp'),
    ('voicemail.conf', 'zonemessages', 'us-detroit', 'America/Detroit|''vm-received'' q ''digits/at'' IMp'),
    ('voicemail.conf', 'zonemessages', 'ca-montreal', 'America/Montreal|''vm-received'' q ''digits/at'' IMp'),
    ('voicemail.conf', 'zonemessages', 'utc', 'UTC|''vm-received'' q ''digits/at'' kM')
) AS seed WHERE NOT EXISTS (SELECT FROM staticvoicemail);

-- ---- feature codes --------------------------------------------------------------------------------------------

INSERT INTO feature_extension (exten, feature, enabled)
SELECT * FROM (VALUES
    ('_*11.', 'paging', true),
    ('*10', 'phonestatus', true),
    ('*20', 'fwdundoall', true),
    ('_*21.', 'fwdunc', true),
    ('_*22.', 'fwdrna', true),
    ('_*23.', 'fwdbusy', true),
    ('*25', 'enablednd', true),
    ('*26', 'callrecord', false),
    ('*27', 'incallfilter', true),
    ('_*30.', 'agentstaticlogtoggle', true),
    ('_*31.', 'agentstaticlogin', true),
    ('_*32.', 'agentstaticlogoff', true),
    ('*36', 'directoryaccess', true),
    ('_*37.', 'bsfilter', true),
    ('_*41.', 'meetingjoin', true),
    ('*48378', 'autoprov', true),
    ('_*50.', 'groupmembertoggle', true),
    ('_*51.', 'groupmemberjoin', true),
    ('_*52.', 'groupmemberleave', true),
    ('_*735.', 'phoneprogfunckey', true),
    ('_*8.', 'pickup', false),
    ('*9', 'recsnd', true),
    ('*90', 'enablevm', true),
    ('_*90.', 'enablevmslt', true),
    ('*92', 'vmuserpurge', false),
    ('_*92.', 'vmuserpurgeslt', false),
    ('_*93.', 'vmboxpurgeslt', false),
    ('_*96.', 'vmuserslt', true),
    ('_*97.', 'vmboxslt', true),
    ('*98', 'vmusermsg', true),
    ('_*99.', 'vmboxmsgslt', true)
) AS seed WHERE NOT EXISTS (SELECT FROM feature_extension);

-- ---- SIP templates of a tenant -------------------------------------------------------------------------------

-- Makes one template of a tenant, with its parent, transport and options (`key=value`, by section).
CREATE OR REPLACE FUNCTION tandem_make_template(
    of_tenant text, of_name text, of_parent uuid, of_transport text, of_aor text[], of_endpoint text[],
    of_registration text[]
) RETURNS uuid
LANGUAGE plpgsql SET search_path TO public, pg_temp AS $$
DECLARE
    template uuid;
    section uuid;
    part record;
BEGIN
    INSERT INTO endpoint_sip (label, name, tenant_uuid, transport_uuid, template)
    VALUES (
        of_name, of_name || '-' || left(md5(of_tenant || of_name), 8), of_tenant,
        (SELECT uuid FROM pjsip_transport WHERE name = of_transport), true
    )
    RETURNING uuid INTO template;
    IF of_parent IS NOT NULL THEN
        INSERT INTO endpoint_sip_template (child_uuid, parent_uuid, priority) VALUES (template, of_parent, 0);
    END IF;
    FOR part IN
        SELECT * FROM (VALUES ('aor', of_aor), ('endpoint', of_endpoint), ('registration', of_registration))
            AS parts (kind, options)
        WHERE options IS NOT NULL
    LOOP
        INSERT INTO endpoint_sip_section (type, endpoint_sip_uuid)
        VALUES (part.kind::endpoint_sip_section_type, template) RETURNING uuid INTO section;
        INSERT INTO endpoint_sip_section_option (key, value, endpoint_sip_section_uuid)
        SELECT split_part(o, '=', 1), substr(o, strpos(o, '=') + 1), section FROM unnest(part.options) AS o;
    END LOOP;
    RETURN template;
END
$$;

-- SELECT tandem_prepare_tenant('<uuid>'): the templates of a new tenant, once. The provider template of the platform
-- has no addresses here: its provider has the present list.
CREATE OR REPLACE FUNCTION tandem_prepare_tenant(of_tenant text) RETURNS void
LANGUAGE plpgsql SET search_path TO public, pg_temp AS $$
DECLARE
    first_template uuid;
    webrtc uuid;
    registration uuid;
BEGIN
    PERFORM FROM tenant WHERE uuid = of_tenant AND NOT sip_templates_generated FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    first_template := tandem_make_template(
        of_tenant, 'global', NULL, 'transport-udp',
        ARRAY['maximum_expiration=3600', 'default_expiration=120', 'minimum_expiration=60',
            'qualify_frequency=60', 'remove_existing=true', 'max_contacts=1'],
        ARRAY['rtp_timeout=7200', 'rtp_timeout_hold=0', 'allow_transfer=yes', 'use_ptime=yes',
            'callerid=wazo', 'direct_media=no', 'dtmf_mode=rfc4733', 'language=en_US',
            'inband_progress=no', 'timers_sess_expires=600', 'timers_min_se=90', 'trust_id_inbound=no',
            'allow_subscribe=yes', 'allow=!all,ulaw', 'notify_early_inuse_ringing=yes',
            'set_var=TIMEOUT(absolute)=36000', 'set_var=DYNAMIC_FEATURES=togglerecord'],
        NULL
    );
    webrtc := tandem_make_template(
        of_tenant, 'webrtc', first_template, 'transport-wss',
        ARRAY['remove_existing=false', 'max_contacts=10'],
        ARRAY['webrtc=yes', 'dtls_auto_generate_cert=yes', 'allow=!all,opus,g722,alaw,ulaw,vp9,vp8,h264',
            'max_video_streams=25', 'max_audio_streams=1', 'timers=always', 'timers_sess_expires=300',
            'timers_min_se=90'],
        NULL
    );
    registration := tandem_make_template(
        of_tenant, 'registration_trunk', first_template, NULL, NULL, NULL,
        ARRAY['forbidden_retry_interval=30', 'retry_interval=20', 'max_retries=10000',
            'auth_rejection_permanent=no', 'fatal_retry_interval=30']
    );
    UPDATE tenant
    SET sip_templates_generated = true, global_sip_template_uuid = first_template, webrtc_sip_template_uuid = webrtc,
        registration_trunk_sip_template_uuid = registration,
        meeting_guest_sip_template_uuid = tandem_make_template(
            of_tenant, 'meeting_guest', webrtc, NULL, NULL, NULL, NULL
        ),
        twilio_trunk_sip_template_uuid = tandem_make_template(
            of_tenant, 'twilio_trunk', registration, NULL, NULL, NULL, NULL
        )
    WHERE uuid = of_tenant;
END
$$;
-- They change the directory: for its owner alone.
REVOKE ALL ON FUNCTION tandem_make_template, tandem_prepare_tenant FROM PUBLIC;
