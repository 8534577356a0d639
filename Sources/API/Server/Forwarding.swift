import Core
import HTTPTypes
import Hummingbird
import NIOCore

/// Who is behind a trusted proxy (contract 00 §3). Whoever else sends `X-Forwarded-For` or `X-Forwarded-Proto` is not
/// believed: anybody may write anything into a header.
struct Forwarding: Sendable {
    private let isTrusted: @Sendable (String) -> Bool
    /// Requests at once of one address behind proxies.
    private let clients: PeerShares

    init(_ configuration: APIConfiguration) {
        isTrusted = configuration.isTrustedProxy
        clients = PeerShares(limit: configuration.connectionsPerPeer)
    }

    /// The client's address: the last one of `X-Forwarded-For`, which a trusted proxy has added, else the peer's.
    func clientAddress(_ headers: HTTPFields, peer: SocketAddress?) -> String? {
        let address = peer?.ipAddress
        guard let address, isTrusted(address) else { return address }
        let last = headers[values: .forwardedFor].last?.parts(separatedBy: ",").last?.trimmingBlanks
        // Anything but an address must not stand in the log as one.
        return last.flatMap { Self.isAddress($0) ? $0 : nil } ?? address
    }

    /// Takes a place of the share of a client that comes by way of a trusted proxy; others have theirs as connections.
    /// - Returns: What ``leave(_:)`` must be given.
    /// - Throws: ``RequestGate/Busy`` when the client has all that it may have.
    func enter(_ client: String?, peer: SocketAddress?) throws(RequestGate.Busy) -> String? {
        guard let client, client != peer?.ipAddress else { return nil }
        guard clients.enter(client) else { throw RequestGate.Busy() }
        return client
    }

    /// Gives the place back.
    func leave(_ client: String?) { clients.leave(client) }

    /// Whether a text is an address of IPv4 or IPv6, without a port.
    private static func isAddress(_ text: String) -> Bool {
        (2...45).contains(text.utf8.count) && (try? SocketAddress(ipAddress: text, port: 0)) != nil
    }

    /// `https` or `http`: the last one of `X-Forwarded-Proto` of a trusted proxy, else plain HTTP, which is what we speak.
    func scheme(_ headers: HTTPFields, peer: SocketAddress?) -> String {
        guard let address = peer?.ipAddress, isTrusted(address) else { return "http" }
        let last = headers[values: .forwardedProtocol].last?.parts(separatedBy: ",").last?.trimmingBlanks
        return last?.lowercased() == "https" ? "https" : "http"
    }
}
