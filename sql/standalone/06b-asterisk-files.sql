-- What Asterisk's files are made of besides the directory: transports, rows of files, voice menus, function keys
-- (docs/contract/44-asterisk-configuration.md §9, minimum columns). Function keys have no func_key table here: a
-- mapping names the row of its target.
SET search_path TO public;

CREATE TABLE IF NOT EXISTS pjsip_transport (
    uuid uuid NOT NULL DEFAULT uuid_generate_v4(), name text NOT NULL,
    PRIMARY KEY (uuid),
    UNIQUE (name)
);

CREATE TABLE IF NOT EXISTS pjsip_transport_option (
    id serial, key text NOT NULL, value text NOT NULL, pjsip_transport_uuid uuid NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (pjsip_transport_uuid) REFERENCES pjsip_transport (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS asterisk_file (
    id serial, name text NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (name)
);

CREATE TABLE IF NOT EXISTS asterisk_file_section (
    id serial, name text NOT NULL, priority integer, asterisk_file_id integer NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (name, asterisk_file_id),
    FOREIGN KEY (asterisk_file_id) REFERENCES asterisk_file (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS asterisk_file_variable (
    id serial, key text NOT NULL, value text, priority integer, asterisk_file_section_id integer NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (asterisk_file_section_id) REFERENCES asterisk_file_section (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS features (
    id serial, cat_metric integer NOT NULL DEFAULT 0, var_metric integer NOT NULL DEFAULT 0,
    commented integer NOT NULL DEFAULT 0, filename varchar(128) NOT NULL, category varchar(128) NOT NULL,
    var_name varchar(128) NOT NULL, var_val varchar(255),
    PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS staticvoicemail (
    id serial, cat_metric integer NOT NULL DEFAULT 0, var_metric integer NOT NULL DEFAULT 0,
    commented integer NOT NULL DEFAULT 0, filename varchar(128) NOT NULL, category varchar(128) NOT NULL,
    var_name varchar(128) NOT NULL, var_val text,
    PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS staticqueue (
    id serial, cat_metric integer NOT NULL DEFAULT 0, var_metric integer NOT NULL DEFAULT 0,
    commented integer NOT NULL DEFAULT 0, filename varchar(128) NOT NULL, category varchar(128) NOT NULL,
    var_name varchar(128) NOT NULL, var_val varchar(128),
    PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS staticiax (
    id serial, cat_metric integer NOT NULL DEFAULT 0, var_metric integer NOT NULL DEFAULT 0,
    commented integer NOT NULL DEFAULT 0, filename varchar(128) NOT NULL, category varchar(128) NOT NULL,
    var_name varchar(128) NOT NULL, var_val varchar(255),
    PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS iaxcallnumberlimits (
    id serial, destination varchar(39) NOT NULL, netmask varchar(39) NOT NULL, calllimits integer NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS ivr (
    id serial, tenant_uuid varchar(36) NOT NULL, name varchar(128) NOT NULL, greeting_sound text,
    menu_sound text NOT NULL, invalid_sound text, abort_sound text, timeout integer NOT NULL DEFAULT 5,
    max_tries integer NOT NULL DEFAULT 3, description text,
    PRIMARY KEY (id),
    FOREIGN KEY (tenant_uuid) REFERENCES tenant (uuid) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS ivr_choice (
    id serial, ivr_id integer NOT NULL, exten varchar(40) NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (ivr_id) REFERENCES ivr (id) ON DELETE CASCADE
);

-- ---- function keys, for their lamps --------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS func_key_mapping (
    template_id integer NOT NULL, func_key_id integer NOT NULL, destination_type_id integer NOT NULL,
    label varchar(128), position integer NOT NULL, blf boolean NOT NULL DEFAULT true,
    PRIMARY KEY (template_id, func_key_id, destination_type_id),
    UNIQUE (template_id, position),
    FOREIGN KEY (template_id) REFERENCES func_key_template (id) ON DELETE CASCADE,
    CHECK (position > 0)
);

CREATE TABLE IF NOT EXISTS func_key_dest_service (
    func_key_id integer NOT NULL, destination_type_id integer NOT NULL DEFAULT 5,
    feature_extension_uuid uuid NOT NULL,
    PRIMARY KEY (func_key_id, destination_type_id),
    CHECK (destination_type_id = 5)
);

CREATE TABLE IF NOT EXISTS func_key_dest_forward (
    func_key_id integer NOT NULL, destination_type_id integer NOT NULL DEFAULT 6,
    feature_extension_uuid uuid NOT NULL, number varchar(40),
    PRIMARY KEY (func_key_id, destination_type_id),
    CHECK (destination_type_id = 6)
);

CREATE TABLE IF NOT EXISTS func_key_dest_custom (
    func_key_id integer NOT NULL, destination_type_id integer NOT NULL DEFAULT 10,
    exten varchar(40) NOT NULL,
    PRIMARY KEY (func_key_id, destination_type_id),
    CHECK (destination_type_id = 10)
);

CREATE TABLE IF NOT EXISTS func_key_dest_agent (
    func_key_id integer NOT NULL, destination_type_id integer NOT NULL DEFAULT 11,
    agent_id integer NOT NULL, feature_extension_uuid uuid NOT NULL,
    PRIMARY KEY (func_key_id, destination_type_id),
    CHECK (destination_type_id = 11)
);

CREATE TABLE IF NOT EXISTS func_key_dest_bsfilter (
    func_key_id integer NOT NULL, destination_type_id integer NOT NULL DEFAULT 12,
    filtermember_id integer NOT NULL,
    PRIMARY KEY (func_key_id, destination_type_id),
    CHECK (destination_type_id = 12)
);

CREATE TABLE IF NOT EXISTS func_key_dest_groupmember (
    func_key_id integer NOT NULL, destination_type_id integer NOT NULL DEFAULT 13,
    group_id integer NOT NULL, feature_extension_uuid uuid NOT NULL,
    PRIMARY KEY (func_key_id, destination_type_id),
    CHECK (destination_type_id = 13)
);
