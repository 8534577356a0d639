import NIOCore
import Synchronization

/// The session's side of a connection. A handler gives its place back while Asterisk works.
final class ConnectionTransport: AGITransport {
    private let channel: any Channel
    private let connection: NIOLoopBound<AGIConnection>
    private let status: ConnectionStatus
    private let places: HandlerPlaces
    private let holdsPlace = Mutex(false)

    init(_ connection: AcceptedConnection, places: HandlerPlaces) {
        channel = connection.channel
        self.connection = connection.handler
        status = connection.status
        self.places = places
    }

    var isHungUp: Bool { status.isHungUp }

    func perform(_ request: AGIRequest) async throws -> AGIReply {
        let heldPlace = releasePlace()
        let reply = try await send(request)
        if reply == .deadChannel { status.noteHangup() }
        if heldPlace { try await takePlace(resuming: true) }
        return reply
    }

    func stepAside() -> Bool { releasePlace() }

    func stepBack() async throws { try await takePlace(resuming: true) }

    private func send(_ request: AGIRequest) async throws -> AGIReply {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let connection = connection
                // Nearly always: sessions run on the loop of their connection.
                if channel.eventLoop.inEventLoop { return connection.value.perform(request, continuation) }
                channel.eventLoop.execute { connection.value.perform(request, continuation) }
            }
        } onCancel: {
            // The reply would come between two commands of somebody else: the session is over.
            finish("failure session cancelled", CancellationError())
        }
    }

    /// Writes a line that is no command, such as the monitoring answer, and waits for a line back.
    func perform(raw line: String) async throws -> AGIReply {
        try await send(AGIRequest(verb: "", line: Array((line + "\n").utf8), pace: .instant))
    }

    /// Writes the last line, if any, and closes.
    func finish(_ line: String?, _ reason: any Error) {
        channel.writeAndFlush(ConnectionEnding(line: line, reason: reason), promise: nil)
    }

    /// Waits until the connection is closed; the close deadline bounds it.
    func closed() async {
        try? await channel.closeFuture.get()
    }

    /// Takes a place for the handler.
    /// - Throws: `AGIError.busy`, `CancellationError`.
    func takePlace(resuming: Bool) async throws {
        try await places.take(resuming: resuming)
        holdsPlace.withLock { $0 = true }
    }

    /// Gives the place back; `false` when the handler held none.
    @discardableResult
    func releasePlace() -> Bool {
        let held = holdsPlace.withLock { held in
            defer { held = false }
            return held
        }
        if held { places.release() }
        return held
    }
}
