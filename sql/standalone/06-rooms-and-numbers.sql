-- Switchboards, conferences, meetings, parking, paging, numbers and feature codes.
-- Names and types are the platform's (docs/contract/43-database.md §2).
SET search_path TO public;

CREATE TABLE IF NOT EXISTS switchboard (
    uuid varchar(38) NOT NULL, tenant_uuid varchar(36) NOT NULL, name varchar(128) NOT NULL,
    hold_moh_uuid varchar(38), queue_moh_uuid varchar(38), timeout integer,
    PRIMARY KEY (uuid),
    FOREIGN KEY (hold_moh_uuid) REFERENCES moh (uuid) ON DELETE SET NULL,
    FOREIGN KEY (queue_moh_uuid) REFERENCES moh (uuid) ON DELETE SET NULL,
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS switchboard_member_user (
    switchboard_uuid varchar(38) NOT NULL, user_uuid varchar(38) NOT NULL,
    PRIMARY KEY (switchboard_uuid, user_uuid),
    FOREIGN KEY (switchboard_uuid) REFERENCES switchboard (uuid) ON DELETE CASCADE,
    FOREIGN KEY (user_uuid) REFERENCES userfeatures (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS conference (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(128), preprocess_subroutine varchar(79),
    max_users integer NOT NULL DEFAULT 50, record boolean NOT NULL DEFAULT false, pin varchar(80),
    quiet_join_leave boolean NOT NULL DEFAULT false, announce_join_leave boolean NOT NULL DEFAULT false,
    announce_user_count boolean NOT NULL DEFAULT false, announce_only_user boolean NOT NULL DEFAULT true,
    music_on_hold varchar(128), admin_pin varchar(80),
    PRIMARY KEY (id),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS meeting (
    uuid uuid NOT NULL DEFAULT uuid_generate_v4(), name text, guest_endpoint_sip_uuid uuid,
    tenant_uuid varchar(36) NOT NULL, created_at timestamptz DEFAULT timezone('utc', now()),
    persistent boolean NOT NULL DEFAULT false, number text NOT NULL,
    require_authorization boolean NOT NULL DEFAULT false,
    PRIMARY KEY (uuid),
    UNIQUE (number, tenant_uuid),
    FOREIGN KEY (guest_endpoint_sip_uuid) REFERENCES endpoint_sip (uuid) ON DELETE SET NULL,
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS meeting_owner (
    meeting_uuid uuid NOT NULL, user_uuid varchar(38) NOT NULL,
    PRIMARY KEY (meeting_uuid, user_uuid),
    FOREIGN KEY (meeting_uuid) REFERENCES meeting (uuid) ON DELETE CASCADE,
    FOREIGN KEY (user_uuid) REFERENCES userfeatures (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS meeting_authorization (
    uuid uuid NOT NULL DEFAULT uuid_generate_v4(), guest_uuid uuid NOT NULL, meeting_uuid uuid NOT NULL,
    guest_name text, status text, created_at timestamptz DEFAULT timezone('utc', now()),
    PRIMARY KEY (uuid),
    FOREIGN KEY (meeting_uuid) REFERENCES meeting (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS parking_lot (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(128), slots_start varchar(40) NOT NULL,
    slots_end varchar(40) NOT NULL, timeout integer, music_on_hold varchar(128),
    PRIMARY KEY (id),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS paging (
    id serial, tenant_uuid varchar(36) NOT NULL, number varchar(32), name varchar(128),
    duplex integer NOT NULL DEFAULT 0, ignore integer NOT NULL DEFAULT 0, record integer NOT NULL DEFAULT 0,
    quiet integer NOT NULL DEFAULT 0, timeout integer NOT NULL DEFAULT 30, announcement_file varchar(64),
    announcement_play integer NOT NULL DEFAULT 0, announcement_caller integer NOT NULL DEFAULT 0,
    commented integer NOT NULL DEFAULT 0, description text,
    PRIMARY KEY (id),
    UNIQUE (number),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS paginguser (
    pagingid integer NOT NULL, userfeaturesid integer NOT NULL, caller integer NOT NULL,
    PRIMARY KEY (pagingid, userfeaturesid, caller),
    FOREIGN KEY (pagingid) REFERENCES paging (id) ON DELETE RESTRICT,
    FOREIGN KEY (userfeaturesid) REFERENCES userfeatures (id) ON DELETE RESTRICT
);

CREATE TABLE IF NOT EXISTS phone_number (
    uuid uuid NOT NULL DEFAULT uuid_generate_v4(), tenant_uuid varchar(36) NOT NULL, number text NOT NULL,
    caller_id_name text, shared boolean NOT NULL DEFAULT false, main boolean NOT NULL DEFAULT false,
    PRIMARY KEY (uuid),
    UNIQUE (number, tenant_uuid),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE,
    CHECK (NOT main OR shared)
);

CREATE TABLE IF NOT EXISTS blocklist (
    uuid uuid NOT NULL DEFAULT uuid_generate_v4(), tenant_uuid varchar(36) NOT NULL,
    PRIMARY KEY (uuid),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS blocklist_number (
    uuid uuid NOT NULL DEFAULT uuid_generate_v4(), number text NOT NULL, label text, blocklist_uuid uuid NOT NULL,
    PRIMARY KEY (uuid),
    UNIQUE (number, blocklist_uuid),
    FOREIGN KEY (blocklist_uuid) REFERENCES blocklist (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS blocklist_user (
    user_uuid varchar(36) NOT NULL, blocklist_uuid uuid NOT NULL,
    PRIMARY KEY (user_uuid, blocklist_uuid),
    FOREIGN KEY (blocklist_uuid) REFERENCES blocklist (uuid) ON DELETE CASCADE,
    FOREIGN KEY (user_uuid) REFERENCES userfeatures (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS ingress_http (
    uuid uuid NOT NULL DEFAULT uuid_generate_v4(), uri text NOT NULL, tenant_uuid varchar(36) NOT NULL,
    PRIMARY KEY (uuid),
    UNIQUE (tenant_uuid),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS feature_extension (
    uuid uuid NOT NULL DEFAULT uuid_generate_v4(), enabled boolean NOT NULL DEFAULT true,
    exten varchar(40) NOT NULL, feature varchar(255) NOT NULL,
    PRIMARY KEY (uuid),
    UNIQUE (exten)
);

-- at most one main number per tenant
CREATE UNIQUE INDEX IF NOT EXISTS phone_number_main ON phone_number (main, tenant_uuid) WHERE main;
