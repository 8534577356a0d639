import API
import Foundation
import NIOCore

/// The folder of faxes that are sent: one below it for each, named by its id. Asterisk reads there.
struct SentFaxSpool: Sendable {
    /// Without a slash at its end.
    let folder: String

    func folder(of fax: String) -> String { "\(folder)/\(fax)" }
    func pdf(of fax: String) -> String { "\(folder(of: fax))/document.pdf" }
    /// What is kept.
    func tiff(of fax: String) -> String { "\(folder(of: fax))/fax.tif" }
    /// What Asterisk sends, and may remove: another name of the same file for each attempt.
    func tiff(of fax: String, attempt: Int) -> String { "\(folder(of: fax))/fax-\(attempt).tif" }

    /// Makes the folder of a fax and an empty document in it.
    /// - Returns: Closes the document when it goes.
    func begin(_ fax: String) async throws -> OpenDocument {
        try await SpoolFiles.onThread {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder(of: fax),
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o750]
                )
            } catch {
                throw SpoolFailure("\(folder) cannot be written", Self.code(of: error))
            }
            let descriptor = open(pdf(of: fax), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw SpoolFailure("\(folder) cannot be written") }
            return OpenDocument(descriptor)
        }
    }

    private static func code(of error: any Error) -> Int32 {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return Int32(underlying?.code ?? Int(EIO))
    }

    /// A document that arrives.
    final class OpenDocument: Sendable {
        let descriptor: CInt
        init(_ descriptor: CInt) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    func append(_ piece: ByteBuffer, to document: OpenDocument) async throws {
        try await SpoolFiles.onThread {
            try piece.withUnsafeReadableBytes { bytes in
                var rest = bytes
                while !rest.isEmpty {
                    let count = write(document.descriptor, rest.baseAddress, rest.count)
                    guard count > 0 else { throw SpoolFailure("a document cannot be written") }
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                }
            }
        }
    }

    /// Whether there is room for next to nothing: then a failed conversion says nothing of the document.
    func isFull() async -> Bool {
        let free = try? await SpoolFiles.onThread {
            var status = statvfs()
            return statvfs(folder, &status) == 0 ? UInt64(status.f_bavail) * UInt64(status.f_frsize) : nil
        }
        return free.flatMap { $0 }.map { $0 < Self.leastRoom } ?? false
    }

    private static let leastRoom: UInt64 = 65_536

    /// After the conversion the PDF is not needed any more; Asterisk's group may read the rest.
    func finish(_ fax: String) async throws {
        try await SpoolFiles.onThread {
            unlink(pdf(of: fax))
            chmod(tiff(of: fax), 0o640)
        }
    }

    /// Makes the name that an attempt sends.
    func prepare(_ fax: String, attempt: Int) async throws {
        try await SpoolFiles.onThread {
            guard link(tiff(of: fax), tiff(of: fax, attempt: attempt)) == 0 || errno == EEXIST else {
                throw SpoolFailure("\(tiff(of: fax)) cannot be sent")
            }
        }
    }

    /// Removes everything of a fax; what is not there is no error.
    func remove(_ fax: String) async throws {
        try await SpoolFiles.remove(folder(of: fax))
    }

    /// What is sent, for a client.
    func document(of fax: String) async throws -> OpenFile? {
        try await SpoolFiles.document(tiff(of: fax))
    }

    /// Removes what belongs to no job: files of a crash before their row was written.
    /// - Returns: How many.
    func sweep(keeping faxes: Set<String>) async throws -> Int {
        try await SpoolFiles.onThread {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let orphans = names.filter { !faxes.contains($0) && UUID(uuidString: $0) != nil }
            for name in orphans { try? FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
            return orphans.count
        }
    }
}
