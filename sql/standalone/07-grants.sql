-- What the server's own role may do: the minimum (docs/contract/43-database.md §0). It reads the directory, writes
-- six columns, and owns schema gateway. The owner of the tables needs none of this.
-- The role has no password here: the site gives it one (ALTER ROLE tandem PASSWORD …) or another way to log in.
SET search_path TO public;

DO $role$
BEGIN
    IF to_regrole('tandem') IS NULL THEN
        CREATE ROLE tandem LOGIN;
    END IF;
EXCEPTION
    -- roles belong to all databases of the server: another one has made it at the same moment
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$role$;

-- Reads secrets too (SIP, IAX and voicemail passwords, PINs): for `tandem asterisk-config` alone.
DO $role$
BEGIN
    IF to_regrole('tandem_config') IS NULL THEN
        CREATE ROLE tandem_config LOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$role$;

GRANT USAGE ON SCHEMA public TO tandem, tandem_config;
GRANT SELECT ON
    tenant, infos, userfeatures, user_line, linefeatures, line_extension, extensions, context, contextinclude,
    endpoint_sip, sccpline, usercustom, useriax, trunkfeatures, outcall, outcalltrunk, dialpattern, incall, dialaction,
    callerid, callfilter, callfiltermember, schedule, schedule_path, schedule_time, rightcall, rightcallexten,
    rightcallmember, groupfeatures, queue, queuemember, queuefeatures, queueskillrule, agentfeatures,
    agent_login_status, pickup, pickupmember, paging, paginguser, voicemail, switchboard, switchboard_member_user,
    application, application_dest_node, conference, meeting, meeting_owner, moh, parking_lot, phone_number,
    blocklist_user, blocklist_number, feature_extension, ingress_http
TO tandem;

-- The registrations of SIP trunks, for their status; the other options, passwords among them, stay hidden.
GRANT SELECT ON endpoint_sip_section, endpoint_sip_section_option TO tandem;
ALTER TABLE endpoint_sip_section_option ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS everybody ON endpoint_sip_section_option;
CREATE POLICY everybody ON endpoint_sip_section_option USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS tandem_registrations ON endpoint_sip_section_option;
CREATE POLICY tandem_registrations ON endpoint_sip_section_option AS RESTRICTIVE
    FOR SELECT TO tandem USING (key = 'client_uri');

GRANT UPDATE (
    enablevoicemail, call_record_outgoing_external_enabled, call_record_outgoing_internal_enabled,
    call_record_incoming_external_enabled, call_record_incoming_internal_enabled
) ON userfeatures TO tandem;
GRANT UPDATE (active) ON callfiltermember TO tandem;

-- What Asterisk's files are made of (docs/contract/44-asterisk-configuration.md §9); nothing is written.
GRANT SELECT ON
    tenant, context, contextinclude, extensions, userfeatures, linefeatures, user_line, line_extension, sccpline,
    usercustom, useriax, endpoint_sip, endpoint_sip_template, endpoint_sip_section, endpoint_sip_section_option,
    pjsip_transport, pjsip_transport_option, trunkfeatures, staticiax, iaxcallnumberlimits, meeting, pickup,
    pickupmember, groupfeatures, queuefeatures, queue, queuemember, staticqueue, voicemail, staticvoicemail, conference,
    parking_lot, moh, application, feature_extension, features, callfilter, callfiltermember, ivr, ivr_choice,
    dialaction, func_key_mapping, func_key_dest_service, func_key_dest_forward, func_key_dest_groupmember,
    func_key_dest_agent, func_key_dest_bsfilter, func_key_dest_custom, asterisk_file, asterisk_file_section,
    asterisk_file_variable
TO tandem_config;

-- Made here, so that the role needs no right to create schemas.
CREATE SCHEMA IF NOT EXISTS gateway AUTHORIZATION tandem;
