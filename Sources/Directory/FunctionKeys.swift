/// The codes that a function key of a feature is made of (contract 43 `feature_extension`).
public struct FunctionKeyPrefix: Sendable, Hashable {
    /// Extension of `phoneprogfunckey`, perhaps a pattern.
    public var prefix: String
    /// Extension of the feature, perhaps a pattern.
    public var feature: String

    /// Both codes.
    public init(prefix: String, feature: String) {
        self.prefix = prefix
        self.feature = feature
    }
}

/// Codes of features, for function keys. The features that keys can show are those of contract 41 §5
/// `phone_progfunckey`.
public protocol FunctionKeyDirectory: Sendable {
    /// The enabled feature that this code belongs to: the one whose extension it is, else one whose pattern
    /// starts with it.
    /// - Throws: `DatabaseFailure`.
    func keyFeature(code: String) async throws -> String?
    /// Both codes of a feature's keys, enabled or not; `nil` when keys cannot show the feature, or one of both is missing.
    /// - Throws: `DatabaseFailure`.
    func keyPrefix(feature: String) async throws -> FunctionKeyPrefix?
}
