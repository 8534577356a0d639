-- Without confd and an agent daemon the server itself keeps users' services, forwards and agents' logins
-- (docs/contract/43-database.md §0). Not for a platform that has them.
SET search_path TO public;

GRANT UPDATE (
    enablednd, incallfilter, enableunc, enablerna, enablebusy, destunc, destrna, destbusy
) ON userfeatures TO tandem;
GRANT INSERT, UPDATE, DELETE ON application, application_dest_node TO tandem;
GRANT SELECT, INSERT, UPDATE, DELETE ON agent_login_status, agent_membership_status TO tandem;
