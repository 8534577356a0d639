/// The lab: what acceptance tests and `first-call` see real calls with, all of it from outside the server.
///
/// - ``LabEnvironment`` tells where the servers of deploy/lab are; ``LabServers`` takes one away and gives it back.
/// - ``TandemProcess`` runs the built server against them.
/// - ``SIPpCaller`` and ``SIPpPhone`` are the two ends of a call: SIPp with the scenarios of deploy/lab/sipp.
/// - ``RTPProbe`` speaks and hears for them, in tones.
/// - ``RESTClient``, ``ARIWitness``, ``SQLWitness`` and ``BusWitness`` say what the world can know of the call.
///
/// A witness never asks the server's own memory.
public enum LabFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The lab is not up, or its environment is not in the process' environment.
    case environment(String)
    /// A program could not be run, or ended as it should not.
    case program(String)
    /// Something that was waited for did not happen in time.
    case tooLate(String)
    /// An answer that cannot be understood.
    case answer(String)

    /// The text of the failure.
    public var description: String {
        switch self {
        case .environment(let text), .program(let text), .tooLate(let text), .answer(let text): text
        }
    }
}
