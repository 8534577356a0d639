-- Tenants, the system, contexts, music and voicemail boxes.
-- The SIP template columns of tenant reference nothing: endpoint_sip references tenant already.
-- Names and types are the platform's (docs/contract/43-database.md §2).
SET search_path TO public;

CREATE TABLE IF NOT EXISTS tenant (
    uuid varchar(36) NOT NULL DEFAULT uuid_generate_v4(), slug varchar(10),
    sip_templates_generated boolean NOT NULL DEFAULT false, global_sip_template_uuid uuid,
    webrtc_sip_template_uuid uuid, registration_trunk_sip_template_uuid uuid, meeting_guest_sip_template_uuid uuid,
    twilio_trunk_sip_template_uuid uuid, country varchar(2), record_start_announcement text,
    record_stop_announcement text, voicemail_transcription_enabled boolean NOT NULL DEFAULT false,
    PRIMARY KEY (uuid)
);

CREATE TABLE IF NOT EXISTS infos (
    uuid varchar(38) NOT NULL, wazo_version varchar(64) NOT NULL, live_reload_enabled boolean NOT NULL DEFAULT true,
    timezone varchar(128), configured boolean NOT NULL DEFAULT false,
    PRIMARY KEY (uuid)
);

CREATE TABLE IF NOT EXISTS context (
    id serial, uuid uuid DEFAULT uuid_generate_v4(), tenant_uuid varchar(36) NOT NULL, name varchar(79) NOT NULL,
    displayname varchar(128), contexttype varchar(40) NOT NULL DEFAULT 'internal',
    commented integer NOT NULL DEFAULT 0, description text,
    PRIMARY KEY (id),
    UNIQUE (name),
    UNIQUE (uuid),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS contextinclude (
    context varchar(79) NOT NULL, include varchar(79) NOT NULL, priority integer NOT NULL DEFAULT 0,
    PRIMARY KEY (context, include),
    FOREIGN KEY (context) REFERENCES context (name) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS moh (
    uuid varchar(38) NOT NULL, tenant_uuid varchar(36) NOT NULL, name text NOT NULL, label text NOT NULL,
    mode text NOT NULL, application text, sort text,
    PRIMARY KEY (uuid),
    UNIQUE (name),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS voicemail (
    uniqueid serial, context varchar(79) NOT NULL, mailbox varchar(40) NOT NULL, password varchar(80),
    fullname varchar(80) NOT NULL DEFAULT '', email varchar(80), pager varchar(80), language varchar(20),
    tz varchar(80), attach integer, deletevoicemail integer NOT NULL DEFAULT 0, maxmsg integer,
    skipcheckpass integer NOT NULL DEFAULT 0, options varchar[] NOT NULL DEFAULT '{}',
    commented integer NOT NULL DEFAULT 0, accesstype voicemail_accesstype NOT NULL DEFAULT 'personal',
    PRIMARY KEY (uniqueid),
    UNIQUE (mailbox, context),
    FOREIGN KEY (context) REFERENCES context (name) ON DELETE CASCADE
);

-- at most one shared box per context
CREATE UNIQUE INDEX IF NOT EXISTS voicemail_global_of_context ON voicemail (context) WHERE accesstype = 'global';
