import Agid
import CallControl
import ConfdDirectory
import Core
import Directory
import Foundation
import Logging
import PostgresDirectory
import ServiceClient
import Telephony

/// What the in-dialplan handlers ask of the platform's services. A caller waits meanwhile, so the limits are shorter
/// than elsewhere (contract 40 §8); where a service is not used the tables answer, or nobody does.
struct DialplanServices {
    /// Seconds for a service where nobody is about to be rung.
    private static let limit = 3.0

    /// Forwards and services of users.
    let settings: any UserSettingStoring
    /// Switches of users that are kept in the tables everywhere.
    let switches: any UserSwitchStoring
    /// `nil` where there is no confd.
    let provisioning: (any PhoneProvisioning)?

    init(_ settings: Settings, platform: PlatformServices, databases: Databases, logger: Logger) {
        let tables = PostgresUserSettings(pool: databases.state.pool)
        switches = tables
        switch settings.parts.directory {
        case .postgresql:
            self.settings = tables
            provisioning = nil
        case .confd:
            let confd = ConfdDirectory(
                client: platform.confd.limited(to: Self.limit, by: platform, logger: logger),
                logger: logger
            )
            self.settings = confd
            provisioning = confd
        }
    }
}

extension ServiceClient {
    /// A client of the same service that waits no longer than this.
    fileprivate func limited(to seconds: Double, by platform: PlatformServices, logger: Logger) -> ServiceClient {
        var address = address
        address.timeout = min(address.timeout, seconds)
        return ServiceClient(
            name: name,
            address: address,
            transport: platform.transport,
            tokens: platform.token,
            logger: logger
        )
    }
}

/// Calls people back through Asterisk's REST interface (contract 41 §7 row 15).
struct OriginatedCallbacks: CallbackScheduling {
    let calls: DelayedOriginations

    func schedule(_ callback: Callback) async throws {
        let call = Origination(
            channel: ChannelID("callback-\(UUID().uuidString.lowercased())"),
            endpoint: callback.channel,
            destination: .dialplan(DialplanPlace(context: Callback.dialplanContext, exten: "s")),
            callerID: callback.number,
            timeout: Callback.ringSeconds,
            variables: [Callback.contextVariable: callback.context]
        )
        try calls.place(call, at: callback.due)
    }
}
