/// What sql/demo and dialplan/demo contain, by the names that tests and the demonstration use.
public enum Demo {
    /// The tenant of everything below.
    public static let tenant = "10000000-0000-4000-8000-000000000001"
    /// A second tenant, with a switchboard of its own.
    public static let otherTenant = "10000000-0000-4000-8000-000000000002"
    /// Alice, 1001; her SIP account is `alice`.
    public static let alice = "20000000-0000-4000-8000-000000000001"
    /// Bob, 1002; his SIP account is `bob`.
    public static let bob = "20000000-0000-4000-8000-000000000002"
    /// Carol, 1003; her SIP account is `carol`.
    public static let carol = "20000000-0000-4000-8000-000000000003"
    /// Dave, a user without a line.
    public static let dave = "20000000-0000-4000-8000-000000000004"
    /// Switchboard A: no time limit. DID 5000.
    public static let switchboardA = "30000000-0000-4000-8000-000000000001"
    /// Switchboard B: 4 s, then an announcement. DID 5001.
    public static let switchboardB = "30000000-0000-4000-8000-000000000002"
    /// The second tenant's switchboard.
    public static let otherSwitchboard = "30000000-0000-4000-8000-000000000003"
    /// The DID of switchboard A.
    public static let didOfSwitchboardA = "5000"
    /// The DID of switchboard B.
    public static let didOfSwitchboardB = "5001"
    /// A DID whose calls are hung up at once.
    public static let didThatHangsUp = "5002"

    /// The office of sql/demo/office.sql: SIP accounts and numbers.
    public enum Office {
        /// A phone of the office: its account is its name.
        public enum Phone: String, Sendable, CaseIterable {
            case erin, frank, gina, hugo, ida, jack, kim, leo, mia, nina

            /// The extension: 1101 and on.
            public var number: String { "\(1101 + (Self.allCases.firstIndex(of: self) ?? 0))" }
            /// The id of the user, of the line and of the private function keys.
            public var id: Int { 11 + (Self.allCases.firstIndex(of: self) ?? 0) }
            /// The user.
            public var uuid: String { "20000000-0000-4000-8000-0000000000\(id)" }
        }
    }
}
