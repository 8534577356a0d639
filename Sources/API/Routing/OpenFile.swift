import Foundation
public import NIOCore
import NIOPosix

/// A file that is read piece by piece: an answer of any length costs one piece of memory. It is closed when nobody
/// holds it any more, also when the client goes away.
///
/// What was opened stays what it is: a file that is renamed or deleted meanwhile is read to its end.
public final class OpenFile: Sendable {
    /// Bytes.
    public let length: Int
    /// Changes with the file: made of its inode, its time of change and its length.
    public let tag: String
    private let descriptor: CInt

    /// Bytes that are read at once.
    static let piece = 64 * 1_024

    /// Takes an open descriptor, which is closed with this object. It blocks for a moment: not on the pool of Swift's
    /// tasks.
    /// - Parameter descriptor: Open for reading.
    /// - Returns: `nil` when it is no regular file; then it is closed.
    public init?(descriptor: CInt) {
        self.descriptor = descriptor
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        length = Int(status.st_size)
        tag = "\(status.st_ino)-\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)-\(status.st_size)"
        // The object exists already, so deinit closes the descriptor.
        if !isFile { return nil }
    }

    /// Opens a file; a link is not followed. It blocks for a moment.
    /// - Returns: `nil` when it is not there, may not be read, or is no regular file.
    public convenience init?(path: String) {
        // Without O_NONBLOCK a named pipe would hold the thread.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        self.init(descriptor: descriptor)
    }

    deinit { close(descriptor) }

    /// The whole content, piece by piece.
    /// - Throws: when the file cannot be read; what `take` throws.
    public func pieces(_ take: (ByteBuffer) async throws -> Void) async throws {
        var offset = 0
        while offset < length {
            let piece = try await read(from: offset, count: min(Self.piece, length - offset))
            offset += piece.readableBytes
            try await take(piece)
        }
    }

    /// Why a file's rest could not be read.
    struct Truncated: Error {}

    /// A piece of the file.
    /// - Throws: ``Truncated`` when the file has become shorter, or cannot be read.
    func read(from offset: Int, count: Int) async throws -> ByteBuffer {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            var buffer = ByteBufferAllocator().buffer(capacity: count)
            let read = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
                max(0, pread(descriptor, space.baseAddress, count, off_t(offset)))
            }
            guard read > 0 else { throw Truncated() }
            return buffer
        }
    }
}
