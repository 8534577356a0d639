import CallControl
import Core
import Foundation
import Telephony

@testable import AdhocConferences

/// The parties of the machine's tests, and conferences written as `running H+ P+ Q~`: the phase, then each member with
/// its standing. `H` is the host, `P` his peer, `Q` a participant whose host's leg `D` is discarded.
enum Cast {
    static let tenant = TenantID("t1")
    static let due = Date(timeIntervalSince1970: 1_000)
    static let hostUser = UserID("hu")

    private static let marks: [Character: AdhocConference.Standing] = [
        "~": .joining, ">": .entering, "+": .inside, "-": .leaving, ".": .released,
    ]

    /// Whose a channel is: `P` belongs to user `pu` of tenant `t1`, `Q` to user `qu` of `t2`, `X` to nobody.
    static func person(_ name: String) -> AdhocConference.Person {
        switch name {
        case "X": AdhocConference.Person()
        case "Q": AdhocConference.Person(user: UserID("qu"), tenant: TenantID("t2"))
        default: AdhocConference.Person(user: UserID("\(name.lowercased())u"), tenant: tenant)
        }
    }

    static func conference(_ text: String, revision: Int = 1) -> AdhocConference {
        let words = text.split(separator: " ").map(String.init)
        let members = words.dropFirst().map { word in
            let name = String(word.dropLast())
            let standing = word.last.flatMap { marks[$0] } ?? .joining
            let isKnown = name == "H" || standing == .inside || standing == .leaving
            return AdhocConference.Member(
                ChannelID(name),
                standing: standing,
                person: isKnown ? person(name) : AdhocConference.Person(),
                discarded: name == "Q" && standing == .joining ? ChannelID("D") : nil,
                source: standing == .joining || standing == .released ? BridgeID(name == "Q" ? "b2" : "b1") : nil
            )
        }
        var conference = AdhocConference(
            id: "c1",
            tenant: tenant,
            hostUser: hostUser,
            host: ChannelID("H"),
            peer: ChannelID("P"),
            members: Array(members),
            dueAt: due,
            phase: words.first.flatMap(AdhocConference.Phase.init(rawValue:)) ?? .assembling
        )
        conference.revision = revision
        return conference
    }

    static func text(_ conference: AdhocConference) -> String {
        let members = conference.members.map { member in
            let mark = marks.first { $0.value == member.standing }?.key ?? "?"
            return "\(member.channel)\(mark)"
        }
        return ([conference.phaseName] + members).joined(separator: " ")
    }

    /// `running H+ P+ | joined P@t1>hu | bring Q`
    static func text(_ step: AggregateStep<AdhocConference>) -> String {
        ([text(step.next)] + step.notices.map { text($0) } + step.effects.map { text($0) }).joined(separator: " | ")
    }

    private static func text(_ notice: AdhocConference.Notice) -> String {
        switch notice {
        case .created: "created"
        case .joined(let call, let tenant, let users):
            "joined \(call)@\(tenant)>\(users.map(\.rawValue).joined(separator: ","))"
        case .left(let call, let tenant, let users):
            "left \(call)@\(tenant)>\(users.map(\.rawValue).joined(separator: ","))"
        case .deleted: "deleted"
        }
    }

    private static func text(_ effect: AdhocConference.Effect) -> String {
        switch effect {
        case .bring(let channels): "bring \(channels.map(\.rawValue).joined(separator: ","))"
        case .admit(let channel, let person): "admit \(channel)" + (person == nil ? "?" : "")
        case .greet(let channel, let person): "greet \(channel)" + (person == nil ? "?" : "")
        case .showConference(let host): "show \(host)"
        case .hangUp(let channel): "hangUp \(channel)"
        case .letGo(let channel): "letGo \(channel)"
        case .listen: "listen"
        case .dissolve: "dissolve"
        }
    }

    // MARK: Events

    /// Every shape of event that a machine can tell apart, by a short name.
    static let events: [(name: String, event: AdhocConference.Event)] = requests + comings + goings + sightings

    private static let requests: [(String, AdhocConference.Event)] = [
        ("requested", .requested(by: hostUser)),
        (
            "add Q",
            .participantAdded(AdhocConference.Member(ChannelID("Q"), source: BridgeID("b2")), due: due, by: hostUser)
        ),
        (
            "add R",
            .participantAdded(AdhocConference.Member(ChannelID("R"), source: BridgeID("b3")), due: due, by: hostUser)
        ),
        ("remove H", .removalRequested(ChannelID("H"), by: hostUser)),
        ("remove Q", .removalRequested(ChannelID("Q"), by: hostUser)),
        ("remove X", .removalRequested(ChannelID("X"), by: hostUser)),
        ("delete", .deletionRequested(by: hostUser)),
    ]

    private static let comings: [(String, AdhocConference.Event)] =
        [
            ("notBrought P,H,Q", .notBrought(["P", "H", "Q"].map { ChannelID($0) })),
            ("notBrought P", .notBrought([ChannelID("P")])),
            ("notBrought Q", .notBrought([ChannelID("Q")])),
        ]
        + ["H", "P", "Q", "X"].map { ("arrived \($0)", .arrived(ChannelID($0), person($0))) }
        + ["H", "P", "Q", "X"].map { ("entered \($0)", .entered(ChannelID($0), person($0))) }
        + ["H", "Q", "X"].map { ("replaced \($0)", .replaced(ChannelID($0), by: ChannelID("N"), nil)) }

    private static let goings: [(String, AdhocConference.Event)] =
        ["H", "P", "Q", "X"].map { ("left \($0)", .left(ChannelID($0))) }
        + ["H", "P", "Q", "X"].map { ("gone \($0)", .gone(ChannelID($0))) }
        + ["H", "Q"].map { ("letGo \($0)", .letGo(ChannelID($0))) }
        + [("bridgeGone", .bridgeGone), ("dissolved", .dissolved), ("deadlinePassed", .deadlinePassed)]

    private static let sightings: [(String, AdhocConference.Event)] = [
        ("seen nobody", seen([:], false)),
        ("seen all inside", seen(["H": .inBridge, "P": .inBridge, "Q": .inBridge], true)),
        ("seen all waiting", seen(["H": .waiting, "P": .waiting, "Q": .waiting], false)),
        ("seen all elsewhere", seen(["H": .elsewhere, "P": .elsewhere, "Q": .elsewhere], false)),
        ("seen H,P inside", seen(["H": .inBridge, "P": .inBridge], true)),
        ("seen P,Q inside", seen(["P": .inBridge, "Q": .inBridge], true)),
        ("seen H,P and stranger inside", seen(["H": .inBridge, "P": .inBridge], true, ["S"])),
        ("seen H,P inside, Q elsewhere", seen(["H": .inBridge, "P": .inBridge, "Q": .elsewhere], true)),
    ]

    private static func seen(
        _ places: [String: AdhocConference.Sighting.Place],
        _ hasBridge: Bool,
        _ strangers: [String] = []
    ) -> AdhocConference.Event {
        .looked(
            AdhocConference.Sighting(
                places: Dictionary(uniqueKeysWithValues: places.map { (ChannelID($0.key), $0.value) }),
                hasBridge: hasBridge,
                strangers: strangers.map { ChannelID($0) }
            )
        )
    }

    /// Conferences in each phase, with members of each standing.
    static let states = [
        "assembling H~ P~ Q~", "assembling H~ P~", "assembling H> P+ Q~", "running H+ P+ Q+", "running H+ P+ Q~",
        "running H+ P+ Q>", "running H+ P+ Q-", "running H+ P+ Q.", "running H+ P+", "ending H- P-", "ending P- Q.",
        "ending Q.", "ending", "ended",
    ]
}
