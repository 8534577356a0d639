import Agid
import CallControl
import Recordings

/// The dialplan's handlers record through the feature, in this process (contract 41 §0).
struct OwnCallRecording: CallRecording {
    let recordings: Recordings
    let gate: StateGate

    func request(_ request: RecordingRequest, call: String, tenant: String) async throws {
        try await gate.require(.rows)
        try await recordings.perform(request.rawValue, on: call, tenant: tenant)
    }
}
