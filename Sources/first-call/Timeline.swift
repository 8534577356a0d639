import Foundation

/// What happened, when, and who saw it: printed as it happens.
actor Timeline {
    private let start = ContinuousClock.now
    private(set) var steps = 0

    /// One step of the call.
    func step(_ what: String, seenBy witness: String) {
        steps += 1
        let elapsed = ContinuousClock.now - start
        let seconds =
            Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        note(String(format: "+%7.3f s  ", seconds) + "\(what)  (\(witness))")
    }

    /// A line that is no step.
    func note(_ text: String) {
        // print() would keep the line until a buffer is full when the output is a pipe
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
    }
}
