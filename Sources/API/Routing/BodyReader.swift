import Core
import Hummingbird
import NIOCore
import Synchronization

/// What bounds a request's body.
struct BodyLimits: Sendable, Hashable {
    /// Bytes of a document at most.
    var document: Int
    /// Bytes of JSON at most.
    var json: Int
    /// How long a body may take altogether.
    var timeLimit: Duration = .seconds(300)
    /// How long a body may take whatever its length; afterwards it must have come at ``slowestRate``.
    var grace: Duration = .seconds(10)
    /// Bytes a second.
    var slowestRate: Double = 8_192
}

/// Why a body could not be read to its end.
enum BodyFailure: Error {
    /// The client went away, or what it sent is no body.
    case broken(any Error)
    /// The body came too slowly.
    case late
}

/// Reads a request's body, in pieces or whole, within its limits of size and time.
struct BodyReader {
    private let request: Request
    private let context: APIContext
    private let limits: BodyLimits

    init(_ request: Request, _ context: APIContext, _ limits: BodyLimits) {
        self.request = request
        self.context = context
        self.limits = limits
    }

    /// The whole body.
    /// - Throws: `NIOTooManyBytesError` beyond the limit, ``BodyFailure``, `CancellationError`.
    func collect(upTo limit: Int) async throws -> ByteBuffer {
        var whole = ByteBuffer()
        try await pieces(upTo: limit) { piece in
            var piece = piece
            // Most bodies are one piece, which need not be copied.
            if whole.readableBytes == 0 { whole = piece } else { whole.writeBuffer(&piece) }
        }
        return whole
    }

    /// The body piece by piece.
    /// - Throws: as ``collect(upTo:)``; what `take` throws.
    func pieces(upTo limit: Int, _ take: (ByteBuffer) async throws -> Void) async throws {
        let declared = request.declaredLength
        if let declared, declared > limit { throw NIOTooManyBytesError(maxBytes: limit) }
        if request.expectsContinue { context.channel.triggerUserOutboundEvent(ContinueExpected(), promise: nil) }
        let watch = request.hasBody ? BodyWatch(context.channel, limits) : nil
        defer { watch?.end() }
        var count = 0
        do {
            for try await piece in request.body {
                count += piece.readableBytes
                guard count <= limit else { throw NIOTooManyBytesError(maxBytes: limit) }
                watch?.received(piece.readableBytes)
                do { try await take(piece) } catch { throw NotTaken(error: error) }
            }
        } catch let tooMany as NIOTooManyBytesError {
            throw tooMany
        } catch let failure as NotTaken {
            throw failure.error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw watch?.isLate == true ? BodyFailure.late : BodyFailure.broken(error)
        }
        if watch?.isLate == true { throw BodyFailure.late }
        try Task.checkCancellation()
        // The server takes the end of the connection for the end of the body.
        if let declared, count < declared { throw BodyFailure.broken(ChannelError.eof) }
    }

    /// What whoever takes the pieces threw: no fault of the body.
    private struct NotTaken: Error {
        let error: any Error
    }
}

/// Looks again and again whether a body still comes, and ends the connection's input when it does not.
private final class BodyWatch: Sendable {
    private struct State {
        var bytes = 0
        var isLate = false
        var isOver = false
    }

    private let state = Mutex(State())
    private let channel: any Channel
    private let limits: BodyLimits
    private let start = ContinuousClock.now
    private static let interval: TimeAmount = .milliseconds(500)

    init(_ channel: any Channel, _ limits: BodyLimits) {
        self.channel = channel
        self.limits = limits
        lookLater()
    }

    var isLate: Bool { state.withLock { $0.isLate } }

    func received(_ bytes: Int) { state.withLock { $0.bytes += bytes } }

    func end() { state.withLock { $0.isOver = true } }

    private func lookLater() {
        channel.eventLoop.scheduleTask(in: Self.interval) { [self] in look() }
    }

    private func look() {
        let elapsed = ContinuousClock.now - start
        let isLate = state.withLock { state -> Bool? in
            if state.isOver { return nil }
            let allowed = min(limits.timeLimit, limits.grace + .seconds(Double(state.bytes) / limits.slowestRate))
            state.isLate = elapsed > allowed
            return state.isLate
        }
        guard let isLate else { return }
        // Only the input: the client is told why.
        if isLate { channel.close(mode: .input, promise: nil) } else { lookLater() }
    }
}

/// Tells the connection that a body is wanted now (`100 Continue`).
struct ContinueExpected: Sendable {}

extension Request {
    /// Whether the client waits to be asked for its body.
    var expectsContinue: Bool { headers[.expect]?.lowercased() == "100-continue" }
}
