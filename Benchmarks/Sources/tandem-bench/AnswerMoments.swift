import Bus
import Core
import Events
import Foundation
import Synchronization
import TandemLab

/// When Asterisk did what answers ask for, by the operator's channel; from its events' time stamps (milliseconds).
final class AnswerMoments: Sendable {
    /// The stations of one operator's channel.
    struct Moments: Sendable {
        var created: Date?
        var answered: Date?
        /// Both are in the bridge.
        var bridged: Date?
    }

    private struct State {
        var moments: [String: Moments] = [:]
        var waiting: [String: CheckedContinuation<Moments?, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Takes events of the bus, which cost Asterisk nothing: the two talk when the event arrives here.
    func listen(to consumer: RabbitMQConsumer) async {
        while let delivery = await consumer.next() {
            guard delivery.name == "switchboard_queued_call_answered",
                let channel = delivery.data?["operator_call_id"]?.string
            else { continue }
            note(channel, Date()) { $0.bridged = $1 }
        }
    }

    /// Takes an event of any channel or bridge.
    func take(_ event: JSONValue) {
        guard let channel = event["channel"]?["id"]?.string, let type = event["type"]?.string else { return }
        guard let date = try? SwitchboardScene.date(event) else { return }
        switch type {
        case "ChannelCreated": note(channel, date) { $0.created = $1 }
        case "ChannelStateChange" where event["channel"]?["state"] == "Up": note(channel, date) { $0.answered = $1 }
        case "ChannelEnteredBridge":
            let members = event["bridge"]?["channels"]?.array?.compactMap(\.string) ?? []
            guard event["bridge"]?["bridge_type"] == "mixing", members.count == 2 else { return }
            for member in members { note(member, date) { $0.bridged = $1 } }
        default: break
        }
    }

    private func note(_ channel: String, _ date: Date, _ change: (inout Moments, Date) -> Void) {
        let (moments, waiting) = state.withLock { state in
            var moments = state.moments[channel] ?? Moments()
            change(&moments, date)
            state.moments[channel] = moments
            return (moments, moments.bridged == nil ? nil : state.waiting.removeValue(forKey: channel))
        }
        waiting?.resume(returning: moments)
    }

    /// Waits until the two talk, 10 s at most.
    /// - Returns: `nil` when they do not.
    func bridged(_ channel: String) async -> Moments? {
        let limit = Task {
            try await Task.sleep(for: .seconds(10))
            self.state.withLock { $0.waiting.removeValue(forKey: channel) }?.resume(returning: nil)
        }
        defer { limit.cancel() }
        return await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                if let moments = state.moments[channel], moments.bridged != nil { return moments as Moments? }
                state.waiting[channel] = continuation
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
