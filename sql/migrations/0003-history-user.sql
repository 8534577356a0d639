-- Who caused a transition; null: Asterisk, a timer or the gateway itself.
ALTER TABLE gateway.aggregate_history ADD COLUMN user_uuid varchar(38);
