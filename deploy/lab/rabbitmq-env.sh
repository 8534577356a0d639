# Sourced: the environment of the lab's RabbitMQ node, all of it below $LAB_STATE/rabbitmq.
export HOME=$LAB_STATE/rabbitmq LANG=C.UTF-8
export RABBITMQ_NODENAME=lab$LAB_OFFSET@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
export RABBITMQ_NODE_PORT=$LAB_AMQP_PORT RABBITMQ_DIST_PORT=$((LAB_AMQP_PORT + 20000))
export ERL_EPMD_PORT=$((LAB_AMQP_PORT + 19000)) ERL_EPMD_ADDRESS=127.0.0.1
export RABBITMQ_MNESIA_BASE=$HOME/data RABBITMQ_LOG_BASE=$HOME/log RABBITMQ_PID_FILE=$HOME/node.pid
export RABBITMQ_CONF_ENV_FILE=$HOME/rabbitmq-env.conf RABBITMQ_CONFIG_FILE=$HOME/rabbitmq.conf
export RABBITMQ_ADVANCED_CONFIG_FILE=$HOME/advanced.config RABBITMQ_GENERATED_CONFIG_DIR=$HOME/generated
export RABBITMQ_ENABLED_PLUGINS_FILE=$HOME/enabled_plugins RABBITMQ_FEATURE_FLAGS_FILE=$HOME/feature_flags
# Two schedulers, no busy waiting: the node shares a small machine. Distribution stays on loopback.
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}"
unset RABBITMQ_HOME_DIR
