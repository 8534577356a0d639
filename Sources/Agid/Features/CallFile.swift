import Foundation

/// A call that Asterisk places when the file's time has come.
struct CallFile: Sendable, Hashable {
    let callback: Callback

    init(_ callback: Callback) { self.callback = callback }

    /// The lines, without a final line feed.
    var content: String {
        [
            "Channel: \(callback.channel)", "MaxRetries: 0", "RetryTime: 30", "WaitTime: \(Callback.ringSeconds)",
            "CallerID: \(callback.number)", "Set: \(Callback.contextVariable)=\(callback.context)",
            "Context: \(Callback.dialplanContext)", "Extension: s",
        ].joined(separator: "\n")
    }

    /// `<number>-<epoch>.call`
    var name: String { "\(callback.number)-\(Int(callback.due.timeIntervalSince1970)).call" }

    /// Writes the file beside Asterisk's folder and moves it there whole, of that folder's owner.
    /// - Throws: What the file system says.
    func write(to spool: String) async throws {
        // The file system may block: not on the threads of everybody else.
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global(qos: .utility).async {
                continuation.resume(with: Result { try writeNow(to: URL(fileURLWithPath: spool, isDirectory: true)) })
            }
        }
    }

    private func writeNow(to spool: URL) throws {
        let files = FileManager.default
        let outgoing = spool.appendingPathComponent("outgoing", isDirectory: true)
        let draft = spool.appendingPathComponent("tmp", isDirectory: true).appendingPathComponent(name)
        do {
            try Data(content.utf8).write(to: draft)
            // Asterisk must be able to remove it; the owner cannot be given to where he is already.
            let owner = try files.attributesOfItem(atPath: outgoing.path)[.ownerAccountID] as? NSNumber
            let mine = try files.attributesOfItem(atPath: draft.path)[.ownerAccountID] as? NSNumber
            if let owner, owner != mine { try files.setAttributes([.ownerAccountID: owner], ofItemAtPath: draft.path) }
            try files.setAttributes([.modificationDate: callback.due], ofItemAtPath: draft.path)
            try files.moveItem(at: draft, to: outgoing.appendingPathComponent(name))
        } catch {
            try? files.removeItem(at: draft)
            throw error
        }
    }
}
