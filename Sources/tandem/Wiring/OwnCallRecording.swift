import Agid
import Recordings

/// The dialplan's handlers record through the feature, in this process (contract 41 §0).
struct OwnCallRecording: CallRecording {
    let recordings: Recordings

    func request(_ request: RecordingRequest, call: String, tenant: String) async throws {
        try await recordings.perform(request.rawValue, on: call, tenant: tenant)
    }
}
