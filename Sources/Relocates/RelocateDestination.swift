import CallControl
import CallRequests
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
    func endpoint(askedOn initiator: ChannelID, _ ports: RelocatePorts) async throws -> DialString {
        switch self {
        case .line(.sip(let name), let id, let contact?):
            return try await Self.device(contact, of: name, line: id, initiator, ports)
        case .line(let line, let id, _):
            guard let endpoint = line.dialString else {
                throw Failure.relocateCreation("invalid line for user", ["line_id": .integer(Int64(id))])
            }
            return endpoint
        case .mobile(let number, let context):
            let place = DialplanPlace(context: context, exten: DialledNumber.normalized(number ?? ""))
            guard try await ports.asking({ try await ports.manager.canDial(place) }),
                let endpoint = DialString.local(place)
            else {
                throw Failure.relocateCreation(
                    "invalid destination",
                    [
                        "destination": "extension",
                        "location": ["exten": number.map(JSONValue.string) ?? .null, "context": .string(context)],
                    ]
                )
            }
            return endpoint
        }
    }

    /// The device of a line that a client names, by its whole dial string or by its user part.
    ///
    /// Only a contact that Asterisk lists for the line now is dialled: a dial string that the client made up would call
    /// any SIP address.
    private static func device(
        _ contact: String,
        of name: String,
        line: Int,
        _ initiator: ChannelID,
        _ ports: RelocatePorts
    ) async throws -> DialString {
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
        let listed = contacts?.parts(separatedBy: "&") ?? []
        let device = listed.first { $0.lowercased() == contact.lowercased() || isContact($0, of: name, user: contact) }
        guard let device, let endpoint = DialString.contact(device, of: name) else {
            throw Failure.relocateCreation("Failed to find a matching contact", details)
        }
        return endpoint
    }

    /// Whether a dial string has this user part. The whole part: `abc` is not `abcd` (contract 22 §8.10).
    static func isContact(_ dialString: String, of name: String, user: String) -> Bool {
        let prefix = "PJSIP/\(name)/sip:\(user)"
        guard dialString.begins(with: prefix) else { return false }
        return dialString.utf8.dropFirst(prefix.utf8.count).first.map("@:;?".utf8.contains) ?? true
    }
}

extension Relocate.Device {
    /// What is dialled, with the variables of the new channel (contract 22 §4).
    ///
    /// The channel says whose it is, so that the user may relocate it again (§8.9): one that leads on through the
    /// dialplan in the way of Local channels, the others as every phone of the user does.
    init(endpoint: DialString, user: UserID, tenant: TenantID, isAutoAnswered: Bool) {
        let technology = endpoint.technology.lowercased()
        var variables = ["WAZO_TENANT_UUID": tenant.rawValue]
        variables[technology == "local" ? "WAZO_DEREFERENCED_USERUUID" : "WAZO_USERUUID"] = user.rawValue
        // They are headers of an INVITE.
        if isAutoAnswered, technology == "pjsip" { variables.merge(AutoAnswer.variables) { $1 } }
        self.init(endpoint: endpoint, variables: variables)
    }
}
