#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <amqp_framing.h>

/* amqp_login is variadic, which Swift cannot call. */
static inline amqp_rpc_reply_t tandem_amqp_login(
    amqp_connection_state_t connection, const char *vhost, int heartbeat_seconds,
    const char *user, const char *password)
{
    return amqp_login(connection, vhost, 0, 131072, heartbeat_seconds, AMQP_SASL_METHOD_PLAIN, user, password);
}
