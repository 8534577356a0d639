import CallControl
import Core
import Directory
import Telephony

/// From a request's destination to what is dialled (contract 22 §2, steps 3 and 6).
///
/// The two steps stand apart, because others stand between them: what the directory says of the user comes first, what
/// Asterisk says of the endpoint last.
enum RelocateDestination {
    /// A line of the user, or one device that is registered there.
    case line(LineRecord.Endpoint, id: Int, contact: String?)
    /// The user's mobile phone, from the context of his main line.
    case mobile(number: String?, context: String)

    /// What the directory knows of the destination.
    /// - Throws: `Failure`; the directory's failures.
    static func find(
        _ wanted: RelocateRequest.Destination,
        of user: UserID,
        tenant: TenantID,
        in users: any UserDirectory
    ) async throws -> RelocateDestination {
        let record = try await users.user(user, tenant: tenant)
        let details: [String: JSONValue] = ["user_uuid": .string(user.rawValue)]
        switch wanted {
        case .line(let id, let contact):
            guard let endpoint = record?.lines.first(where: { $0.id == id })?.endpoint else {
                let line: [String: JSONValue] = ["line_id": .integer(Int64(id))]
                throw Failure.relocateCreation("invalid line for user", details.merging(line) { $1 })
            }
            return .line(endpoint, id: id, contact: contact)
        case .mobile:
            guard let record else { throw Failure.relocateCreation("invalid user", details) }
            guard let main = record.lines.first else { throw Failure.noMainLine(user) }
            return .mobile(number: record.mobileNumber, context: main.context)
        }
    }

    /// What is dialled.
    /// - Parameter initiator: On whose channel Asterisk is asked for the contacts of a line.
    /// - Throws: `Failure`.
    func endpoint(askedOn initiator: ChannelID, _ ports: RelocatePorts) async throws -> String {
        switch self {
        case .line(.sip(let name), let id, let contact?):
            if Self.isDialString(contact, of: name) { return contact }
            return try await Self.device(contact, of: name, line: id, initiator, ports)
        case .line(.sip(let name), _, nil): return "PJSIP/\(name)"
        case .line(.sccp(let name), _, _): return "sccp/\(name)"
        case .line(.custom(let interface), _, _): return interface
        case .mobile(let number, let context):
            let place = DialplanPlace(context: context, exten: number ?? "")
            guard try await ports.asking({ try await ports.manager.extensionExists(place) }) else {
                throw Failure.relocateCreation(
                    "invalid destination",
                    [
                        "destination": "extension",
                        "location": ["exten": number.map(JSONValue.string) ?? .null, "context": .string(context)],
                    ]
                )
            }
            return "Local/\(place.exten)@\(context)"
        }
    }

    /// Whether a contact is what `Dial` takes already: `PJSIP/<name>/sip:<user>@…`, with the name of the user's own line.
    /// Any other endpoint, a trunk for instance, would be rung without a call right.
    private static func isDialString(_ contact: String, of line: String) -> Bool {
        guard let match = contact.wholeMatch(of: /(?i)PJSIP\/([a-z0-9]+)\/sip:[a-z0-9]+@.*/) else { return false }
        return match.output.1.lowercased() == line.lowercased()
    }

    /// The contact of a line whose user part is wanted, as `Dial` takes it.
    private static func device(
        _ contact: String,
        of name: String,
        line: Int,
        _ initiator: ChannelID,
        _ ports: RelocatePorts
    ) async throws -> String {
        let details: [String: JSONValue] = [
            "interface": .string("PJSIP/\(name)"), "line_id": .integer(Int64(line)), "contact": .string(contact),
        ]
        let contacts: String?
        do {
            contacts = try await ports.channels.variable("PJSIP_DIAL_CONTACTS(\(name))", of: initiator)
        } catch TelephonyFailure.notFound {
            throw Failure.relocateCreation("Failed to retrieve the contacts of the line", details)
        } catch let failure as TelephonyFailure {
            throw ports.failures.failure(for: failure)
        }
        let device = contacts?.split(separator: "&").first { isContact($0, of: name, user: contact) }
        guard let device else { throw Failure.relocateCreation("Failed to find a matching contact", details) }
        return String(device)
    }

    /// Whether a dial string has this user part. The whole part: `abc` is not `abcd` (contract 22 §8.10).
    static func isContact(_ dialString: Substring, of name: String, user: String) -> Bool {
        let prefix = "PJSIP/\(name)/sip:\(user)"
        guard dialString.hasPrefix(prefix) else { return false }
        return dialString.dropFirst(prefix.count).first.map("@:;?".contains) ?? true
    }
}

extension Relocate.Device {
    /// What is dialled, with the variables of the new channel (contract 22 §4).
    ///
    /// The channel says whose it is, so that the user may relocate it again (§8.9): one that leads on through the
    /// dialplan in the way of Local channels, the others as every phone of the user does.
    init(endpoint: String, user: UserID, tenant: TenantID, isAutoAnswered: Bool) {
        let technology = endpoint.prefix { $0 != "/" }.lowercased()
        var variables = ["WAZO_TENANT_UUID": tenant.rawValue]
        variables[technology == "local" ? "WAZO_DEREFERENCED_USERUUID" : "WAZO_USERUUID"] = user.rawValue
        // They are headers of an INVITE.
        if isAutoAnswered, technology == "pjsip" { variables.merge(AutoAnswer.variables) { $1 } }
        self.init(endpoint: endpoint, variables: variables)
    }
}
