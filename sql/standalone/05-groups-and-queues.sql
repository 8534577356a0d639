-- Groups, queues, agents, call pickup.
-- Names and types are the platform's (docs/contract/43-database.md §2).
SET search_path TO public;

CREATE TABLE IF NOT EXISTS queue (
    name varchar(128) NOT NULL, musicclass varchar(128), announce varchar(128), context varchar(79),
    timeout integer DEFAULT 0, "monitor-type" queue_monitor_type, "monitor-format" varchar(128),
    "queue-youarenext" varchar(128), "queue-thereare" varchar(128), "queue-callswaiting" varchar(128),
    "queue-holdtime" varchar(128), "queue-minutes" varchar(128), "queue-seconds" varchar(128),
    "queue-thankyou" varchar(128), "queue-reporthold" varchar(128), "periodic-announce" text,
    "announce-frequency" integer, "periodic-announce-frequency" integer, "announce-round-seconds" integer,
    "announce-holdtime" varchar(4), retry integer, wrapuptime integer, maxlen integer, servicelevel integer,
    strategy varchar(11), joinempty varchar(255), leavewhenempty varchar(255), ringinuse integer NOT NULL DEFAULT 0,
    reportholdtime integer NOT NULL DEFAULT 0, memberdelay integer, weight integer,
    timeoutrestart integer NOT NULL DEFAULT 0, commented integer NOT NULL DEFAULT 0,
    category queue_category NOT NULL, timeoutpriority varchar(10) NOT NULL DEFAULT 'app',
    autofill integer NOT NULL DEFAULT 1, autopause varchar(3) NOT NULL DEFAULT 'no',
    setinterfacevar integer NOT NULL DEFAULT 0, setqueueentryvar integer NOT NULL DEFAULT 0,
    setqueuevar integer NOT NULL DEFAULT 0, membermacro varchar(1024),
    "min-announce-frequency" integer NOT NULL DEFAULT 60, "random-periodic-announce" integer NOT NULL DEFAULT 0,
    "announce-position" varchar(1024) NOT NULL DEFAULT 'yes', "announce-position-limit" integer NOT NULL DEFAULT 5,
    defaultrule varchar(1024),
    PRIMARY KEY (name),
    CHECK (autopause IN ('no', 'yes', 'all'))
);

CREATE TABLE IF NOT EXISTS groupfeatures (
    id serial, uuid uuid NOT NULL DEFAULT uuid_generate_v4(), tenant_uuid varchar(36) NOT NULL,
    name varchar(128) NOT NULL, dtmf_record_toggle boolean NOT NULL DEFAULT false, label text NOT NULL,
    transfer_user integer NOT NULL DEFAULT 0, transfer_call integer NOT NULL DEFAULT 0,
    write_caller integer NOT NULL DEFAULT 0, write_calling integer NOT NULL DEFAULT 0,
    ignore_forward integer NOT NULL DEFAULT 0, timeout integer, preprocess_subroutine varchar(79),
    mark_answered_elsewhere integer NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS queuefeatures (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(128) NOT NULL, displayname varchar(128) NOT NULL,
    number varchar(40), context varchar(79), data_quality integer NOT NULL DEFAULT 0,
    dtmf_record_toggle boolean NOT NULL DEFAULT false, hitting_callee integer NOT NULL DEFAULT 0,
    hitting_caller integer NOT NULL DEFAULT 0, retries integer NOT NULL DEFAULT 0, ring integer NOT NULL DEFAULT 0,
    transfer_user integer NOT NULL DEFAULT 0, transfer_call integer NOT NULL DEFAULT 0,
    write_caller integer NOT NULL DEFAULT 0, write_calling integer NOT NULL DEFAULT 0,
    ignore_forward integer NOT NULL DEFAULT 1, url varchar(255) NOT NULL DEFAULT '',
    announceoverride varchar(128) NOT NULL DEFAULT '', timeout integer, preprocess_subroutine varchar(79),
    announce_holdtime integer NOT NULL DEFAULT 0, waittime integer, waitratio double precision,
    mark_answered_elsewhere integer NOT NULL DEFAULT 1,
    PRIMARY KEY (id),
    UNIQUE (name),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS queuemember (
    queue_name varchar(128) NOT NULL, interface varchar(128) NOT NULL, penalty integer NOT NULL DEFAULT 0,
    commented integer NOT NULL DEFAULT 0, usertype queuemember_usertype NOT NULL, userid integer NOT NULL,
    channel varchar(25) NOT NULL, category queue_category NOT NULL, position integer NOT NULL DEFAULT 0,
    PRIMARY KEY (queue_name, interface),
    UNIQUE (queue_name, channel, interface, usertype, userid, category, position)
);

CREATE TABLE IF NOT EXISTS queueskillrule (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(64) NOT NULL, rule text,
    PRIMARY KEY (id),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS agentfeatures (
    id serial, tenant_uuid varchar(36) NOT NULL, firstname varchar(128), lastname varchar(128),
    number varchar(40) NOT NULL, passwd varchar(128), context varchar(79), language varchar(20), autologoff integer,
    "group" varchar(255), description text, preprocess_subroutine varchar(79),
    PRIMARY KEY (id),
    UNIQUE (number, tenant_uuid),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS agent_login_status (
    agent_id integer NOT NULL, agent_number varchar(40) NOT NULL, extension varchar(80) NOT NULL,
    context varchar(79) NOT NULL, interface varchar(128) NOT NULL, state_interface varchar(128) NOT NULL,
    paused boolean NOT NULL DEFAULT false, paused_reason varchar(80),
    login_at timestamp NOT NULL DEFAULT timezone('utc', now()),
    PRIMARY KEY (agent_id),
    UNIQUE (extension, context),
    UNIQUE (interface)
);

CREATE TABLE IF NOT EXISTS agent_membership_status (
    agent_id integer NOT NULL, queue_id integer NOT NULL, queue_name varchar(128) NOT NULL,
    penalty integer NOT NULL DEFAULT 0,
    PRIMARY KEY (agent_id, queue_id)
);

CREATE TABLE IF NOT EXISTS pickup (
    id integer NOT NULL, tenant_uuid varchar(36) NOT NULL, name varchar(128) NOT NULL,
    commented integer NOT NULL DEFAULT 0, description text,
    PRIMARY KEY (id),
    UNIQUE (name),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS pickupmember (
    pickupid integer NOT NULL, category pickup_category NOT NULL, membertype pickup_membertype NOT NULL,
    memberid integer NOT NULL,
    PRIMARY KEY (pickupid, category, membertype, memberid)
);

CREATE INDEX IF NOT EXISTS queuemember_userid ON queuemember (userid);
