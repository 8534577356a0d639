-- The tables that a site without confd needs (docs/contract/43-database.md §5), in the order of the files' names.
-- Every file can be run again. On a platform with confd none of them is used.
SET search_path TO public;

CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pgcrypto;

DO $types$
BEGIN
    IF to_regtype('public.callerid_mode') IS NULL THEN
        CREATE TYPE callerid_mode AS ENUM ('prepend', 'overwrite', 'append');
    END IF;
    IF to_regtype('public.callerid_type') IS NULL THEN
        CREATE TYPE callerid_type AS ENUM ('callfilter', 'incall', 'group', 'queue');
    END IF;
    IF to_regtype('public.callfilter_bosssecretary') IS NULL THEN
        CREATE TYPE callfilter_bosssecretary AS ENUM (
            'bossfirst-serial', 'bossfirst-simult', 'secretary-serial', 'secretary-simult', 'all'
        );
    END IF;
    IF to_regtype('public.callfilter_callfrom') IS NULL THEN
        CREATE TYPE callfilter_callfrom AS ENUM ('internal', 'external', 'all');
    END IF;
    IF to_regtype('public.callfilter_type') IS NULL THEN
        CREATE TYPE callfilter_type AS ENUM ('bosssecretary');
    END IF;
    IF to_regtype('public.callfiltermember_type') IS NULL THEN
        CREATE TYPE callfiltermember_type AS ENUM ('user');
    END IF;
    IF to_regtype('public.dialaction_action') IS NULL THEN
        CREATE TYPE dialaction_action AS ENUM (
            'none', 'endcall:busy', 'endcall:congestion', 'endcall:hangup', 'user', 'group', 'queue',
            'voicemail', 'extension', 'outcall', 'application:callbackdisa', 'application:disa',
            'application:directory', 'application:faxtomail', 'application:voicemailmain',
            'application:password', 'sound', 'custom', 'ivr', 'conference', 'switchboard', 'application:custom'
        );
    END IF;
    IF to_regtype('public.dialaction_category') IS NULL THEN
        CREATE TYPE dialaction_category AS ENUM (
            'callfilter', 'group', 'incall', 'queue', 'user', 'ivr', 'ivr_choice', 'switchboard'
        );
    END IF;
    IF to_regtype('public.endpoint_sip_section_type') IS NULL THEN
        CREATE TYPE endpoint_sip_section_type AS ENUM (
            'aor', 'auth', 'endpoint', 'identify', 'outbound_auth', 'registration_outbound_auth', 'registration'
        );
    END IF;
    IF to_regtype('public.extenumbers_type') IS NULL THEN
        CREATE TYPE extenumbers_type AS ENUM (
            'extenfeatures', 'featuremap', 'generalfeatures', 'group', 'incall', 'outcall', 'queue', 'user',
            'voicemenu', 'conference', 'parking'
        );
    END IF;
    IF to_regtype('public.generic_bsfilter') IS NULL THEN
        CREATE TYPE generic_bsfilter AS ENUM ('no', 'boss', 'secretary');
    END IF;
    IF to_regtype('public.pickup_category') IS NULL THEN
        CREATE TYPE pickup_category AS ENUM ('member', 'pickup');
    END IF;
    IF to_regtype('public.pickup_membertype') IS NULL THEN
        CREATE TYPE pickup_membertype AS ENUM ('group', 'queue', 'user');
    END IF;
    IF to_regtype('public.queue_category') IS NULL THEN
        CREATE TYPE queue_category AS ENUM ('group', 'queue');
    END IF;
    IF to_regtype('public.queue_monitor_type') IS NULL THEN
        CREATE TYPE queue_monitor_type AS ENUM ('no', 'mixmonitor');
    END IF;
    IF to_regtype('public.queuemember_usertype') IS NULL THEN
        CREATE TYPE queuemember_usertype AS ENUM ('agent', 'user');
    END IF;
    IF to_regtype('public.schedule_path_type') IS NULL THEN
        CREATE TYPE schedule_path_type AS ENUM ('user', 'group', 'queue', 'incall', 'outcall', 'voicemenu');
    END IF;
    IF to_regtype('public.schedule_time_mode') IS NULL THEN
        CREATE TYPE schedule_time_mode AS ENUM ('opened', 'closed');
    END IF;
    IF to_regtype('public.trunk_protocol') IS NULL THEN
        CREATE TYPE trunk_protocol AS ENUM ('sip', 'iax', 'sccp', 'custom');
    END IF;
    IF to_regtype('public.usercustom_category') IS NULL THEN
        CREATE TYPE usercustom_category AS ENUM ('user', 'trunk');
    END IF;
    IF to_regtype('public.useriax_amaflags') IS NULL THEN
        CREATE TYPE useriax_amaflags AS ENUM ('default', 'omit', 'billing', 'documentation');
    END IF;
    IF to_regtype('public.useriax_auth') IS NULL THEN
        CREATE TYPE useriax_auth AS ENUM (
            'plaintext', 'md5', 'rsa', 'plaintext,md5', 'plaintext,rsa', 'md5,rsa', 'plaintext,md5,rsa'
        );
    END IF;
    IF to_regtype('public.useriax_category') IS NULL THEN
        CREATE TYPE useriax_category AS ENUM ('user', 'trunk');
    END IF;
    IF to_regtype('public.useriax_codecpriority') IS NULL THEN
        CREATE TYPE useriax_codecpriority AS ENUM ('disabled', 'host', 'caller', 'reqonly');
    END IF;
    IF to_regtype('public.useriax_encryption') IS NULL THEN
        CREATE TYPE useriax_encryption AS ENUM ('no', 'yes', 'aes128');
    END IF;
    IF to_regtype('public.useriax_transfer') IS NULL THEN
        CREATE TYPE useriax_transfer AS ENUM ('no', 'yes', 'mediaonly');
    END IF;
    IF to_regtype('public.useriax_type') IS NULL THEN
        CREATE TYPE useriax_type AS ENUM ('friend', 'peer', 'user');
    END IF;
    IF to_regtype('public.voicemail_accesstype') IS NULL THEN
        CREATE TYPE voicemail_accesstype AS ENUM ('personal', 'global');
    END IF;
END
$types$;
