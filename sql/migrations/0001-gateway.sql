-- Schema gateway: what Tandem keeps for itself (docs/contract/43-database.md §6). Nothing here refers to schema
-- public: confd may delete or rebuild whatever it likes.

-- One row per aggregate: a queued call, later a transfer, a relocate, a conference.
CREATE TABLE gateway.aggregate (
    kind text NOT NULL,
    id text NOT NULL,
    tenant_uuid varchar(36) NOT NULL,
    -- optimistic locking: a write replaces the preceding revision or nothing
    revision int NOT NULL,
    -- when the aggregate's timer fires
    deadline timestamptz,
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, id)
);

-- One line per transition of a state machine.
CREATE TABLE gateway.aggregate_history (
    history_id bigserial PRIMARY KEY,
    kind text NOT NULL,
    id text NOT NULL,
    tenant_uuid varchar(36) NOT NULL,
    phase_before text NOT NULL,
    phase_after text NOT NULL,
    cause text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX aggregate_history_of ON gateway.aggregate_history (kind, id, history_id);
CREATE INDEX aggregate_history_at ON gateway.aggregate_history (at);

-- Bus messages, written with the change that they tell of and published from here.
CREATE TABLE gateway.outbox (
    id bigserial PRIMARY KEY,
    resource text NOT NULL,
    routing_key text NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz
);
CREATE INDEX outbox_pending ON gateway.outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON gateway.outbox (published_at) WHERE published_at IS NOT NULL;

-- Local tokens. A revoked token's row is deleted.
CREATE TABLE gateway.token (
    id uuid PRIMARY KEY,
    secret_hash text NOT NULL UNIQUE,
    tenant_uuid varchar(36) NOT NULL,
    user_uuid varchar(38),
    acl text[] NOT NULL,
    expires_at timestamptz,
    is_master boolean NOT NULL DEFAULT false,
    label text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Ends a statement whose rows were not all of the expected revision; the whole change is rolled back with it.
CREATE FUNCTION gateway.refuse_conflict(expected bigint, written bigint) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % rows had the expected revision', written, expected USING ERRCODE = 'TD001';
END
$$;
