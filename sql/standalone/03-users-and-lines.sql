-- Users, their endpoints and lines, numbers.
-- func_key_template is here because each user has a private one.
-- Names and types are the platform's (docs/contract/43-database.md §2).
SET search_path TO public;

CREATE TABLE IF NOT EXISTS func_key_template (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(128), private boolean NOT NULL DEFAULT false,
    PRIMARY KEY (id),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS userfeatures (
    id serial, uuid varchar(38) NOT NULL, firstname varchar(128) NOT NULL DEFAULT '', email varchar(254),
    voicemailid integer, agentid integer, pictureid integer, tenant_uuid varchar(36) NOT NULL,
    callerid varchar(160), ringseconds integer NOT NULL DEFAULT 30, simultcalls integer NOT NULL DEFAULT 5,
    enableclient integer NOT NULL DEFAULT 0, loginclient varchar(254) NOT NULL DEFAULT '',
    passwdclient varchar(64) NOT NULL DEFAULT '', enablehint integer NOT NULL DEFAULT 1,
    enablevoicemail integer NOT NULL DEFAULT 0, enablexfer integer NOT NULL DEFAULT 0,
    dtmf_hangup integer NOT NULL DEFAULT 0, enableonlinerec integer NOT NULL DEFAULT 0,
    call_record_outgoing_external_enabled boolean NOT NULL DEFAULT false,
    call_record_outgoing_internal_enabled boolean NOT NULL DEFAULT false,
    call_record_incoming_external_enabled boolean NOT NULL DEFAULT false,
    call_record_incoming_internal_enabled boolean NOT NULL DEFAULT false, incallfilter integer NOT NULL DEFAULT 0,
    enablednd integer NOT NULL DEFAULT 0, enableunc integer NOT NULL DEFAULT 0,
    destunc varchar(128) NOT NULL DEFAULT '', enablerna integer NOT NULL DEFAULT 0,
    destrna varchar(128) NOT NULL DEFAULT '', enablebusy integer NOT NULL DEFAULT 0,
    destbusy varchar(128) NOT NULL DEFAULT '', musiconhold varchar(128) NOT NULL DEFAULT '',
    outcallerid varchar(80) NOT NULL DEFAULT '', mobilephonenumber varchar(128) NOT NULL DEFAULT '',
    mobile_fallback_enabled boolean NOT NULL DEFAULT false, bsfilter generic_bsfilter NOT NULL DEFAULT 'no',
    preprocess_subroutine varchar(79), timezone varchar(128), language varchar(20), ringintern varchar(64),
    ringextern varchar(64), ringgroup varchar(64), ringforward varchar(64), rightcallcode varchar(16),
    commented integer NOT NULL DEFAULT 0, func_key_template_id integer,
    func_key_private_template_id integer NOT NULL, subscription_type integer NOT NULL DEFAULT 0,
    created_at timestamp DEFAULT timezone('utc', now()), lastname varchar(128) NOT NULL DEFAULT '',
    userfield varchar(128) NOT NULL DEFAULT '', description text NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (email),
    UNIQUE (func_key_private_template_id),
    UNIQUE (uuid),
    FOREIGN KEY (func_key_private_template_id) REFERENCES func_key_template (id) ON DELETE RESTRICT,
    FOREIGN KEY (func_key_template_id) REFERENCES func_key_template (id) ON DELETE SET NULL,
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE,
    FOREIGN KEY (voicemailid) REFERENCES voicemail (uniqueid) ON DELETE RESTRICT
);

CREATE TABLE IF NOT EXISTS application (
    uuid varchar(36) NOT NULL DEFAULT uuid_generate_v4(), tenant_uuid varchar(36) NOT NULL, name varchar(128),
    PRIMARY KEY (uuid),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS application_dest_node (
    application_uuid varchar(36) NOT NULL, type varchar(32) NOT NULL, music_on_hold varchar(128),
    answer boolean NOT NULL,
    PRIMARY KEY (application_uuid),
    FOREIGN KEY (application_uuid) REFERENCES application (uuid) ON DELETE CASCADE,
    CHECK (type IN ('holding', 'mixing'))
);

CREATE TABLE IF NOT EXISTS endpoint_sip (
    uuid uuid NOT NULL DEFAULT uuid_generate_v4(), label text, name text NOT NULL, asterisk_id text,
    tenant_uuid varchar(36) NOT NULL, transport_uuid uuid, template boolean DEFAULT false,
    PRIMARY KEY (uuid),
    UNIQUE (name),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS endpoint_sip_template (
    child_uuid uuid NOT NULL, parent_uuid uuid NOT NULL, priority integer,
    PRIMARY KEY (child_uuid, parent_uuid),
    FOREIGN KEY (child_uuid) REFERENCES endpoint_sip (uuid) ON DELETE CASCADE,
    FOREIGN KEY (parent_uuid) REFERENCES endpoint_sip (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS endpoint_sip_section (
    uuid uuid NOT NULL DEFAULT uuid_generate_v4(), type endpoint_sip_section_type NOT NULL,
    endpoint_sip_uuid uuid NOT NULL,
    PRIMARY KEY (uuid),
    UNIQUE (type, endpoint_sip_uuid),
    FOREIGN KEY (endpoint_sip_uuid) REFERENCES endpoint_sip (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS endpoint_sip_section_option (
    uuid uuid NOT NULL DEFAULT uuid_generate_v4(), key text NOT NULL, value text NOT NULL,
    endpoint_sip_section_uuid uuid NOT NULL,
    PRIMARY KEY (uuid),
    FOREIGN KEY (endpoint_sip_section_uuid) REFERENCES endpoint_sip_section (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS sccpline (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(80) NOT NULL, context varchar(79) NOT NULL,
    cid_name varchar(80) NOT NULL, cid_num varchar(80) NOT NULL, disallow varchar(100), allow text,
    protocol trunk_protocol NOT NULL DEFAULT 'sccp', commented integer NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS usercustom (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(40), context varchar(79),
    interface varchar(128) NOT NULL, intfsuffix varchar(32) NOT NULL DEFAULT '',
    commented integer NOT NULL DEFAULT 0, protocol trunk_protocol NOT NULL DEFAULT 'custom',
    category usercustom_category NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (interface, intfsuffix, category),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS useriax (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(40) NOT NULL, type useriax_type NOT NULL,
    username varchar(80), secret varchar(80) NOT NULL DEFAULT '', dbsecret varchar(255) NOT NULL DEFAULT '',
    context varchar(79), language varchar(20), accountcode varchar(20), amaflags useriax_amaflags DEFAULT 'default',
    mailbox varchar(80), callerid varchar(160), fullname varchar(80), cid_number varchar(80),
    trunk integer NOT NULL DEFAULT 0, auth useriax_auth NOT NULL DEFAULT 'plaintext,md5',
    encryption useriax_encryption, forceencryption useriax_encryption, maxauthreq integer, inkeys varchar(80),
    outkey varchar(80), adsi integer, transfer useriax_transfer, codecpriority useriax_codecpriority,
    jitterbuffer integer, forcejitterbuffer integer, sendani integer NOT NULL DEFAULT 0,
    qualify varchar(4) NOT NULL DEFAULT 'no', qualifysmoothing integer NOT NULL DEFAULT 0,
    qualifyfreqok integer NOT NULL DEFAULT 60000, qualifyfreqnotok integer NOT NULL DEFAULT 10000,
    timezone varchar(80), disallow varchar(100), allow text, mohinterpret varchar(80), mohsuggest varchar(80),
    deny varchar(31), permit varchar(31), defaultip varchar(255), sourceaddress varchar(255),
    setvar varchar(100) NOT NULL DEFAULT '', host varchar(255) NOT NULL DEFAULT 'dynamic', port integer,
    mask varchar(15), regexten varchar(80), peercontext varchar(80), immediate integer, keyrotate integer,
    parkinglot integer, protocol trunk_protocol NOT NULL DEFAULT 'iax', category useriax_category NOT NULL,
    commented integer NOT NULL DEFAULT 0, requirecalltoken varchar(4) NOT NULL DEFAULT 'no',
    options varchar[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (id),
    UNIQUE (name),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS linefeatures (
    id serial, device varchar(32), configregistrar varchar(128), name varchar(128), number varchar(40),
    context varchar(79) NOT NULL, provisioningid integer NOT NULL, num integer DEFAULT 1, ipfrom varchar(15),
    application_uuid varchar(36), commented integer NOT NULL DEFAULT 0, description text, endpoint_sip_uuid uuid,
    endpoint_sccp_id integer, endpoint_custom_id integer,
    PRIMARY KEY (id),
    UNIQUE (name),
    FOREIGN KEY (application_uuid) REFERENCES application (uuid) ON DELETE SET NULL,
    FOREIGN KEY (context) REFERENCES context (name) ON DELETE CASCADE,
    FOREIGN KEY (endpoint_custom_id) REFERENCES usercustom (id) ON DELETE SET NULL,
    FOREIGN KEY (endpoint_sccp_id) REFERENCES sccpline (id) ON DELETE SET NULL,
    FOREIGN KEY (endpoint_sip_uuid) REFERENCES endpoint_sip (uuid) ON DELETE SET NULL,
    CHECK (num_nonnulls(endpoint_sip_uuid, endpoint_sccp_id, endpoint_custom_id) <= 1)
);

CREATE TABLE IF NOT EXISTS user_line (
    user_id integer NOT NULL, line_id integer NOT NULL, main_user boolean NOT NULL, main_line boolean NOT NULL,
    PRIMARY KEY (user_id, line_id),
    FOREIGN KEY (line_id) REFERENCES linefeatures (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES userfeatures (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS extensions (
    id serial, commented integer NOT NULL DEFAULT 0, context varchar(79) NOT NULL DEFAULT '',
    exten varchar(40) NOT NULL DEFAULT '', type extenumbers_type NOT NULL, typeval varchar(255) NOT NULL DEFAULT '',
    PRIMARY KEY (id),
    UNIQUE (exten, context),
    FOREIGN KEY (context) REFERENCES context (name) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS line_extension (
    line_id integer NOT NULL, extension_id integer NOT NULL, main_extension boolean NOT NULL,
    PRIMARY KEY (line_id, extension_id),
    FOREIGN KEY (extension_id) REFERENCES extensions (id) ON DELETE CASCADE,
    FOREIGN KEY (line_id) REFERENCES linefeatures (id) ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS userfeatures_agentid ON userfeatures (agentid);
CREATE INDEX IF NOT EXISTS userfeatures_voicemailid ON userfeatures (voicemailid);
CREATE INDEX IF NOT EXISTS userfeatures_tenant_uuid ON userfeatures (tenant_uuid);
CREATE INDEX IF NOT EXISTS user_line_line_id ON user_line (line_id);
CREATE INDEX IF NOT EXISTS extensions_type ON extensions (type);
CREATE INDEX IF NOT EXISTS extensions_typeval ON extensions (typeval);
CREATE INDEX IF NOT EXISTS line_extension_extension_id ON line_extension (extension_id);
