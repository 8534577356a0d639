import NIOCore
import NIOPosix

/// A mouth and an ear on loopback: says a tone in G.711 µ-law, and tells what it hears.
public final class RTPProbe: Sendable {
    /// The port that a session description announces.
    public let port: Int
    private let channel: any Channel

    private init(_ channel: any Channel, port: Int) {
        self.channel = channel
        self.port = port
    }

    /// Opens the probe. It begins to speak when it knows to whom: from ``send(toHost:port:)``, or from the first
    /// packet that it receives.
    /// - Parameters:
    ///   - tone: In hertz; `nil` for silence.
    ///   - isDeaf: Nothing is read; what comes is dropped by the kernel.
    public static func open(tone: Double?, isDeaf: Bool = false) async throws -> RTPProbe {
        let channel = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: !isDeaf)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RTPProbeHandler(tone: tone))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port else {
            throw LabFailure.program("a datagram socket without a port")
        }
        return RTPProbe(channel, port: port)
    }

    /// Speaks to that address from now on.
    public func send(toHost host: String, port: Int) {
        guard let address = try? SocketAddress(ipAddress: host, port: port) else { return }
        withHandler { $0.peer = address }
    }

    /// Whether a tone is heard: most of the sound of two windows of 100 ms in a row, from now on.
    public func hears(_ frequency: Double, within limit: Duration = .seconds(5)) async -> Bool {
        await waits(limit) { $0.isTone(frequency) }
    }

    /// Whether anything louder than silence is heard, music or an announcement, from now on.
    public func hearsSound(within limit: Duration = .seconds(5)) async -> Bool {
        await waits(limit) { $0.isSound }
    }

    /// Presses keys, as RTP events of 160 ms with 80 ms between (RFC 4733, payload type 101 of the lab's scenarios),
    /// and returns when the last one has been sent, at the
    /// latest after 20 s: without a peer none is.
    /// - Parameter keys: 0–9, `*`, `#`, A–D; others are left out.
    public func press(_ keys: String) async {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        withHandler { $0.keypad.press(keys, promise) }
        channel.closeFuture.whenComplete { _ in promise.succeed() }
        channel.eventLoop.scheduleTask(in: .seconds(20)) { promise.succeed() }
        try? await promise.futureResult.get()
    }

    /// Packets received and sent so far.
    public var packets: (received: Int, sent: Int) {
        get async {
            let counts = channel.eventLoop.submit { [channel] in
                let handler = try channel.pipeline.syncOperations.handler(type: RTPProbeHandler.self)
                return (received: handler.received, sent: handler.sent)
            }
            return (try? await counts.get()) ?? (0, 0)
        }
    }

    /// Closes the socket; those who wait for a sound hear none.
    public func close() async { try? await channel.close().get() }

    private func waits(_ limit: Duration, for test: @escaping @Sendable (ToneMeter.Window) -> Bool) async
        -> Bool
    {
        let promise = channel.eventLoop.makePromise(of: Bool.self)
        let time = TimeAmount.milliseconds(limit.milliseconds)
        let known = channel.eventLoop.submit { [channel] in
            let handler = try channel.pipeline.syncOperations.handler(type: RTPProbeHandler.self)
            handler.wait(for: time, on: channel.eventLoop, promise, test)
        }
        known.whenFailure { _ in promise.succeed(false) }
        return (try? await promise.futureResult.get()) ?? false
    }

    private func withHandler(_ body: @escaping @Sendable (RTPProbeHandler) -> Void) {
        channel.eventLoop.execute { [channel] in
            // A closed channel has no handler and nothing to do.
            if let handler = try? channel.pipeline.syncOperations.handler(type: RTPProbeHandler.self) {
                body(handler)
            }
        }
    }
}

/// The probe's side on its event loop.
private final class RTPProbeHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private struct Listener {
        var test: @Sendable (ToneMeter.Window) -> Bool
        var promise: EventLoopPromise<Bool>
        var heard = 0
    }

    /// Two windows: a bar of music may sound like a tone once.
    private static let windowsInARow = 2
    private static let samplesPerPacket = 160

    var peer: SocketAddress?
    private(set) var received = 0
    private(set) var sent = 0
    private var tone: ToneGenerator
    private var meter = ToneMeter()
    var keypad = Keypad()
    private var listeners: [Int: Listener] = [:]
    private var lastListener = 0
    private var speaking: RepeatedTask?
    private let source = UInt32.random(in: 1...UInt32.max)
    private let isSilent: Bool

    init(tone: Double?) {
        self.tone = ToneGenerator(tone)
        isSilent = tone == nil
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        speaking = context.eventLoop.scheduleRepeatedTask(
            initialDelay: .milliseconds(20),
            delay: .milliseconds(20)
        ) { _ in
            let (handler, context) = bound.value
            handler.speak(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        speaking?.cancel()
        for listener in listeners.values { listener.promise.succeed(false) }
        listeners = [:]
    }

    private func speak(_ context: ChannelHandlerContext) {
        guard let peer else { return }
        if let event = keypad.next(timestamp: UInt32(truncatingIfNeeded: sent * Self.samplesPerPacket)) {
            send(event.payload, type: event.payloadType, timestamp: event.timestamp, to: peer, context)
            return
        }
        let payload =
            isSilent
            ? [UInt8](repeating: MuLaw.silence, count: Self.samplesPerPacket)
            : tone.next(Self.samplesPerPacket).map(MuLaw.encode)
        send(payload, type: 0, timestamp: UInt32(truncatingIfNeeded: sent * Self.samplesPerPacket), to: peer, context)
    }

    private func send(
        _ payload: [UInt8],
        type: UInt8,
        timestamp: UInt32,
        to peer: SocketAddress,
        _ context: ChannelHandlerContext
    ) {
        let packet = RTPPacket(
            payloadType: type,
            sequence: UInt16(truncatingIfNeeded: sent),
            timestamp: timestamp,
            source: source,
            payload: payload
        )
        sent += 1
        context.writeAndFlush(
            wrapOutboundOut(AddressedEnvelope(remoteAddress: peer, data: packet.bytes)),
            promise: nil
        )
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let datagram = unwrapInboundIn(data)
        guard let packet = RTPPacket(datagram.data) else { return }
        received += 1
        if peer == nil { peer = datagram.remoteAddress }
        guard packet.payloadType == 0 else { return }
        for window in meter.append(packet.payload.lazy.map(MuLaw.decode)) { hear(window) }
    }

    /// An ICMP "port unreachable" of a peer that has gone is no reason to close.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    private func hear(_ window: ToneMeter.Window) {
        for (id, var listener) in listeners {
            listener.heard = listener.test(window) ? listener.heard + 1 : 0
            listeners[id] = listener
            if listener.heard >= Self.windowsInARow { end(id, true) }
        }
    }

    func wait(
        for time: TimeAmount,
        on loop: any EventLoop,
        _ promise: EventLoopPromise<Bool>,
        _ test: @escaping @Sendable (ToneMeter.Window) -> Bool
    ) {
        lastListener += 1
        let id = lastListener
        listeners[id] = Listener(test: test, promise: promise)
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: time) { bound.value.end(id, false) }
    }

    private func end(_ id: Int, _ heard: Bool) {
        listeners.removeValue(forKey: id)?.promise.succeed(heard)
    }
}
