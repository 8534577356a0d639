import CallControl
import Core
import Telephony

/// Which channel is recorded when a call is, and who may switch that (contract 10 §2.10).
struct RecordedChannel: Sendable {
    private let channels: any ChannelControlling
    private let variables: LiveVariables

    init(_ ports: RecordingPorts) {
        channels = ports.channels
        variables = ports.variables
    }

    /// The channel to record: the call's own, but behind the first half of a Local channel to a member the member's.
    /// - Throws: `TelephonyFailure`.
    func channel(of call: Channel) async throws -> Channel {
        guard call.name.begins(with: "Local/"), call.name.ends(with: ";1"), try await isOfMember(call),
            let match = try await variables.variable("WAZO_LOCAL_CHAN_MATCH_UUID", of: call)
        else { return call }
        for other in try await channels.channels() where !other.name.begins(with: "Local/") && other.state == "Up" {
            guard try await variables.variable("WAZO_LOCAL_CHAN_MATCH_UUID", of: other) == match,
                try await variables.variable("WAZO_CALL_RECORD_SIDE", of: other) != "caller"
            else { continue }
            return other
        }
        return call
    }

    private func isOfMember(_ call: Channel) async throws -> Bool {
        if call.name.holds("agentcallback") { return true }
        return try await isRecordedForMember(call)
    }

    /// Whether a group or queue has asked for the recording of its member's side.
    /// - Throws: `TelephonyFailure`.
    func isRecordedForMember(_ call: Channel) async throws -> Bool {
        for name in ["SHARED(WAZO_RECORD_GROUP_CALLEE)", "SHARED(WAZO_RECORD_QUEUE_CALLEE)"]
        where try await shared(name, of: call) == "1" { return true }
        return false
    }

    /// A channel that shares nothing has no such variable.
    private func shared(_ name: String, of call: Channel) async throws -> String? {
        do {
            return try await variables.variable(name, of: call)
        } catch TelephonyFailure.notFound, TelephonyFailure.conflict {
            return nil
        }
    }

    /// Whether the parties of this channel may switch its recording.
    /// - Throws: `TelephonyFailure`.
    func isToggleAllowed(on channel: Channel) async throws -> Bool {
        func value(_ name: String) async throws -> String? { try await variables.variable(name, of: channel) }
        let isCallee = try await value("WAZO_CALL_RECORD_SIDE") != "caller"
        if isCallee, try await value("WAZO_QUEUENAME") != nil {
            return try await value("WAZO_QUEUE_DTMF_RECORD_TOGGLE_ENABLED") == "1"
        }
        if isCallee, try await value("WAZO_GROUPNAME") != nil {
            return try await value("WAZO_GROUP_DTMF_RECORD_TOGGLE_ENABLED") == "1"
        }
        return try await value("WAZO_USER_DTMF_RECORD_TOGGLE_ENABLED") == "1"
    }
}
