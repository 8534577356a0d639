import Core

/// Every key with its default: those of contract 00 §2.2 under their names, and ours.
enum ConfigurationDefaults {
    /// The defaults of a way of running; they differ where a platform tree relies on the platform's places.
    static func tree(for mode: Settings.Mode) -> JSONValue {
        let isPlatform = mode == .platform
        var members = contract.object ?? [:]
        members.merge(ours.object ?? [:]) { ConfigurationTree.merge($1, over: $0) }
        members["mode"] = .string(mode.rawValue)
        members["log_filename"] = isPlatform ? "/var/log/wazo-calld.log" : .null
        members["user"] = isPlatform ? "www-data" : .null
        guard !isPlatform else { return .object(members) }
        return ConfigurationTree.merge(standalone, over: .object(members))
    }

    /// Names of keys that no tree of the platform has.
    static var ownKeys: Set<String> {
        Set((ours.object ?? [:]).keys).subtracting((contract.object ?? [:]).keys)
    }

    /// Keys without a default that a tree may have: those of the files themselves, and sections of the platform that are
    /// of no meaning here (contract 00 §2.2).
    static let otherKeys: Set<String> = [
        "config_file", "dial_mobile", "extra_config_files", "log_filename", "mode", "user",
    ]
    /// Maps whose keys are not ours to know.
    static let openMaps: Set<String> = ["dial_mobile", "enabled_plugins", "remote_credentials"]

    private static let features = [
        "adhoc_conferences", "api", "applications", "calls", "conferences", "config", "dial_mobile", "endpoints",
        "faxes", "meetings", "parking_lots", "relocates", "status", "switchboards", "transfers", "voicemails",
    ]

    private static func sibling(port: Int64) -> JSONValue {
        ["host": "localhost", "port": .integer(port), "prefix": nil, "https": false]
    }

    /// The users and passwords of deploy/asterisk, so that the two fit together before anybody has changed them.
    private static let standalone: JSONValue = [
        "ari": ["connection": ["username": "tandem", "password": .string(examplePassword)]],
        "ami": ["secret": .string(examplePassword)],
    ]
    /// Everybody knows it.
    static let examplePassword = "change-me"

    private static let contract: JSONValue = [
        "debug": false,
        "log_level": "info",
        "uuid": nil,
        "rest_api": [
            "listen": "127.0.0.1", "port": 9500, "certificate": nil, "private_key": nil,
            "cors": ["enabled": true, "allow_headers": ["Content-Type", "X-Auth-Token", "Wazo-Tenant"]],
            "min_threads": 10, "max_threads": 100,
        ],
        "amid": sibling(port: 9491),
        "auth": ConfigurationTree.merge(
            [
                "key_file": "/var/lib/wazo-auth-keys/wazo-calld-key.yml", "username": nil, "password": nil,
                "master_tenant_uuid": nil,
            ],
            over: sibling(port: 9497)
        ),
        "confd": sibling(port: 9486),
        "phoned": sibling(port: 9498),
        "call_logd": sibling(port: 9298),
        "ari": [
            "connection": [
                "base_url": "http://localhost:5039", "username": "xivo", "password": "opensesame", "pool_size": nil,
            ],
            "reconnection_delay": 10, "startup_connection_delay": 1,
        ],
        "bus": [
            "username": "guest", "password": "guest", "host": "localhost", "port": 5672,
            "exchange_name": "wazo-headers", "exchange_type": "headers",
        ],
        "collectd": ["exchange_name": "collectd", "exchange_type": "topic", "exchange_durable": false],
        "consul": ["scheme": "http", "host": "localhost", "port": 8500, "token": nil, "verify": true],
        "service_discovery": [
            "enabled": false, "advertise_address": "auto", "advertise_address_interface": "eth0",
            "advertise_port": 9500, "ttl_interval": 30, "refresh_interval": 27, "retry_interval": 2, "extra_tags": [],
        ],
        "remote_credentials": [:],
        "enabled_plugins": .object(Dictionary(uniqueKeysWithValues: features.map { ($0, true) })),
        "max_meeting_participants": 25,
    ]

    /// Ours, merged over the contract's.
    private static let ours: JSONValue = [
        "log_format": "text",
        "stop_timeout": 15,
        "parts": ["stasis_events": nil, "manager": nil, "directory": nil, "identity": nil],
        "rest_api": [
            "body_limit": 16_777_216, "json_limit": 262_144, "waiting_requests": 1_000, "requests_per_token": nil,
            "slow_requests": 8, "waiting_slow_requests": 32, "connections_per_peer": 1_024, "trusted_proxies": [],
            "health_listen": nil,
        ],
        "amid": ["timeout": 10],
        "auth": [
            "timeout": 10, "cache_seconds": 3, "agid_key_file": "/var/lib/wazo-auth-keys/wazo-agid-key.yml",
        ],
        "confd": ["timeout": 10],
        "phoned": ["timeout": 10],
        "call_logd": ["timeout": 10],
        "agentd": ConfigurationTree.merge(["timeout": 10], over: sibling(port: 9493)),
        "dird": ConfigurationTree.merge(["timeout": 1], over: sibling(port: 9489)),
        "ari": ["connection": ["request_timeout": 5]],
        "ami": ["host": "localhost", "port": 5038, "username": "tandem", "secret": "tandem", "timeout": 5],
        "bus": ["enabled": true, "vhost": "/"],
        "agid": [
            "listen_address": "127.0.0.1", "listen_port": 4573, "listen_backlog": 1024, "allowed_peers": [],
            "unknown_call_rights": "deny-external", "callbacks": "originate",
            "maximum_sessions": 4096, "maximum_handlers": 64,
            "in_callerid_file": "/etc/xivo/asterisk/xivo_in_callerid.conf",
            "ring_tone_file": "/etc/xivo/asterisk/xivo_ring.conf",
            "fax_file": "/etc/xivo/asterisk/xivo_fax.conf",
        ],
        "applications": ["media_folders": ["/var/lib/asterisk/sounds", "/var/lib/wazo/sounds"]],
        "calls": ["swap_ended_parties": true, "check_interval": 60, "open_contexts": []],
        "recordings": ["folder": "/var/lib/wazo/sounds/tenants"],
        "faxes": [
            "spool": "/var/spool/tandem/faxes", "received_folder": "/var/spool/asterisk/fax",
            "received_keep": 86_400, "undelivered_keep": 2_592_000,
            "sent_folder": "/var/spool/tandem/sent-faxes", "converter": "/usr/bin/gs", "maximum_pages": 200,
            "conversion_timeout": 60, "retries": 0, "retry_pause": 300, "keep": 86_400,
        ],
        "voicemails": [
            "spool": "/var/spool/asterisk/voicemail", "sweep_interval": 30, "longest_greeting": 600,
            "converter": "/usr/bin/sox",
        ],
        "db_uri": "postgresql://asterisk:proformatique@localhost/asterisk",
        "db_read_uri": nil,
        "database": ["read_connections": 4, "state_connections": 2, "statement_timeout": 2],
        "event_stream": [
            "enabled": true, "maximum_clients": 500, "waiting_events": 1_000, "resume_seconds": 300,
            "maximum_clients_per_token": 50,
        ],
        "retention": ["outbox": 3_600, "unpublished": 86_400, "history": 2_592_000],
    ]
}
