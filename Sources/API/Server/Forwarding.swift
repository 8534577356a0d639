import HTTPTypes
import Hummingbird
import NIOCore

/// Who is behind the one proxy that is trusted (contract 00 §3).
enum Forwarding {
    /// The client's address: the last one of `X-Forwarded-For`, which our proxy has added, else the peer's.
    static func clientAddress(_ headers: HTTPFields, peer: SocketAddress?) -> String? {
        // No address is longer than this; a text that is comes from nobody's proxy, and would fill the log.
        if let last = headers[values: .forwardedFor].last?.split(separator: ",").last?.trimmingBlanks,
            (1...64).contains(last.utf8.count)
        {
            return last
        }
        return peer?.ipAddress
    }

    /// `https` or `http`: the last one of `X-Forwarded-Proto`, else plain HTTP, which is what we speak.
    static func scheme(_ headers: HTTPFields) -> String {
        let last = headers[values: .forwardedProtocol].last?.split(separator: ",").last?.trimmingBlanks
        return last?.lowercased() == "https" ? "https" : "http"
    }
}
