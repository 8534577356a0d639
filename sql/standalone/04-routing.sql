-- Where calls go: trunks, routes, destinations, schedules, permissions, call filters.
-- Names and types are the platform's (docs/contract/43-database.md §2).
SET search_path TO public;

CREATE TABLE IF NOT EXISTS trunkfeatures (
    id serial, tenant_uuid varchar(36) NOT NULL, endpoint_sip_uuid uuid, endpoint_iax_id integer,
    endpoint_custom_id integer, register_iax_id integer, registercommented integer NOT NULL DEFAULT 0,
    description text, context varchar(79), outgoing_caller_id_format text NOT NULL DEFAULT '+E164',
    twilio_incoming boolean NOT NULL DEFAULT false,
    PRIMARY KEY (id),
    FOREIGN KEY (endpoint_custom_id) REFERENCES usercustom (id) ON DELETE SET NULL,
    FOREIGN KEY (endpoint_iax_id) REFERENCES useriax (id) ON DELETE SET NULL,
    FOREIGN KEY (endpoint_sip_uuid) REFERENCES endpoint_sip (uuid) ON DELETE SET NULL,
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE,
    CHECK (num_nonnulls(endpoint_sip_uuid, endpoint_iax_id, endpoint_custom_id) <= 1),
    CHECK (register_iax_id IS NULL OR num_nonnulls(endpoint_sip_uuid, endpoint_custom_id) = 0),
    CHECK (outgoing_caller_id_format IN ('+E164', 'E164', 'national'))
);

CREATE TABLE IF NOT EXISTS outcall (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(128) NOT NULL, context varchar(79),
    internal integer NOT NULL DEFAULT 0, preprocess_subroutine varchar(79),
    hangupringtime integer NOT NULL DEFAULT 0, commented integer NOT NULL DEFAULT 0, description text,
    PRIMARY KEY (id),
    UNIQUE (name),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS outcalltrunk (
    outcallid integer NOT NULL, trunkfeaturesid integer NOT NULL, priority integer NOT NULL DEFAULT 0,
    PRIMARY KEY (outcallid, trunkfeaturesid),
    FOREIGN KEY (outcallid) REFERENCES outcall (id) ON DELETE CASCADE,
    FOREIGN KEY (trunkfeaturesid) REFERENCES trunkfeatures (id) ON DELETE RESTRICT
);

CREATE TABLE IF NOT EXISTS dialpattern (
    id serial, type varchar(32) NOT NULL, typeid integer NOT NULL, externprefix varchar(64), prefix varchar(32),
    exten varchar(40) NOT NULL, stripnum integer, callerid varchar(80),
    PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS incall (
    id serial, tenant_uuid varchar(36) NOT NULL, preprocess_subroutine varchar(79), greeting_sound text,
    commented integer NOT NULL DEFAULT 0, description text,
    PRIMARY KEY (id),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS dialaction (
    event varchar(40) NOT NULL, category dialaction_category NOT NULL, categoryval varchar(128) NOT NULL DEFAULT '',
    action dialaction_action NOT NULL, actionarg1 varchar(255), actionarg2 varchar(255),
    PRIMARY KEY (event, category, categoryval)
);

CREATE TABLE IF NOT EXISTS callerid (
    mode callerid_mode, callerdisplay varchar(80) NOT NULL DEFAULT '', type callerid_type NOT NULL,
    typeval integer NOT NULL,
    PRIMARY KEY (type, typeval)
);

CREATE TABLE IF NOT EXISTS schedule (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(255), timezone varchar(128),
    fallback_action dialaction_action NOT NULL DEFAULT 'none', fallback_actionid varchar(255),
    fallback_actionargs varchar(255), description text, commented integer NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS schedule_path (
    schedule_id integer NOT NULL, path schedule_path_type NOT NULL, pathid integer NOT NULL,
    PRIMARY KEY (schedule_id, path, pathid),
    FOREIGN KEY (schedule_id) REFERENCES schedule (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS schedule_time (
    id serial, schedule_id integer, mode schedule_time_mode NOT NULL DEFAULT 'opened', hours varchar(512),
    weekdays varchar(512), monthdays varchar(512), months varchar(512), action dialaction_action,
    actionid varchar(255), actionargs varchar(255), commented integer NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS rightcall (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(128) NOT NULL DEFAULT '',
    passwd varchar(40) NOT NULL DEFAULT '', "authorization" integer NOT NULL DEFAULT 0,
    commented integer NOT NULL DEFAULT 0, description text,
    PRIMARY KEY (id),
    UNIQUE (name, tenant_uuid),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS rightcallexten (
    id serial, rightcallid integer NOT NULL DEFAULT 0, exten varchar(40) NOT NULL DEFAULT '',
    PRIMARY KEY (id),
    UNIQUE (rightcallid, exten),
    FOREIGN KEY (rightcallid) REFERENCES rightcall (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS rightcallmember (
    id serial, rightcallid integer NOT NULL DEFAULT 0, type varchar(64) NOT NULL,
    typeval varchar(128) NOT NULL DEFAULT '0',
    PRIMARY KEY (id),
    UNIQUE (rightcallid, type, typeval),
    CHECK (type IN ('group', 'outcall', 'user'))
);

CREATE TABLE IF NOT EXISTS callfilter (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(128) NOT NULL DEFAULT '',
    type callfilter_type NOT NULL, bosssecretary callfilter_bosssecretary, callfrom callfilter_callfrom,
    ringseconds integer NOT NULL DEFAULT 0, commented integer NOT NULL DEFAULT 0, description text,
    PRIMARY KEY (id),
    UNIQUE (name),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS callfiltermember (
    id serial, callfilterid integer NOT NULL DEFAULT 0, type callfiltermember_type NOT NULL,
    typeval varchar(128) NOT NULL DEFAULT '0', ringseconds integer NOT NULL DEFAULT 0,
    priority integer NOT NULL DEFAULT 0, bstype generic_bsfilter NOT NULL, active integer NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE (callfilterid, type, typeval),
    CHECK (bstype IN ('boss', 'secretary'))
);

CREATE INDEX IF NOT EXISTS dialaction_categoryval ON dialaction (categoryval);
CREATE INDEX IF NOT EXISTS dialaction_destination ON dialaction (action, actionarg1);
CREATE INDEX IF NOT EXISTS schedule_path_object ON schedule_path (path, pathid);
CREATE INDEX IF NOT EXISTS schedule_time_schedule ON schedule_time (schedule_id, commented);
