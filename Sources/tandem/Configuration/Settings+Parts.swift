import AMI
import API
import Bus
import FastAGI
import Foundation
import Identity
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

    /// How we prove ourselves to wazo-auth; `nil` when no service is asked that wants our token.
    /// - Throws: ``ConfigurationFaults`` when they are needed and missing.
    var serviceCredentials: ServiceCredentials? {
        get throws {
            guard parts.needServiceToken else { return nil }
            if FileManager.default.fileExists(atPath: siblings.keyFile) || siblings.username == nil {
                let keys = try ConfigurationFiles.keyFile(siblings.keyFile)
                return ServiceCredentials(username: keys.username, password: keys.password)
            }
            return ServiceCredentials(username: siblings.username ?? "", password: siblings.password ?? "")
        }
    }

    /// How FastAGI proves itself: with the key of wazo-agid, whose accesses are those that handlers need; `nil` when
    /// it is not there, or cannot be read: then with ours.
    var dialplanCredentials: ServiceCredentials? {
        guard parts.needServiceToken, FileManager.default.isReadableFile(atPath: siblings.dialplanKeyFile),
            let keys = try? ConfigurationFiles.keyFile(siblings.dialplanKeyFile)
        else { return nil }
        return ServiceCredentials(username: keys.username, password: keys.password)
    }

    /// The REST interface.
    var apiConfiguration: APIConfiguration {
        let tls = rest.certificate.flatMap { certificate in
            rest.privateKey.map { TLSFiles(certificate: certificate, privateKey: $0) }
        }
        var configuration = APIConfiguration(
            cors: CORSPolicy(isEnabled: rest.corsEnabled, allowedHeaders: rest.corsHeaders),
            bodyLimit: rest.bodyLimit,
            jsonLimit: rest.jsonLimit,
            maximumRequests: rest.maximumRequests,
            maximumWaitingRequests: rest.waitingRequests,
            requestsPerToken: rest.requestsPerToken,
            slowRequests: rest.slowRequests,
            waitingSlowRequests: rest.waitingSlowRequests,
            connectionsPerPeer: rest.connectionsPerPeer,
            isTrustedProxy: { [proxies = rest.trustedProxies] peer in proxies.contains { $0.contains(peer) } },
            tls: tls
        )
        configuration.isDescribed = PlugIns(self).isOn(.api)
        return configuration
    }

    /// The manager interface.
    var amiConfiguration: AMIConfiguration {
        var configuration = AMIConfiguration(
            host: ami.host,
            port: ami.port,
            username: ami.username,
            secret: ami.secret
        )
        configuration.actionLimit = .seconds(ami.timeout)
        return configuration
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
        configuration.backlog = agi.listenBacklog
        configuration.allowedPeers = agi.allowedPeers
        configuration.maximumSessions = agi.maximumSessions
        configuration.maximumComputing = agi.maximumHandlers
        return configuration
    }
}
