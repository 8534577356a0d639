import CallControl
import CallRequests
import Core
import Directory
import Foundation
import Telephony

/// A call that a client wants to be placed (contract 10 §2.5).
struct CallOrder: Sendable {
    var user: UserID
    var tenant: TenantID
    var line: Int?
    var isFromMobile = false
    var isFromAllLines = false
    var answersByItself = false
    var destination: DialplanPlace
    /// Whether the context is that of the user's line; otherwise a client chose it, and it must be the tenant's.
    var isContextOfLine = false
    var variables: [String: String] = [:]
}

/// Places calls: from a line, from all lines of a user, or from his mobile phone.
struct CallOrigination: Sendable {
    /// How long the dialplan may take to tell which channel was rung for a mobile phone.
    static let echoLimit: Duration = .seconds(5)
    /// Context that rings the mobile phone, and context that then goes to the destination (dialplan/originate.conf).
    private static let mobileEndpoint: DialString = "Local/s@wazo-originate-mobile-leg1/n"
    private static let mobilePlace = DialplanPlace(context: "wazo-originate-mobile-leg2", exten: "s")

    let ports: CallPorts
    let reader: CallReader
    let echoes: DialEchoes

    /// Places a call. The first check that fails counts, in the contract's order.
    /// - Throws: `Failure`; what ports throw.
    func place(_ order: CallOrder) async throws -> Call {
        guard try await isThere(order) else { throw Failure.invalidExtension(order.destination) }
        guard let user = try await ports.users.user(order.user, tenant: order.tenant) else {
            throw Failure.invalidUser(order.user)
        }
        if order.isFromMobile { return try await placeFromMobile(order, user) }
        let endpoint = try await endpoint(order, user)
        let variables = lineVariables(order, tenant: user.tenant.rawValue.isEmpty ? order.tenant : user.tenant)
        let channel = try await originate(order, endpoint, to: order.destination, variables, dialling: true)
        return try await shown(channel, order)
    }

    private func isThere(_ order: CallOrder) async throws -> Bool {
        order.isContextOfLine
            ? try await ports.destinations.has(order.destination)
            : try await ports.destinations.allows(order.destination, for: order.tenant)
    }

    // MARK: From lines

    private func endpoint(_ order: CallOrder, _ user: UserRecord) async throws -> DialString {
        if order.isFromAllLines {
            let shared = DialplanPlace(context: "usersharedlines", exten: user.id.rawValue)
            guard let endpoint = DialString.local(shared) else { throw Failure.invalidUser(user.id) }
            return endpoint
        }
        let line = try Self.line(order.line, of: user)
        guard let endpoint = line.endpoint, let dialString = endpoint.dialString else {
            throw Failure.noMainLine(user.id)
        }
        let interface = endpoint.interface
        if case .sip(let name) = endpoint {
            // An endpoint that Asterisk does not know cannot be rung either (contract 10 §6 row 12).
            let state = try await ports.endpoints.endpoint("PJSIP", name)?.isOnline
            guard state == true else { throw Failure.originUnavailable(line.id, interface) }
        }
        return dialString
    }

    /// A line of a user by its id, or his main line.
    /// - Throws: `Failure`.
    static func line(_ id: Int?, of user: UserRecord) throws -> LineRecord {
        if let id {
            guard let line = user.lines.first(where: { $0.id == id }) else {
                throw Failure.noSuchLine(id, of: user.id)
            }
            return line
        }
        guard let main = user.lines.first else { throw Failure.noMainLine(user.id) }
        return main
    }

    private func lineVariables(_ order: CallOrder, tenant: TenantID) -> [String: String] {
        let exten = order.destination.exten
        let caller = CallerIDText.plain(exten)
        return ClientVariables.withoutOwners(order.variables)
            .merging(order.answersByItself ? AutoAnswer.variables : [:]) { $1 }
            .withDefaults([
                "XIVO_FIX_CALLERID": "1",
                "WAZO_USERUUID": order.user.rawValue,
                "CONNECTEDLINE(name)": caller,
                "CONNECTEDLINE(num)": exten.begins(with: "#") ? "" : caller,
                "CALLERID(name)": caller,
                "CALLERID(num)": caller,
                "WAZO_CHANNEL_DIRECTION": "to-wazo",
                "_WAZO_TENANT_UUID": tenant.rawValue,
            ])
    }

    // MARK: From a mobile phone

    private func placeFromMobile(_ order: CallOrder, _ user: UserRecord) async throws -> Call {
        let number = user.mobileNumber.map(DialledNumber.normalized)
        guard let mobile = number, !mobile.isEmpty else {
            throw Failure.callCreation("User has no mobile phone number", ["user": .string(user.id.rawValue)])
        }
        let context = try Self.line(nil, of: user).context
        guard try await ports.destinations.has(DialplanPlace(context: context, exten: mobile)) else {
            throw Failure.callCreation(
                "User has invalid mobile phone number",
                [
                    "user": .string(user.id.rawValue), "mobile_exten": .string(mobile),
                    "mobile_context": .string(context),
                ]
            )
        }
        let request = UUID().uuidString.lowercased()
        let echo = echoes.expect(request)
        defer { echoes.forget(request) }
        let tenant = user.tenant.rawValue.isEmpty ? order.tenant : user.tenant
        let variables = mobileVariables(order, tenant: tenant, mobile: mobile, context: context)
            .merging(["_WAZO_DIAL_ECHO_REQUEST_ID": request]) { $1 }
        let local = try await originate(order, Self.mobileEndpoint, to: Self.mobilePlace, variables)
        do {
            let real = try await echo.value(within: Self.echoLimit) { DialEchoes.Late() }
            guard let channel = try await ports.channels.channel(real) else {
                throw Failure.callCreation("Could not dial mobile number", Self.dialled(mobile, context))
            }
            return try await shown(channel, order)
        } catch is DialEchoes.Late {
            // Nobody would hear of a phone that rings on (contract 10 §6 row 9).
            try? await ports.channels.hangUp(local.id)
            throw Failure.callCreation("Could not dial mobile number", Self.dialled(mobile, context))
        }
    }

    private static func dialled(_ mobile: String, _ context: String) -> [String: JSONValue] {
        ["mobile_extension": .string(mobile), "mobile_context": .string(context)]
    }

    private func mobileVariables(
        _ order: CallOrder,
        tenant: TenantID,
        mobile: String,
        context: String
    ) -> [String: String] {
        let exten = order.destination.exten
        return ClientVariables.withoutOwners(order.variables).withDefaults([
            "_WAZO_TENANT_UUID": tenant.rawValue,
            "_WAZO_USERUUID": order.user.rawValue,
            "WAZO_DEREFERENCED_USERUUID": order.user.rawValue,
            "WAZO_ORIGINATE_MOBILE_PRIORITY": "1",
            "WAZO_ORIGINATE_MOBILE_EXTENSION": mobile,
            "WAZO_ORIGINATE_MOBILE_CONTEXT": context,
            "XIVO_FIX_CALLERID": "1",
            "XIVO_ORIGINAL_CALLER_ID": CallerIDText.text(name: exten, number: exten),
            "WAZO_ORIGINATE_DESTINATION_PRIORITY": String(order.destination.priority),
            "WAZO_ORIGINATE_DESTINATION_EXTENSION": order.destination.exten,
            "WAZO_ORIGINATE_DESTINATION_CONTEXT": order.destination.context,
            "WAZO_ORIGINATE_DESTINATION_CALLERID_ALL": CallerIDText.text(name: mobile, number: mobile),
        ])
    }

    // MARK: Both

    /// - Parameter isDialling: Whether the channel is the call's own, so that its events tell what was dialled.
    private func originate(
        _ order: CallOrder,
        _ endpoint: DialString,
        to place: DialplanPlace,
        _ variables: [String: String],
        dialling isDialling: Bool = false
    ) async throws -> Channel {
        let id = Self.newID(at: ports.clock.now)
        if isDialling { ports.registry?.expect(place.exten, dialledBy: id) }
        do {
            return try await ports.channels.originate(
                Origination(channel: id, endpoint: endpoint, destination: .dialplan(place), variables: variables)
            )
        } catch {
            ports.registry?.expect(nil, dialledBy: id)
            throw error
        }
    }

    /// An id in the form of Asterisk's own, far above its counter.
    private static func newID(at date: Date) -> ChannelID {
        ChannelID("\(Int(date.timeIntervalSince1970)).\(Int.random(in: 1_000_000_000...9_999_999_999))")
    }

    /// The call as it is by now: the first snapshot is older than the variables.
    private func shown(_ channel: Channel, _ order: CallOrder) async throws -> Call {
        var call = try await reader.shownCall(channel.id) ?? Call(ChannelRecord(channel))
        call.record[.entryExtension] = order.destination.exten
        return call
    }
}

extension [String: String] {
    /// With defaults where the client gave none. A variable is given whether or not it is to be inherited.
    fileprivate func withDefaults(_ defaults: [String: String]) -> [String: String] {
        func plain(_ name: String) -> String { String(scalars: name.unicodeScalars.drop { $0 == "_" }) }
        let given = Set(keys.map(plain))
        return merging(defaults.filter { !given.contains(plain($0.key)) }) { own, _ in own }
    }

}

extension LineRecord.Endpoint {
    /// What is dialled (contract 00 §5.6).
    var interface: String {
        switch self {
        case .sip(let name): "pjsip/\(name)"
        case .sccp(let name): "sccp/\(name)"
        case .custom(let interface): interface
        }
    }
}
