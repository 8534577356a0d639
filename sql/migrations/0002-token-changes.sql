-- A changed or revoked token is told at once to every server that keeps answers about tokens for a few seconds.
CREATE FUNCTION gateway.tell_token_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('tandem_token', '');
    RETURN NULL;
END
$$;

CREATE TRIGGER token_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON gateway.token
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.tell_token_change();
