import Core
import HTTPTypes

extension HTTPField.Name {
    // All names are valid by HTTP's grammar, so the fallbacks are never taken.
    /// Header `X-Auth-Token`.
    static let token = HTTPField.Name("X-Auth-Token") ?? .authorization
    /// Header `Wazo-Tenant`.
    static let tenant = HTTPField.Name("Wazo-Tenant") ?? .authorization
    /// Header `traceparent` of W3C Trace Context.
    static let traceParent = HTTPField.Name("traceparent") ?? .authorization
    /// Header `X-Forwarded-For`.
    static let forwardedFor = HTTPField.Name("X-Forwarded-For") ?? .authorization
    /// Header `X-Forwarded-Proto`.
    static let forwardedProtocol = HTTPField.Name("X-Forwarded-Proto") ?? .authorization
    /// Header `X-Script-Name`: the path under which a proxy shows us.
    static let scriptName = HTTPField.Name("X-Script-Name") ?? .authorization
}

extension StringProtocol {
    /// The text without blanks and tabs at its ends.
    var trimmingBlanks: String { trimmed { $0 == " " || $0 == "\t" } }
}
