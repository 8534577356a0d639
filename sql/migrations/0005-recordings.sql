-- Recorded calls: which file belongs to which call, and whether it is complete. The files are Asterisk's.
CREATE TABLE gateway.recording (
    id uuid PRIMARY KEY,
    call_id text NOT NULL,
    channel text NOT NULL,
    tenant_uuid varchar(36) NOT NULL,
    user_uuid varchar(38),
    file text NOT NULL,
    phase text NOT NULL,
    started_at timestamptz NOT NULL,
    -- [{"from": time, "to": time or null}]: nothing was recorded then
    pauses jsonb NOT NULL DEFAULT '[]',
    ended_at timestamptz
);
CREATE INDEX recording_open ON gateway.recording (started_at) WHERE ended_at IS NULL;
CREATE INDEX recording_ended ON gateway.recording (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX recording_call ON gateway.recording (call_id);
