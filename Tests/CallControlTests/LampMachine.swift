import CallControl
import Core
import Events
import Foundation
import Persistence
import Synchronization
import TandemTesting
import Telephony

/// The smallest machine that has everything: a lamp that is lit, shines and goes out.
struct Lamp: AggregateMachine {
    enum Phase: String { case dark, lighting, shining, out }
    enum Event: AggregateEvent {
        case lit(UserID?), shone, refused, channelGone, seen(isThere: Bool), deadlinePassed, dimmed
        var name: String { String("\(self)".prefix { $0 != "(" }) }
        var user: UserID? {
            if case .lit(let user) = self { return user }
            return nil
        }
    }
    enum Effect: Hashable, Sendable { case light, putOut }
    enum Notice: Hashable, Sendable { case shines, wentOut }

    static let rowKind = "lamp"
    let id: String
    var tenant = TenantID("t")
    var revision = 0
    var phase = Phase.dark
    var channel: ChannelID
    var deadline: Date?
    var phaseName: String { phase.rawValue }
    var isEnded: Bool { phase == .out }
    var channels: Set<ChannelID> { [channel] }
    var claimedBridges: Set<BridgeID> { phase == .lighting ? [BridgeID("b-\(id)")] : [] }
    var body: JSONValue { ["phase": .string(phase.rawValue), "channel": .string(channel.rawValue)] }

    init(_ id: String, channel: String = "c", deadline: Date? = nil) {
        self.id = id
        self.channel = ChannelID(channel)
        self.deadline = deadline
    }

    init?(row: AggregateRow) {
        guard let phase = row.body["phase"]?.string.flatMap(Phase.init(rawValue:)),
            let channel = row.body["channel"]?.string
        else { return nil }
        self.init(row.id, channel: channel, deadline: row.deadline)
        self.phase = phase
        tenant = row.tenant
        revision = row.revision
    }

    func handle(_ event: Event) -> AggregateStep<Lamp>? {
        func step(_ phase: Phase, _ notices: [Notice] = [], _ effects: [Effect] = []) -> AggregateStep<Lamp> {
            var next = self
            next.phase = phase
            return AggregateStep(next, notices: notices, effects: effects)
        }
        switch (phase, event) {
        case (.dark, .lit): return step(.lighting, [], [.light])
        case (.lighting, .shone): return step(.shining, [.shines])
        case (.lighting, .seen(true)): return step(.lighting, [], [.light])
        case (.lighting, .refused), (_, .seen(false)), (_, .channelGone), (_, .deadlinePassed):
            return phase == .out ? nil : step(.out, [.wentOut], [.putOut])
        default: return nil
        }
    }
}

/// Lights lamps by answering channels of a fake Asterisk.
struct LampWork: AggregateWork {
    let asterisk: FakeAsterisk

    func perform(_ effect: Lamp.Effect, of lamp: Lamp) async -> EffectOutcome<Lamp.Event> {
        do {
            switch effect {
            case .light:
                try await asterisk.answer(lamp.channel)
                return .happened(.shone)
            case .putOut:
                try await asterisk.hangUp(lamp.channel)
                return .done
            }
        } catch TelephonyFailure.unreachable(let text) {
            return .unknown(text)
        } catch {
            return effect == .light ? .failed(.refused, .invalidData(["lamp": "broken"])) : .done
        }
    }

    func messages(for notice: Lamp.Notice, of lamp: Lamp, at time: Date) -> [BusMessage] {
        [BusMessage(resource: lamp.id, routingKey: "lamp", headers: [:], body: "\(lamp.id) \(notice)")]
    }

    func look(at lamp: Lamp) async throws -> Lamp.Event {
        .seen(isThere: try await asterisk.channel(lamp.channel) != nil)
    }
}
