-- The demo: what deploy/lab, first-call and the acceptance tests know by these ids.
--   system (infos)        40000000-0000-4000-8000-000000000001, zone UTC
--   tenant Demo           10000000-0000-4000-8000-000000000001, contexts default, from-extern, to-extern
--   tenant Other          10000000-0000-4000-8000-000000000002
--   users  Alice Archer   20000000-0000-4000-8000-000000000001, 1001, SIP account alice
--          Bob Baker      20000000-0000-4000-8000-000000000002, 1002, SIP account bob
--          Carol Cooper   20000000-0000-4000-8000-000000000003, 1003, SIP account carol
--          Dave Dyer      20000000-0000-4000-8000-000000000004, no line
--   switchboards of Demo, members Alice, Bob, Carol
--          A              30000000-0000-4000-8000-000000000001, no time limit,         DID 5000, incall 1
--          B              30000000-0000-4000-8000-000000000002, 4 s then announcement, DID 5001, incall 2
--   switchboard of Other  30000000-0000-4000-8000-000000000003
--   DID 5002, incall 3    hung up at once
-- It can be run again, and then restores these rows. It refuses a database of another installation.
SET search_path TO public;
BEGIN;

DO $guard$
BEGIN
    IF EXISTS (SELECT FROM infos WHERE uuid <> '40000000-0000-4000-8000-000000000001') THEN
        RAISE EXCEPTION 'this database belongs to another installation: the demo needs one of its own';
    END IF;
END
$guard$;

INSERT INTO infos (uuid, wazo_version, timezone, configured)
VALUES ('40000000-0000-4000-8000-000000000001', '26.08', 'UTC', true)
ON CONFLICT (uuid) DO UPDATE
SET wazo_version = excluded.wazo_version, timezone = excluded.timezone, configured = excluded.configured;

INSERT INTO tenant (uuid, slug, country) VALUES
    ('10000000-0000-4000-8000-000000000001', 'demo', 'FR'),
    ('10000000-0000-4000-8000-000000000002', 'other', 'FR')
ON CONFLICT (uuid) DO UPDATE SET slug = excluded.slug, country = excluded.country;

INSERT INTO context (name, tenant_uuid, displayname, contexttype) VALUES
    ('default', '10000000-0000-4000-8000-000000000001', 'Phones', 'internal'),
    ('from-extern', '10000000-0000-4000-8000-000000000001', 'Calls from outside', 'incall'),
    ('to-extern', '10000000-0000-4000-8000-000000000001', 'Calls to outside', 'outcall')
ON CONFLICT (name) DO UPDATE
SET tenant_uuid = excluded.tenant_uuid, displayname = excluded.displayname, contexttype = excluded.contexttype,
    commented = 0;

INSERT INTO contextinclude (context, include) VALUES ('default', 'to-extern') ON CONFLICT DO NOTHING;

-- ---- users, their SIP accounts, lines and numbers ------------------------------------------------------------

INSERT INTO func_key_template (id, tenant_uuid, private)
SELECT id, '10000000-0000-4000-8000-000000000001', true FROM generate_series(1, 4) AS id
ON CONFLICT (id) DO NOTHING;

INSERT INTO userfeatures
    (id, uuid, tenant_uuid, firstname, lastname, callerid, func_key_private_template_id, description)
VALUES
    (1, '20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001',
     'Alice', 'Archer', '"Alice Archer" <1001>', 1, ''),
    (2, '20000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000001',
     'Bob', 'Baker', '"Bob Baker" <1002>', 2, ''),
    (3, '20000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000001',
     'Carol', 'Cooper', '"Carol Cooper" <1003>', 3, ''),
    (4, '20000000-0000-4000-8000-000000000004', '10000000-0000-4000-8000-000000000001',
     'Dave', 'Dyer', '"Dave Dyer"', 4, '')
ON CONFLICT (uuid) DO UPDATE
SET tenant_uuid = excluded.tenant_uuid, firstname = excluded.firstname, lastname = excluded.lastname,
    callerid = excluded.callerid, commented = 0;

INSERT INTO endpoint_sip (uuid, name, label, tenant_uuid) VALUES
    ('50000000-0000-4000-8000-000000000001', 'alice', 'Alice', '10000000-0000-4000-8000-000000000001'),
    ('50000000-0000-4000-8000-000000000002', 'bob', 'Bob', '10000000-0000-4000-8000-000000000001'),
    ('50000000-0000-4000-8000-000000000003', 'carol', 'Carol', '10000000-0000-4000-8000-000000000001')
ON CONFLICT (uuid) DO UPDATE SET name = excluded.name, tenant_uuid = excluded.tenant_uuid;

-- What all phones of the demo have in common: for a lab on loopback, whose telephones are SIPp. They are not asked
-- whether they are there, and get no re-INVITE or UPDATE when the other party changes: simple scenarios expect none.
INSERT INTO endpoint_sip (uuid, name, label, tenant_uuid, template) VALUES
    ('50000000-0000-4000-8000-000000000100', 'demo-phone', 'Phones of the demo',
     '10000000-0000-4000-8000-000000000001', true)
ON CONFLICT (uuid) DO UPDATE SET name = excluded.name;

-- Sets the options of an endpoint's section as they are given: "key=value".
CREATE OR REPLACE FUNCTION pg_temp.demo_section(endpoint uuid, kind endpoint_sip_section_type, options text[])
RETURNS void LANGUAGE sql AS $section$
    DELETE FROM endpoint_sip_section WHERE endpoint_sip_uuid = endpoint AND type = kind;
    WITH section AS (
        INSERT INTO endpoint_sip_section (type, endpoint_sip_uuid) VALUES (kind, endpoint) RETURNING uuid
    )
    INSERT INTO endpoint_sip_section_option (key, value, endpoint_sip_section_uuid)
    SELECT split_part(option, '=', 1), substr(option, strpos(option, '=') + 1), section.uuid
    FROM section, unnest(options) AS option;
$section$;

SELECT pg_temp.demo_section('50000000-0000-4000-8000-000000000100', 'endpoint', ARRAY[
    'allow=!all,ulaw,alaw', 'direct_media=no', 'rtp_symmetric=yes', 'force_rport=yes', 'rewrite_contact=yes',
    'allow_subscribe=yes', 'send_pai=yes', 'trust_id_inbound=no', 'language=en', 'send_connected_line=no',
    'set_var=DYNAMIC_FEATURES=togglerecord'
]);
SELECT pg_temp.demo_section('50000000-0000-4000-8000-000000000100', 'aor', ARRAY[
    'max_contacts=1', 'remove_existing=yes', 'minimum_expiration=10', 'default_expiration=120',
    'qualify_frequency=0'
]);

-- A phone's password is its name.
CREATE OR REPLACE FUNCTION pg_temp.demo_phone(endpoint uuid) RETURNS void LANGUAGE sql AS $phone$
    INSERT INTO endpoint_sip_template (child_uuid, parent_uuid, priority)
    VALUES (endpoint, '50000000-0000-4000-8000-000000000100', 0) ON CONFLICT DO NOTHING;
    SELECT pg_temp.demo_section(endpoint, 'auth', ARRAY['username=' || name, 'password=' || name])
    FROM endpoint_sip WHERE uuid = endpoint;
$phone$;
SELECT pg_temp.demo_phone(uuid) FROM endpoint_sip WHERE name IN ('alice', 'bob', 'carol');

-- The carrier's calls: whoever calls from loopback and is none of the phones.
INSERT INTO endpoint_sip (uuid, name, label, tenant_uuid) VALUES
    ('50000000-0000-4000-8000-000000000102', 'demo-trunk', 'Calls in', '10000000-0000-4000-8000-000000000001')
ON CONFLICT (uuid) DO UPDATE SET name = excluded.name;
SELECT pg_temp.demo_section('50000000-0000-4000-8000-000000000102', 'endpoint', ARRAY[
    'allow=!all,ulaw,alaw', 'direct_media=no', 'rtp_symmetric=yes', 'force_rport=yes', 'rewrite_contact=yes',
    'trust_id_inbound=yes', 'language=en', 'send_connected_line=no'
]);
SELECT pg_temp.demo_section('50000000-0000-4000-8000-000000000102', 'identify', ARRAY['match=127.0.0.1']);
INSERT INTO trunkfeatures (id, tenant_uuid, endpoint_sip_uuid, context) VALUES
    (2, '10000000-0000-4000-8000-000000000001', '50000000-0000-4000-8000-000000000102', 'from-extern')
ON CONFLICT (id) DO UPDATE SET endpoint_sip_uuid = excluded.endpoint_sip_uuid, context = excluded.context;

INSERT INTO linefeatures (id, name, number, context, provisioningid, endpoint_sip_uuid) VALUES
    (1, 'alice', '1001', 'default', 100001, '50000000-0000-4000-8000-000000000001'),
    (2, 'bob', '1002', 'default', 100002, '50000000-0000-4000-8000-000000000002'),
    (3, 'carol', '1003', 'default', 100003, '50000000-0000-4000-8000-000000000003')
ON CONFLICT (id) DO UPDATE
SET name = excluded.name, number = excluded.number, context = excluded.context, commented = 0,
    endpoint_sip_uuid = excluded.endpoint_sip_uuid, endpoint_sccp_id = NULL, endpoint_custom_id = NULL;

INSERT INTO user_line (user_id, line_id, main_user, main_line) VALUES
    (1, 1, true, true), (2, 2, true, true), (3, 3, true, true)
ON CONFLICT (user_id, line_id) DO UPDATE SET main_user = true, main_line = true;

INSERT INTO extensions (id, context, exten, type, typeval) VALUES
    (1, 'default', '1001', 'user', '1'),
    (2, 'default', '1002', 'user', '2'),
    (3, 'default', '1003', 'user', '3'),
    (4, 'from-extern', '5000', 'incall', '1'),
    (5, 'from-extern', '5001', 'incall', '2'),
    (6, 'from-extern', '5002', 'incall', '3')
ON CONFLICT (id) DO UPDATE
SET context = excluded.context, exten = excluded.exten, type = excluded.type, typeval = excluded.typeval,
    commented = 0;

INSERT INTO line_extension (line_id, extension_id, main_extension) VALUES (1, 1, true), (2, 2, true), (3, 3, true)
ON CONFLICT (line_id, extension_id) DO UPDATE SET main_extension = true;

-- ---- switchboards ----------------------------------------------------------------------------------------------

INSERT INTO switchboard (uuid, tenant_uuid, name, timeout) VALUES
    ('30000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'Switchboard A', NULL),
    ('30000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000001', 'Switchboard B', 4),
    ('30000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', 'Other switchboard', NULL)
ON CONFLICT (uuid) DO UPDATE
SET tenant_uuid = excluded.tenant_uuid, name = excluded.name, timeout = excluded.timeout,
    hold_moh_uuid = NULL, queue_moh_uuid = NULL;

INSERT INTO switchboard_member_user (switchboard_uuid, user_uuid)
SELECT s.uuid, u.uuid
FROM switchboard AS s JOIN userfeatures AS u ON u.tenant_uuid = s.tenant_uuid AND u.id IN (1, 2, 3)
WHERE s.uuid IN ('30000000-0000-4000-8000-000000000001', '30000000-0000-4000-8000-000000000002')
ON CONFLICT DO NOTHING;

-- ---- calls from outside, and where calls go ----------------------------------------------------------------

INSERT INTO incall (id, tenant_uuid, description) VALUES
    (1, '10000000-0000-4000-8000-000000000001', 'Switchboard A'),
    (2, '10000000-0000-4000-8000-000000000001', 'Switchboard B'),
    (3, '10000000-0000-4000-8000-000000000001', 'Hung up')
ON CONFLICT (id) DO UPDATE
SET tenant_uuid = excluded.tenant_uuid, description = excluded.description, preprocess_subroutine = NULL,
    greeting_sound = NULL, commented = 0;

INSERT INTO dialaction (event, category, categoryval, action, actionarg1) VALUES
    ('answer', 'incall', '1', 'switchboard', '30000000-0000-4000-8000-000000000001'),
    ('answer', 'incall', '2', 'switchboard', '30000000-0000-4000-8000-000000000002'),
    ('answer', 'incall', '3', 'endcall:hangup', NULL),
    ('noanswer', 'switchboard', '30000000-0000-4000-8000-000000000002', 'sound', 'vm-nobodyavail')
ON CONFLICT (event, category, categoryval) DO UPDATE
SET action = excluded.action, actionarg1 = excluded.actionarg1, actionarg2 = NULL;

-- what confd gives each new user
INSERT INTO dialaction (event, category, categoryval, action)
SELECT event, 'user', id::text, 'none'
FROM generate_series(1, 4) AS id,
    unnest(ARRAY['noanswer', 'busy', 'congestion', 'chanunavail']) AS event
ON CONFLICT (event, category, categoryval) DO NOTHING;

-- ---- the next rows' ids come after these ---------------------------------------------------------------------

SELECT setval(pg_get_serial_sequence('func_key_template', 'id'), max(id)) FROM func_key_template;
SELECT setval(pg_get_serial_sequence('userfeatures', 'id'), max(id)) FROM userfeatures;
SELECT setval(pg_get_serial_sequence('linefeatures', 'id'), max(id)) FROM linefeatures;
SELECT setval(pg_get_serial_sequence('extensions', 'id'), max(id)) FROM extensions;
SELECT setval(pg_get_serial_sequence('incall', 'id'), max(id)) FROM incall;
SELECT setval(pg_get_serial_sequence('trunkfeatures', 'id'), max(id)) FROM trunkfeatures;

COMMIT;
