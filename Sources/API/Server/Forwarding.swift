import HTTPTypes
import Hummingbird
import NIOCore

/// Who is behind the one proxy that is trusted (contract 00 §3).
enum Forwarding {
    /// The client's address: the last one of `X-Forwarded-For`, which our proxy has added, else the peer's.
    static func clientAddress(_ headers: HTTPFields, peer: SocketAddress?) -> String? {
        // Anything but an address comes from nobody's proxy: it must not stand in the log as one.
        if let last = headers[values: .forwardedFor].last?.split(separator: ",").last?.trimmingBlanks, isAddress(last) {
            return last
        }
        return peer?.ipAddress
    }

    /// Whether a text is an address of IPv4 or IPv6, without a port.
    private static func isAddress(_ text: String) -> Bool {
        (2...45).contains(text.utf8.count) && (try? SocketAddress(ipAddress: text, port: 0)) != nil
    }

    /// `https` or `http`: the last one of `X-Forwarded-Proto`, else plain HTTP, which is what we speak.
    static func scheme(_ headers: HTTPFields) -> String {
        let last = headers[values: .forwardedProtocol].last?.split(separator: ",").last?.trimmingBlanks
        return last?.lowercased() == "https" ? "https" : "http"
    }
}
