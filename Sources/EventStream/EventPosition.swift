import Core

/// A place in the stream of events: what a client sends back as `Last-Event-ID`.
///
/// Written `EPOCH-SEQUENCE-TIME`: the start of the process and the event's time, both in microseconds since 1970, and
/// the event's number in that process. The time alone counts for a process that came later.
public struct EventPosition: Sendable, Hashable, CustomStringConvertible {
    /// When the process started, in microseconds since 1970.
    public var epoch: Int64
    /// The event's number, from 1.
    public var sequence: Int64
    /// When it happened, in microseconds since 1970.
    public var time: Int64

    /// A position with its parts.
    public init(epoch: Int64, sequence: Int64, time: Int64) {
        self.epoch = epoch
        self.sequence = sequence
        self.time = time
    }

    /// Reads a position; `nil` when the text is none.
    public init?(_ text: String) {
        let parts = text.parts(separatedBy: "-", keepingEmpty: true).map { Int64($0) }
        guard parts.count == 3, let epoch = parts[0], let sequence = parts[1], let time = parts[2],
            epoch > 0, sequence >= 0, time > 0
        else { return nil }
        self.init(epoch: epoch, sequence: sequence, time: time)
    }

    /// As the client gets it.
    public var description: String { "\(epoch)-\(sequence)-\(time)" }
}
