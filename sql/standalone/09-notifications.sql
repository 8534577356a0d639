-- Tells servers which object has changed, so that they may keep what they read (docs/contract/43-database.md §7).
-- Channel gateway_config, payload {"table": …, "key": …}: the table and key of the object that the changed row
-- belongs to; key null: any row of that table. On a platform confd's own events tell the same.
SET search_path TO public;

CREATE OR REPLACE FUNCTION gateway_notify(changed_table text, changed_key text) RETURNS void
LANGUAGE sql SET search_path TO public, pg_temp AS $$
    SELECT pg_notify('gateway_config', json_build_object('table', changed_table, 'key', changed_key)::text)
$$;

-- Arguments: pairs of a table and the column of the changed row that holds a key of it.
CREATE OR REPLACE FUNCTION gateway_row_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path TO public, pg_temp AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    argument integer;
BEGIN
    FOR argument IN 0 .. TG_NARGS - 1 BY 2 LOOP
        PERFORM gateway_notify(TG_ARGV[argument], key)
        FROM (
            SELECT DISTINCT key
            FROM unnest(ARRAY[old_row ->> TG_ARGV[argument + 1], new_row ->> TG_ARGV[argument + 1]]) AS key
            WHERE key IS NOT NULL
        ) AS keys;
    END LOOP;
    RETURN NULL;
END
$$;

-- Rows whose object is found through another table.
CREATE OR REPLACE FUNCTION gateway_part_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path TO public, pg_temp AS $$
DECLARE
    part jsonb;
BEGIN
    FOR part IN
        SELECT DISTINCT row_version FROM unnest(ARRAY[
            CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
        ]) AS row_version WHERE row_version IS NOT NULL
    LOOP
        CASE TG_TABLE_NAME
            WHEN 'user_line' THEN
                PERFORM gateway_notify('linefeatures', part ->> 'line_id');
                PERFORM gateway_notify('userfeatures', uuid) FROM userfeatures WHERE id = (part ->> 'user_id')::int;
            WHEN 'endpoint_sip' THEN
                PERFORM gateway_notify('linefeatures', id::text) FROM linefeatures
                WHERE endpoint_sip_uuid = (part ->> 'uuid')::uuid;
                PERFORM gateway_notify('trunkfeatures', id::text) FROM trunkfeatures
                WHERE endpoint_sip_uuid = (part ->> 'uuid')::uuid;
            WHEN 'sccpline' THEN
                PERFORM gateway_notify('linefeatures', id::text) FROM linefeatures
                WHERE endpoint_sccp_id = (part ->> 'id')::int;
            WHEN 'usercustom' THEN
                PERFORM gateway_notify('linefeatures', id::text) FROM linefeatures
                WHERE endpoint_custom_id = (part ->> 'id')::int;
                PERFORM gateway_notify('trunkfeatures', id::text) FROM trunkfeatures
                WHERE endpoint_custom_id = (part ->> 'id')::int;
            WHEN 'useriax' THEN
                PERFORM gateway_notify('trunkfeatures', id::text) FROM trunkfeatures
                WHERE endpoint_iax_id = (part ->> 'id')::int;
            WHEN 'extensions' THEN
                IF part ->> 'type' = 'parking' THEN
                    PERFORM gateway_notify('parking_lot', part ->> 'typeval');
                END IF;
        END CASE;
    END LOOP;
    RETURN NULL;
END
$$;

-- Argument: the table of which any row may have changed.
CREATE OR REPLACE FUNCTION gateway_table_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path TO public, pg_temp AS $$
BEGIN
    PERFORM gateway_notify(TG_ARGV[0], NULL);
    RETURN NULL;
END
$$;

DO $triggers$
DECLARE
    watched record;
BEGIN
    FOR watched IN
        SELECT * FROM (VALUES
            ('application', $$'application', 'uuid'$$),
            ('application_dest_node', $$'application', 'application_uuid'$$),
            ('conference', $$'conference', 'id'$$),
            ('groupfeatures', $$'groupfeatures', 'id'$$),
            ('linefeatures', $$'linefeatures', 'id'$$),
            ('meeting', $$'meeting', 'uuid'$$),
            ('meeting_owner', $$'meeting', 'meeting_uuid'$$),
            ('moh', $$'moh', 'uuid'$$),
            ('parking_lot', $$'parking_lot', 'id'$$),
            ('switchboard', $$'switchboard', 'uuid'$$),
            ('tenant', $$'tenant', 'uuid'$$),
            ('trunkfeatures', $$'trunkfeatures', 'id'$$),
            ('userfeatures', $$'userfeatures', 'uuid', 'voicemail', 'voicemailid'$$),
            ('voicemail', $$'voicemail', 'uniqueid'$$)
        ) AS list (table_name, arguments)
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER gateway_row AFTER INSERT OR UPDATE OR DELETE ON %I '
            'FOR EACH ROW EXECUTE FUNCTION gateway_row_changed(%s)', watched.table_name, watched.arguments);
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER gateway_truncate AFTER TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION gateway_table_changed(%s)',
            watched.table_name, split_part(watched.arguments, ',', 1));
    END LOOP;

    -- A deleted endpoint leaves its line by an update of the line.
    FOR watched IN
        SELECT * FROM (VALUES
            ('user_line', 'INSERT OR UPDATE OR DELETE'), ('extensions', 'INSERT OR UPDATE OR DELETE'),
            ('endpoint_sip', 'UPDATE'), ('sccpline', 'UPDATE'), ('usercustom', 'UPDATE'), ('useriax', 'UPDATE')
        ) AS list (table_name, operations)
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER gateway_part AFTER %s ON %I '
            'FOR EACH ROW EXECUTE FUNCTION gateway_part_changed()', watched.operations, watched.table_name);
    END LOOP;

    -- What many objects hang on, changed seldom.
    FOR watched IN
        SELECT * FROM (VALUES
            ('context', 'UPDATE', 'context'), ('user_line', 'TRUNCATE', 'user_line'),
            ('extensions', 'TRUNCATE', 'parking_lot'), ('meeting_owner', 'TRUNCATE', 'meeting'),
            ('endpoint_sip_section_option', 'INSERT OR UPDATE OR DELETE OR TRUNCATE', 'trunkfeatures')
        ) AS list (table_name, operations, told)
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER gateway_table AFTER %s ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION gateway_table_changed(%L)',
            watched.operations, watched.table_name, watched.told);
    END LOOP;
END
$triggers$;
