import Core
import HTTPTypes
import Hummingbird

/// What browsers of other origins may do (contract 00 §3, measured).
public struct CORSPolicy: Sendable {
    private let isEnabled: Bool
    private let allowedHeaders: Set<String>

    /// A policy.
    /// - Parameters:
    ///   - isEnabled: Whether answers carry CORS headers at all.
    ///   - allowedHeaders: Request headers that a preflight may ask for, in any case.
    public init(
        isEnabled: Bool = true,
        allowedHeaders: [String] = ["Content-Type", "X-Auth-Token", "Wazo-Tenant"]
    ) {
        self.isEnabled = isEnabled
        self.allowedHeaders = Set(allowedHeaders.map { $0.lowercased() })
    }

    /// Adds the headers to an answer, whatever its status.
    func apply(to headers: inout HTTPFields, request: Request) {
        guard isEnabled else { return }
        if let origin = request.headers[.origin] {
            headers[.accessControlAllowOrigin] = origin
            headers[.vary] = "Origin"
        } else {
            headers[.accessControlAllowOrigin] = "*"
        }
        guard request.method == .options, request.headers[.accessControlRequestMethod] != nil else { return }
        let wanted = request.headers[.accessControlRequestHeaders]?.parts(separatedBy: ",") ?? []
        let allowed = wanted.map { $0.trimmingBlanks }.filter { allowedHeaders.contains($0.lowercased()) }
        if !allowed.isEmpty { headers[.accessControlAllowHeaders] = allowed.joined(separator: ", ") }
        headers[.accessControlAllowMethods] = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    }
}
