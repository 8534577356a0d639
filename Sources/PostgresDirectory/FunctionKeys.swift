public import Directory
import Postgres

extension PostgresDirectory: FunctionKeyDirectory {
    /// The enabled feature that a code belongs to: an exact one before a pattern, the shortest pattern first.
    public func keyFeature(code: String) async throws -> String? {
        try await read(Self.featureOfCode, [code]) { rows in try rows.first?.value("feature") }
    }

    /// Both codes of a feature's keys. Whether they can be dialled does not matter: a lamp shows the state of what a
    /// key stands for (contract 41 §5 `phone_progfunckey_devstate`).
    public func keyPrefix(feature: String) async throws -> FunctionKeyPrefix? {
        try await read(Self.codesOfFeature, [feature]) { rows in
            try rows.first.map {
                FunctionKeyPrefix(prefix: try $0.value("prefix"), feature: try $0.value("exten"))
            }
        }
    }

    /// Features `f` that a key can show.
    private static let isShownByKeys =
        """
        (f.feature IN (
                'agentstaticlogin', 'agentstaticlogoff', 'agentstaticlogtoggle', 'enablevm', 'callrecord',
                'incallfilter', 'enablednd'
            ) OR starts_with(f.feature, 'fwd') OR starts_with(f.feature, 'groupmember'))
        """

    private static let featureOfCode = PostgresStatement.read(
        """
        SELECT f.feature
        FROM public.feature_extension f
        WHERE $1 <> '' AND f.enabled AND (f.exten = $1 OR starts_with(f.exten, '_' || $1)) AND \(isShownByKeys)
        ORDER BY f.exten <> $1, length(f.exten), f.exten
        LIMIT 1
        """
    )

    private static let codesOfFeature = PostgresStatement.read(
        """
        SELECT p.exten AS prefix, f.exten
        FROM public.feature_extension f
        JOIN public.feature_extension p ON p.feature = 'phoneprogfunckey'
        WHERE f.feature = $1 AND \(isShownByKeys)
        ORDER BY f.enabled DESC, p.enabled DESC, f.exten, p.exten
        LIMIT 1
        """
    )
}
