import Bus
import FastAGI
import Postgres

/// The parts of the settings in the words of the adapters that they configure.
extension Settings {
    private static let applicationName = "tandem"

    /// The pool of our own state.
    var statePool: PostgresConfiguration {
        get throws {
            var configuration = try PostgresConfiguration(
                uri: database.uri,
                applicationName: Self.applicationName,
                connections: database.stateConnections
            )
            configuration.statementLimit = .seconds(database.statementTimeout)
            return configuration
        }
    }

    /// The pool of look-ups.
    var readPool: PostgresConfiguration {
        get throws {
            var configuration = try PostgresConfiguration(
                uri: database.readURI,
                applicationName: Self.applicationName,
                connections: database.readConnections,
                isReadOnly: true
            )
            configuration.statementLimit = .seconds(database.statementTimeout)
            return configuration
        }
    }

    /// RabbitMQ.
    var busConfiguration: BusConfiguration {
        BusConfiguration(
            host: bus.host,
            port: bus.port,
            username: bus.username,
            password: bus.password,
            virtualHost: bus.virtualHost,
            exchange: bus.exchangeName,
            exchangeType: bus.exchangeType
        )
    }

    /// The FastAGI server.
    var agiConfiguration: FastAGIConfiguration {
        var configuration = FastAGIConfiguration()
        configuration.host = agi.listenAddress
        configuration.port = agi.listenPort
        configuration.maximumSessions = agi.maximumSessions
        configuration.maximumComputing = agi.maximumHandlers
        return configuration
    }
}
