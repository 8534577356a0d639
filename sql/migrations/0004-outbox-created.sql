-- Clients of GET /1.0/events that come again ask for what was stored since a time.
CREATE INDEX outbox_created ON gateway.outbox (created_at);
