import API
import Foundation
import NIOPosix

/// Why a file of a fax was not written, moved or read.
struct SpoolFailure: Error, CustomStringConvertible {
    let description: String

    /// By what the system says.
    init(_ what: String, _ code: Int32 = errno) { description = "\(what): \(String(cString: strerror(code)))" }
    init(text: String) { description = text }
}

/// What both folders of faxes do with files.
enum SpoolFiles {
    /// File systems block: not on the pool of Swift's tasks.
    static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }

    /// Removes a folder with all in it; one that is not there is no error.
    static func remove(_ folder: String) async throws {
        try await onThread {
            if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
        }
    }

    /// A document, for a client; `nil` when it is not there (any more).
    static func document(_ path: String) async throws -> OpenFile? { try await onThread { OpenFile(path: path) } }
}
