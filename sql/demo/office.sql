-- The demo's office: a whole small PBX of tenant Demo, beside the phones and switchboards of demo.sql. The numbers:
--   1101 Erin      a phone without anything special
--   1102 Frank     a phone that rings 4 s
--   1103 Gina      forwards everything to 1102
--   1104 Hugo      busy: group Sales
--   1105 Ida       rings 2 s, then 1101
--   1106 Jack      does not want to be disturbed; voicemail 1106
--   1107 Kim       may not dial 09…, 08… with the code 4321
--   1108 Leo       a boss; his secretary is Mia
--   1109 Mia       a secretary
--   1110 Nina      an agent's phone
--   2001 group Sales (Erin and Frank)         2002 group Rota (Gina, then Frank; one after the other)
--   2101 queue Support (Frank)                2102 queue Hotline (agents: 3001 without, 3002 with the code 9876)
--   700 parking, slots 701 to 703             710 parking with the one slot 711
--   2201 conference (PIN 1234)                2301 a menu: 1 Erin, 2 conference
--   5003 Frank     5004 Sales     5005 Support   5006 voicemail of Jack   5007 an application   5008 conference
--   5009 fax       5010 closed: voicemail of Jack                        5011 menu
--   0…             to the carrier demo-carrier, without the 0 and with +33 in front
-- Each phone's password is its name.
SET search_path TO public;
BEGIN;

INSERT INTO func_key_template (id, tenant_uuid, private)
SELECT id, '10000000-0000-4000-8000-000000000001', true FROM generate_series(11, 20) AS id
ON CONFLICT (id) DO NOTHING;

INSERT INTO voicemail (uniqueid, context, mailbox, password, fullname, email) VALUES
    (2, 'default', '1106', '1106', 'Jack Jones', NULL)
ON CONFLICT (uniqueid) DO UPDATE
SET context = excluded.context, mailbox = excluded.mailbox, password = excluded.password, commented = 0;

INSERT INTO userfeatures
    (id, uuid, tenant_uuid, firstname, lastname, callerid, ringseconds, simultcalls, enablexfer, enablevoicemail,
     voicemailid, enableunc, destunc, enablebusy, destbusy, enablerna, destrna, enablednd, enablehint, outcallerid,
     func_key_private_template_id, description)
SELECT id, '20000000-0000-4000-8000-0000000000' || id, '10000000-0000-4000-8000-000000000001',
    first, last, format('"%s %s" <11%s>', first, last, to_char(id - 10, 'FM00')),
    ring, 5, 1, (box IS NOT NULL)::integer, box, (unc <> '')::integer, unc, (busy <> '')::integer, busy,
    (rna <> '')::integer, rna, dnd, 1, 'default', id, ''
FROM (VALUES
    (11, 'Erin', 'Evans', 20, NULL::integer, '', '', '', 0),
    (12, 'Frank', 'Fisher', 4, NULL, '', '', '', 0),
    (13, 'Gina', 'Green', 20, NULL, '1102', '', '', 0),
    (14, 'Hugo', 'Hill', 20, NULL, '', '', '', 0),
    (15, 'Ida', 'Irving', 2, NULL, '', '', '1101', 0),
    (16, 'Jack', 'Jones', 20, 2, '', '', '', 1),
    (17, 'Kim', 'King', 20, NULL, '', '', '', 0),
    (18, 'Leo', 'Long', 20, NULL, '', '', '', 0),
    (19, 'Mia', 'Moore', 20, NULL, '', '', '', 0),
    (20, 'Nina', 'North', 20, NULL, '', '', '', 0)
) AS u (id, first, last, ring, box, unc, busy, rna, dnd)
ON CONFLICT (uuid) DO UPDATE
SET ringseconds = excluded.ringseconds, enablevoicemail = excluded.enablevoicemail,
    voicemailid = excluded.voicemailid, enableunc = excluded.enableunc, destunc = excluded.destunc,
    enablebusy = excluded.enablebusy, destbusy = excluded.destbusy, enablerna = excluded.enablerna,
    destrna = excluded.destrna, enablednd = excluded.enablednd, commented = 0;

INSERT INTO endpoint_sip (uuid, name, label, tenant_uuid)
SELECT ('50000000-0000-4000-8000-0000000000' || id)::uuid, lower(firstname), firstname, tenant_uuid
FROM userfeatures WHERE id BETWEEN 11 AND 20
ON CONFLICT (uuid) DO UPDATE SET name = excluded.name;

INSERT INTO endpoint_sip_template (child_uuid, parent_uuid, priority)
SELECT uuid, '50000000-0000-4000-8000-000000000100', 0 FROM endpoint_sip
WHERE uuid::text BETWEEN '50000000-0000-4000-8000-000000000011' AND '50000000-0000-4000-8000-000000000020'
ON CONFLICT DO NOTHING;
INSERT INTO endpoint_sip_section (type, endpoint_sip_uuid)
SELECT 'auth', child_uuid FROM endpoint_sip_template
WHERE parent_uuid = '50000000-0000-4000-8000-000000000100'
ON CONFLICT (type, endpoint_sip_uuid) DO NOTHING;
INSERT INTO endpoint_sip_section_option (key, value, endpoint_sip_section_uuid)
SELECT key, e.name, s.uuid
FROM endpoint_sip_section AS s JOIN endpoint_sip AS e ON e.uuid = s.endpoint_sip_uuid,
    unnest(ARRAY['username', 'password']) AS key
WHERE s.type = 'auth' AND e.uuid::text BETWEEN '50000000-0000-4000-8000-000000000011'
        AND '50000000-0000-4000-8000-000000000020'
    AND NOT EXISTS (SELECT FROM endpoint_sip_section_option AS o WHERE o.endpoint_sip_section_uuid = s.uuid);

INSERT INTO linefeatures (id, name, number, context, provisioningid, endpoint_sip_uuid)
SELECT id, lower(firstname), (1090 + id)::text, 'default', 100000 + id,
    ('50000000-0000-4000-8000-0000000000' || id)::uuid
FROM userfeatures WHERE id BETWEEN 11 AND 20
ON CONFLICT (id) DO UPDATE SET name = excluded.name, context = excluded.context, commented = 0;

INSERT INTO user_line (user_id, line_id, main_user, main_line)
SELECT id, id, true, true FROM generate_series(11, 20) AS id
ON CONFLICT (user_id, line_id) DO NOTHING;

-- Erin may record her calls, with the key *3 or over REST.
UPDATE userfeatures SET enableonlinerec = 1 WHERE id = 11;

-- ---- what can be dialled ---------------------------------------------------------------------------------------

INSERT INTO extensions (id, context, exten, type, typeval)
SELECT id + 100, 'default', (1090 + id)::text, 'user', id::text FROM generate_series(11, 20) AS id
ON CONFLICT (id) DO NOTHING;
INSERT INTO line_extension (line_id, extension_id, main_extension)
SELECT id, id + 100, true FROM generate_series(11, 20) AS id
ON CONFLICT (line_id, extension_id) DO NOTHING;

INSERT INTO extensions (id, context, exten, type, typeval) VALUES
    (131, 'default', '2001', 'group', '1'),
    (132, 'default', '2002', 'group', '2'),
    (133, 'default', '2101', 'queue', '1'),
    (134, 'default', '2102', 'queue', '2'),
    (135, 'default', '2201', 'conference', '1'),
    (136, 'to-extern', '_0X.', 'outcall', '1'),
    (143, 'from-extern', '5003', 'incall', '13'),
    (144, 'from-extern', '5004', 'incall', '14'),
    (145, 'from-extern', '5005', 'incall', '15'),
    (146, 'from-extern', '5006', 'incall', '16'),
    (147, 'from-extern', '5007', 'incall', '17'),
    (148, 'from-extern', '5008', 'incall', '18'),
    (149, 'from-extern', '5009', 'incall', '19'),
    (150, 'from-extern', '5010', 'incall', '20'),
    (151, 'from-extern', '5011', 'incall', '21'),
    (152, 'default', '700', 'parking', '1'),
    (153, 'default', '710', 'parking', '2')
ON CONFLICT (id) DO UPDATE
SET context = excluded.context, exten = excluded.exten, type = excluded.type, typeval = excluded.typeval,
    commented = 0;

INSERT INTO parking_lot (id, tenant_uuid, name, slots_start, slots_end, timeout) VALUES
    (1, '10000000-0000-4000-8000-000000000001', 'Office', '701', '703', 45),
    (2, '10000000-0000-4000-8000-000000000001', 'One slot', '711', '711', NULL)
ON CONFLICT (id) DO NOTHING;

INSERT INTO feature_extension (exten, feature, enabled) VALUES
    ('_*11.', 'paging', true), ('*10', 'phonestatus', true), ('*20', 'fwdundoall', true),
    ('_*21.', 'fwdunc', true), ('_*22.', 'fwdrna', true), ('_*23.', 'fwdbusy', true), ('*25', 'enablednd', true),
    ('*26', 'callrecord', true), ('*27', 'incallfilter', true), ('_*30.', 'agentstaticlogtoggle', true),
    ('_*31.', 'agentstaticlogin', true), ('_*32.', 'agentstaticlogoff', true), ('*36', 'directoryaccess', true),
    ('_*37.', 'bsfilter', true), ('_*41.', 'meetingjoin', true), ('*48378', 'autoprov', true),
    ('_*50.', 'groupmembertoggle', true), ('_*51.', 'groupmemberjoin', true), ('_*52.', 'groupmemberleave', true),
    ('_*735.', 'phoneprogfunckey', true), ('_*8.', 'pickup', true), ('*9', 'recsnd', true),
    ('*90', 'enablevm', true), ('_*90.', 'enablevmslt', true), ('_*96.', 'vmuserslt', true),
    ('_*97.', 'vmboxslt', true), ('*98', 'vmusermsg', true), ('_*99.', 'vmboxmsgslt', true)
ON CONFLICT (exten) DO UPDATE SET feature = excluded.feature, enabled = true;

-- ---- groups, queues, agents ------------------------------------------------------------------------------------

INSERT INTO queue (name, category, strategy, timeout, retry, ringinuse, maxlen, joinempty, leavewhenempty) VALUES
    ('grp-demo-sales', 'group', 'ringall', 15, 1, 1, 0, NULL, NULL),
    ('grp-demo-rota', 'group', 'linear', 3, 1, 1, 0, NULL, NULL),
    ('demo-support', 'queue', 'ringall', 15, 1, 1, 10, NULL, NULL),
    ('demo-hotline', 'queue', 'ringall', 15, 1, 1, 10, 'unavailable,invalid,unknown', NULL)
ON CONFLICT (name) DO NOTHING;
INSERT INTO groupfeatures (id, tenant_uuid, name, label, timeout) VALUES
    (1, '10000000-0000-4000-8000-000000000001', 'grp-demo-sales', 'Sales', 20),
    (2, '10000000-0000-4000-8000-000000000001', 'grp-demo-rota', 'Rota', 20)
ON CONFLICT (id) DO NOTHING;
INSERT INTO queuefeatures (id, tenant_uuid, name, displayname, number, context, ring, timeout) VALUES
    (1, '10000000-0000-4000-8000-000000000001', 'demo-support', 'Support', '2101', 'default', 0, 20),
    (2, '10000000-0000-4000-8000-000000000001', 'demo-hotline', 'Hotline', '2102', 'default', 0, 20)
ON CONFLICT (id) DO NOTHING;
INSERT INTO agentfeatures (id, tenant_uuid, firstname, lastname, number, passwd, context, language) VALUES
    (1, '10000000-0000-4000-8000-000000000001', 'Nina', 'North', '3001', '', 'default', NULL),
    (2, '10000000-0000-4000-8000-000000000001', 'Olaf', 'Olsen', '3002', '9876', 'default', NULL)
ON CONFLICT (id) DO NOTHING;
INSERT INTO queuemember (queue_name, interface, usertype, userid, channel, category, position) VALUES
    ('grp-demo-sales', 'PJSIP/erin', 'user', 11, 'SIP', 'group', 0),
    ('grp-demo-sales', 'PJSIP/frank', 'user', 12, 'SIP', 'group', 1),
    ('grp-demo-rota', 'PJSIP/gina', 'user', 13, 'SIP', 'group', 0),
    ('grp-demo-rota', 'PJSIP/frank', 'user', 12, 'SIP', 'group', 1),
    ('demo-support', 'PJSIP/frank', 'user', 12, 'SIP', 'queue', 0),
    ('demo-hotline', 'Agent/3001', 'agent', 1, 'Agent', 'queue', 0),
    ('demo-hotline', 'Agent/3002', 'agent', 2, 'Agent', 'queue', 1)
ON CONFLICT (queue_name, interface) DO NOTHING;

-- ---- conference, application, menu, schedule ------------------------------------------------------------------

INSERT INTO conference (id, tenant_uuid, name, pin, quiet_join_leave, announce_only_user) VALUES
    (1, '10000000-0000-4000-8000-000000000001', 'Room', '1234', true, false)
ON CONFLICT (id) DO NOTHING;
INSERT INTO application (uuid, tenant_uuid, name) VALUES
    ('60000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'Application')
ON CONFLICT (uuid) DO NOTHING;

INSERT INTO incall (id, tenant_uuid, description)
SELECT id, '10000000-0000-4000-8000-000000000001', 'DID ' || (4990 + id) FROM generate_series(13, 21) AS id
ON CONFLICT (id) DO NOTHING;
INSERT INTO schedule (id, tenant_uuid, name, timezone, fallback_action, fallback_actionid, fallback_actionargs)
VALUES (1, '10000000-0000-4000-8000-000000000001', 'Never open', 'UTC', 'voicemail', '2', 'u')
ON CONFLICT (id) DO NOTHING;
INSERT INTO schedule_path (schedule_id, path, pathid) VALUES (1, 'incall', 20) ON CONFLICT DO NOTHING;

INSERT INTO dialaction (event, category, categoryval, action, actionarg1, actionarg2) VALUES
    ('answer', 'incall', '13', 'user', '12', NULL),
    ('answer', 'incall', '14', 'group', '1', NULL),
    ('answer', 'incall', '15', 'queue', '1', NULL),
    ('answer', 'incall', '16', 'voicemail', '2', NULL),
    ('answer', 'incall', '17', 'application:custom', '60000000-0000-4000-8000-000000000001', NULL),
    ('answer', 'incall', '18', 'conference', '1', NULL),
    ('answer', 'incall', '19', 'application:faxtomail', 'fax@example.org', NULL),
    ('answer', 'incall', '20', 'user', '11', NULL),
    ('answer', 'incall', '21', 'ivr', '1', NULL),
    ('busy', 'user', '14', 'group', '1', NULL),
    ('noanswer', 'group', '2', 'user', '11', NULL),
    ('noanswer', 'queue', '1', 'sound', 'vm-nobodyavail', NULL)
ON CONFLICT (event, category, categoryval) DO UPDATE
SET action = excluded.action, actionarg1 = excluded.actionarg1, actionarg2 = excluded.actionarg2;
INSERT INTO dialaction (event, category, categoryval, action)
SELECT event, 'user', id::text, 'none'
FROM generate_series(11, 20) AS id, unnest(ARRAY['noanswer', 'busy', 'congestion', 'chanunavail']) AS event
ON CONFLICT (event, category, categoryval) DO NOTHING;

-- ---- permissions, boss and secretary ---------------------------------------------------------------------------

INSERT INTO rightcall (id, tenant_uuid, name, passwd, "authorization") VALUES
    (1, '10000000-0000-4000-8000-000000000001', 'no 09', '', 0),
    (2, '10000000-0000-4000-8000-000000000001', 'no 08', '4321', 0)
ON CONFLICT (id) DO NOTHING;
INSERT INTO rightcallexten (rightcallid, exten) VALUES (1, '_09.'), (2, '_08.')
ON CONFLICT (rightcallid, exten) DO NOTHING;
INSERT INTO rightcallmember (rightcallid, type, typeval) VALUES (1, 'user', '17'), (2, 'user', '17')
ON CONFLICT (rightcallid, type, typeval) DO NOTHING;

INSERT INTO callfilter (id, tenant_uuid, name, type, bosssecretary, callfrom, ringseconds) VALUES
    (1, '10000000-0000-4000-8000-000000000001', 'Leo', 'bosssecretary', 'secretary-simult', 'all', 10)
ON CONFLICT (id) DO NOTHING;
INSERT INTO callfiltermember (id, callfilterid, type, typeval, bstype, active) VALUES
    (1, 1, 'user', '18', 'boss', 1), (2, 1, 'user', '19', 'secretary', 1)
ON CONFLICT (id) DO NOTHING;

-- ---- the carrier ------------------------------------------------------------------------------------------------

INSERT INTO endpoint_sip (uuid, name, label, tenant_uuid) VALUES
    ('50000000-0000-4000-8000-000000000101', 'demo-carrier', 'Carrier', '10000000-0000-4000-8000-000000000001')
ON CONFLICT (uuid) DO NOTHING;
INSERT INTO endpoint_sip_section (type, endpoint_sip_uuid) VALUES
    ('endpoint', '50000000-0000-4000-8000-000000000101'), ('aor', '50000000-0000-4000-8000-000000000101')
ON CONFLICT (type, endpoint_sip_uuid) DO NOTHING;
-- where the carrier listens: another port where several labs stand side by side (deploy/lab/site.sh)
INSERT INTO endpoint_sip_section_option (key, value, endpoint_sip_section_uuid)
SELECT o.key, o.value, s.uuid
FROM endpoint_sip_section AS s JOIN (VALUES
    ('endpoint'::endpoint_sip_section_type, 'allow', '!all,ulaw'), ('endpoint', 'direct_media', 'no'),
    ('endpoint', 'send_pai', 'yes'), ('endpoint', 'send_connected_line', 'no'),
    ('aor', 'contact', 'sip:127.0.0.1:5070')
) AS o (type, key, value) USING (type)
WHERE s.endpoint_sip_uuid = '50000000-0000-4000-8000-000000000101'
    AND NOT EXISTS (SELECT FROM endpoint_sip_section_option AS x WHERE x.endpoint_sip_section_uuid = s.uuid);
INSERT INTO trunkfeatures (id, tenant_uuid, endpoint_sip_uuid, context) VALUES
    (1, '10000000-0000-4000-8000-000000000001', '50000000-0000-4000-8000-000000000101', 'from-extern')
ON CONFLICT (id) DO NOTHING;
INSERT INTO outcall (id, tenant_uuid, name, context) VALUES
    (1, '10000000-0000-4000-8000-000000000001', 'outside', 'to-extern')
ON CONFLICT (id) DO NOTHING;
INSERT INTO outcalltrunk (outcallid, trunkfeaturesid) VALUES (1, 1) ON CONFLICT DO NOTHING;
INSERT INTO dialpattern (id, type, typeid, externprefix, exten, stripnum, callerid) VALUES
    (1, 'outcall', 1, '+33', '_0X.', 1, '"Demo" <+33123456789>')
ON CONFLICT (id) DO NOTHING;

-- ---- a menu -------------------------------------------------------------------------------------------------------

INSERT INTO ivr (id, tenant_uuid, name, menu_sound, timeout, max_tries) VALUES
    (1, '10000000-0000-4000-8000-000000000001', 'Menu', 'vm-enter-num-to-call', 5, 2)
ON CONFLICT (id) DO NOTHING;
INSERT INTO ivr_choice (id, ivr_id, exten) VALUES (1, 1, '1'), (2, 1, '2') ON CONFLICT (id) DO NOTHING;
INSERT INTO dialaction (event, category, categoryval, action, actionarg1) VALUES
    ('ivr_choice', 'ivr_choice', '1', 'user', '11'), ('ivr_choice', 'ivr_choice', '2', 'conference', '1')
ON CONFLICT (event, category, categoryval) DO UPDATE SET action = excluded.action, actionarg1 = excluded.actionarg1;

-- ---- the next rows' ids come after these ---------------------------------------------------------------------

SELECT setval(pg_get_serial_sequence('voicemail', 'uniqueid'), max(uniqueid)) FROM voicemail;
SELECT setval(pg_get_serial_sequence('func_key_template', 'id'), max(id)) FROM func_key_template;
SELECT setval(pg_get_serial_sequence('userfeatures', 'id'), max(id)) FROM userfeatures;
SELECT setval(pg_get_serial_sequence('linefeatures', 'id'), max(id)) FROM linefeatures;
SELECT setval(pg_get_serial_sequence('extensions', 'id'), max(id)) FROM extensions;
SELECT setval(pg_get_serial_sequence('incall', 'id'), max(id)) FROM incall;
SELECT setval(pg_get_serial_sequence('groupfeatures', 'id'), max(id)) FROM groupfeatures;
SELECT setval(pg_get_serial_sequence('queuefeatures', 'id'), max(id)) FROM queuefeatures;
SELECT setval(pg_get_serial_sequence('agentfeatures', 'id'), max(id)) FROM agentfeatures;
SELECT setval(pg_get_serial_sequence('conference', 'id'), max(id)) FROM conference;
SELECT setval(pg_get_serial_sequence('schedule', 'id'), max(id)) FROM schedule;
SELECT setval(pg_get_serial_sequence('rightcall', 'id'), max(id)) FROM rightcall;
SELECT setval(pg_get_serial_sequence('callfilter', 'id'), max(id)) FROM callfilter;
SELECT setval(pg_get_serial_sequence('callfiltermember', 'id'), max(id)) FROM callfiltermember;
SELECT setval(pg_get_serial_sequence('trunkfeatures', 'id'), max(id)) FROM trunkfeatures;
SELECT setval(pg_get_serial_sequence('outcall', 'id'), max(id)) FROM outcall;
SELECT setval(pg_get_serial_sequence('dialpattern', 'id'), max(id)) FROM dialpattern;
SELECT setval(pg_get_serial_sequence('ivr', 'id'), max(id)) FROM ivr;
SELECT setval(pg_get_serial_sequence('ivr_choice', 'id'), max(id)) FROM ivr_choice;

SELECT setval(pg_get_serial_sequence('parking_lot', 'id'), max(id)) FROM parking_lot;
COMMIT;
