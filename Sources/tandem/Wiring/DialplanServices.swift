import Agid
import CallControl
import ConfdDirectory
import Core
import Directory
import Foundation
import Logging
import PostgresDirectory
import ServiceClient
import SiblingServices
import Telephony

/// What the in-dialplan handlers ask of the platform's services. A caller waits meanwhile, so the limits are shorter
/// than elsewhere (contract 40 §8); where a service is not used the tables answer, or nobody does.
struct DialplanServices {
    /// Seconds for a service where nobody is about to be rung.
    private static let limit = 3.0
    /// Seconds for a service on the way to a phone that shall ring.
    private static let limitBeforeRinging = 1.0

    /// Forwards and services of users.
    let settings: any UserSettingStoring
    /// Switches of users that are kept in the tables everywhere.
    let switches: any UserSwitchStoring
    /// Numbers that users show outside.
    let outgoingNumbers: any OutgoingNumberDirectory
    /// Numbers that users blocked.
    let blocklist: any BlocklistDirectory
    /// `nil` where there is no confd.
    let provisioning: (any PhoneProvisioning)?
    /// Mobile applications that may be asleep: known to wazo-auth alone.
    let mobiles: any MobileSessions
    /// `nil` where there is no dird.
    let callerNames: CallerNames?

    init(_ settings: Settings, platform: PlatformServices, databases: Databases, logger: Logger) {
        let token = platform.dialplanTokens
        if token != nil, settings.parts.identity == .wazoAuth {
            let auth = platform.auth.limited(to: Self.limitBeforeRinging, by: platform, logger: logger)
            mobiles = AuthMobileSessions(auth: AuthUserClient(client: auth))
        } else {
            mobiles = NoMobileSessions()
        }
        let tables = PostgresUserSettings(pool: databases.state.pool)
        switches = tables
        switch settings.parts.directory {
        case .postgresql:
            self.settings = tables
            outgoingNumbers = databases.directory
            blocklist = databases.directory
            provisioning = nil
            callerNames = nil
        case .confd:
            func confd(within seconds: Double) -> ConfdDirectory {
                let client = platform.confd.limited(to: seconds, by: platform, logger: logger)
                return ConfdDirectory(client: client, logger: logger)
            }
            let beforeRinging = confd(within: Self.limitBeforeRinging)
            outgoingNumbers = beforeRinging
            blocklist = beforeRinging
            let patient = confd(within: Self.limit)
            self.settings = patient
            provisioning = patient
            let dird = ServiceClient(
                name: "dird",
                address: settings.siblings.dird.limited(to: Self.limitBeforeRinging),
                transport: platform.transport,
                tokens: token,
                logger: logger
            )
            callerNames = CallerNames(
                lookup: DirdCallerNames(dird: DirdClient(client: dird)),
                callees: databases.directory
            )
        }
    }
}

extension ServiceClient {
    /// A client of the same service that waits no longer than this.
    fileprivate func limited(to seconds: Double, by platform: PlatformServices, logger: Logger) -> ServiceClient {
        ServiceClient(
            name: name,
            address: address.limited(to: seconds),
            transport: platform.transport,
            tokens: platform.dialplanTokens,
            logger: logger
        )
    }
}

extension ServiceAddress {
    fileprivate func limited(to seconds: Double) -> ServiceAddress {
        var address = self
        address.timeout = min(timeout, seconds)
        return address
    }
}

/// wazo-auth's tokens and sessions of mobile applications.
struct AuthMobileSessions: MobileSessions {
    let auth: AuthUserClient

    func hasMobile(_ user: UserID) async throws -> Bool { try await auth.hasMobile(user) }
}

/// wazo-dird's address books.
struct DirdCallerNames: CallerNameLookup {
    let dird: DirdClient

    func name(of numbers: [String], for user: UserID?, tenant: TenantID) async throws -> String? {
        try await dird.name(of: numbers, for: user, tenant: tenant)
    }
}

/// Calls people back through Asterisk's REST interface (contract 41 §7 row 15).
struct OriginatedCallbacks: CallbackScheduling {
    let calls: DelayedOriginations

    func schedule(_ callback: Callback) async throws {
        let caller = DialplanPlace(context: callback.context, exten: callback.number)
        guard let endpoint = DialString.local(caller) else {
            throw TelephonyFailure.invalid("\(callback.number)@\(callback.context) cannot be dialled")
        }
        let call = Origination(
            channel: ChannelID("callback-\(UUID().uuidString.lowercased())"),
            endpoint: endpoint,
            destination: .dialplan(DialplanPlace(context: Callback.dialplanContext, exten: "s")),
            callerID: callback.number,
            timeout: Callback.ringSeconds,
            variables: [Callback.contextVariable: callback.context]
        )
        try calls.place(call, at: callback.due)
    }
}
