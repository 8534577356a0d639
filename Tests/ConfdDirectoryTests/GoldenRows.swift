/// The golden world as rows: what confd would have stored to answer with the golden bodies. Tenant S owns nothing.
let goldenRows = """
    SET search_path TO public;
    INSERT INTO infos (uuid, wazo_version) VALUES ('c0000000-0000-4000-8000-000000000000', '26.08');
    INSERT INTO tenant (uuid, slug) VALUES
        ('a0000000-0000-4000-8000-000000000001', 'm'), ('a0000000-0000-4000-8000-000000000002', 't'),
        ('a0000000-0000-4000-8000-000000000003', 's');
    INSERT INTO context (id, name, tenant_uuid, contexttype) VALUES
        (21, 'ctx-lumen-internal-01', 'a0000000-0000-4000-8000-000000000002', 'internal'),
        (22, 'ctx-lumen-incall-01', 'a0000000-0000-4000-8000-000000000002', 'incall');
    INSERT INTO moh (uuid, tenant_uuid, name, label, mode) VALUES
        ('d0000000-0000-4000-8000-000000000005', 'a0000000-0000-4000-8000-000000000002',
         'moh-lumen-d0000000-0000-4000-8000-000000000005', 'Piano', 'files');
    INSERT INTO voicemail (uniqueid, context, mailbox, fullname, password, accesstype) VALUES
        (44, 'ctx-lumen-internal-01', '101', 'Odile', '4417', 'personal'),
        (45, 'ctx-lumen-internal-01', '199', 'Orders', NULL, 'global');
    INSERT INTO func_key_template (id, tenant_uuid, private) VALUES
        (12, 'a0000000-0000-4000-8000-000000000002', true), (13, 'a0000000-0000-4000-8000-000000000002', true);
    INSERT INTO userfeatures (id, uuid, tenant_uuid, firstname, lastname, mobilephonenumber,
        mobile_fallback_enabled, voicemailid, func_key_private_template_id, description) VALUES
        (12, 'b0000000-0000-4000-8000-000000000010', 'a0000000-0000-4000-8000-000000000002', 'Odile', 'Marchetti',
         '+33600000010', true, 44, 12, ''),
        (13, 'b0000000-0000-4000-8000-000000000011', 'a0000000-0000-4000-8000-000000000002', 'Vadim', '',
         '', false, NULL, 13, '');
    INSERT INTO application (uuid, tenant_uuid, name) VALUES
        ('d0000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000002', 'Doorbell'),
        ('d0000000-0000-4000-8000-000000000012', 'a0000000-0000-4000-8000-000000000002', NULL);
    INSERT INTO application_dest_node VALUES ('d0000000-0000-4000-8000-000000000002', 'holding', 'default', true);
    INSERT INTO endpoint_sip (uuid, name, label, tenant_uuid) VALUES
        ('e0000000-0000-4000-8000-000000000001', 'k3f9q2', NULL, 'a0000000-0000-4000-8000-000000000002'),
        ('e0000000-0000-4000-8000-000000000002', 'carrier-a', 'Carrier A', 'a0000000-0000-4000-8000-000000000002');
    INSERT INTO endpoint_sip_section (uuid, type, endpoint_sip_uuid) VALUES
        ('e1000000-0000-4000-8000-000000000001', 'auth', 'e0000000-0000-4000-8000-000000000001'),
        ('e1000000-0000-4000-8000-000000000002', 'registration', 'e0000000-0000-4000-8000-000000000002');
    INSERT INTO endpoint_sip_section_option (endpoint_sip_section_uuid, key, value) VALUES
        ('e1000000-0000-4000-8000-000000000001', 'username', 'k3f9q2'),
        ('e1000000-0000-4000-8000-000000000001', 'password', 's3cr3t-demo'),
        ('e1000000-0000-4000-8000-000000000002', 'server_uri', 'sip:carrier.example'),
        ('e1000000-0000-4000-8000-000000000002', 'client_uri', 'sip:acct77@carrier.example');
    INSERT INTO sccpline (id, tenant_uuid, name, context, cid_name, cid_num) VALUES
        (8, 'a0000000-0000-4000-8000-000000000002', '31702', 'ctx-lumen-internal-01', 'Vadim', '102');
    INSERT INTO usercustom (id, tenant_uuid, interface, category) VALUES
        (4, 'a0000000-0000-4000-8000-000000000002', 'Local/door@intercom', 'user'),
        (5, 'a0000000-0000-4000-8000-000000000002', 'DAHDI/g1', 'trunk');
    INSERT INTO useriax (id, tenant_uuid, name, type, category) VALUES
        (2, 'a0000000-0000-4000-8000-000000000002', 'branch-iax', 'friend', 'trunk');
    INSERT INTO linefeatures (id, name, context, provisioningid, endpoint_sip_uuid, endpoint_sccp_id,
        endpoint_custom_id, application_uuid) VALUES
        (31, 'k3f9q2', 'ctx-lumen-internal-01', 480213, 'e0000000-0000-4000-8000-000000000001', NULL, NULL, NULL),
        (32, '31702', 'ctx-lumen-internal-01', 771904, NULL, 8, NULL, NULL),
        (33, 'Local/door@intercom', 'ctx-lumen-internal-01', 105533, NULL, NULL, 4,
         'd0000000-0000-4000-8000-000000000002');
    INSERT INTO user_line VALUES (12, 31, true, true), (13, 32, true, true);
    INSERT INTO extensions (id, context, exten, type, typeval) VALUES
        (71, 'ctx-lumen-internal-01', '101', 'user', '12'), (72, 'ctx-lumen-internal-01', '102', 'user', '13'),
        (94, 'ctx-lumen-internal-01', '4001', 'conference', '15'),
        (95, 'ctx-lumen-internal-01', '700', 'parking', '6'), (96, 'ctx-lumen-internal-01', '600', 'group', '6');
    INSERT INTO line_extension VALUES (31, 71, true), (32, 72, true);
    INSERT INTO trunkfeatures (id, tenant_uuid, endpoint_sip_uuid, endpoint_iax_id, endpoint_custom_id) VALUES
        (7, 'a0000000-0000-4000-8000-000000000002', 'e0000000-0000-4000-8000-000000000002', NULL, NULL),
        (8, 'a0000000-0000-4000-8000-000000000002', NULL, 2, NULL),
        (9, 'a0000000-0000-4000-8000-000000000002', NULL, NULL, 5),
        (10, 'a0000000-0000-4000-8000-000000000002', NULL, NULL, NULL);
    INSERT INTO switchboard (uuid, tenant_uuid, name, queue_moh_uuid, timeout) VALUES
        ('d0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002', 'Reception',
         'd0000000-0000-4000-8000-000000000005', 25);
    INSERT INTO conference (id, tenant_uuid, name, pin) VALUES
        (15, 'a0000000-0000-4000-8000-000000000002', 'Weekly', '1212');
    INSERT INTO meeting (uuid, name, tenant_uuid, number) VALUES
        ('d0000000-0000-4000-8000-000000000003', 'Standup', 'a0000000-0000-4000-8000-000000000002', '123456');
    INSERT INTO meeting_owner VALUES
        ('d0000000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000010');
    INSERT INTO parking_lot (id, tenant_uuid, name, slots_start, slots_end, timeout, music_on_hold) VALUES
        (6, 'a0000000-0000-4000-8000-000000000002', 'Front', '701', '710', 45, 'default');
    INSERT INTO groupfeatures (id, uuid, tenant_uuid, name, label) VALUES
        (5, 'd0000000-0000-4000-8000-000000000006', 'a0000000-0000-4000-8000-000000000002',
         'grp-lumen-d0000000-0000-4000-8000-000000000006', 'Bakers');
    """
