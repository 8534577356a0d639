import Access
import Testing

@Suite("Access control lists")
struct ACLTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var acl: [String]
        var access: String
        var isGranted: Bool
        var testDescription: String { "\(acl) \(isGranted ? "grants" : "refuses") \(access)" }
    }

    static let cases: [Case] = [
        Case(acl: ["calld.status.read"], access: "calld.status.read", isGranted: true),
        Case(acl: ["calld.status.read"], access: "calld.status.readx", isGranted: false),
        Case(acl: ["calld.status"], access: "calld.status.read", isGranted: false),
        Case(acl: [], access: "calld.status.read", isGranted: false),
        Case(acl: [], access: "", isGranted: true),
        Case(acl: ["#"], access: "calld.status.read", isGranted: true),
        Case(acl: ["calld.#"], access: "calld.calls.1455_13.read", isGranted: true),
        Case(acl: ["calld.#"], access: "confd.users.read", isGranted: false),
        Case(acl: ["calld.#.read"], access: "calld.calls.1.2.3.read", isGranted: true),
        Case(acl: ["calld.#.read"], access: "calld.calls.update", isGranted: false),
        Case(acl: ["calld.*.read"], access: "calld.status.read", isGranted: true),
        Case(acl: ["calld.*.read"], access: "calld.calls.1.read", isGranted: false),
        Case(acl: ["calld.cal*.read"], access: "calld.calls.read", isGranted: true),
        Case(acl: ["calld.*.read"], access: "calld.#.read", isGranted: false),
        Case(acl: ["calld.#", "!calld.calls.*.update"], access: "calld.calls.1.update", isGranted: false),
        Case(acl: ["!calld.calls.#", "calld.#"], access: "calld.calls.1.update", isGranted: false),
        Case(acl: ["!calld.calls.#", "calld.#"], access: "calld.status.read", isGranted: true),
        Case(acl: ["calld.users.me.calls.read"], access: "calld.users.me.calls.read", isGranted: true),
        Case(acl: ["calld.users.me.calls.read"], access: "calld.users.u1.calls.read", isGranted: true),
        Case(acl: ["calld.users.me.calls.read"], access: "calld.users.u2.calls.read", isGranted: false),
        Case(acl: ["calld.users.menu.read"], access: "calld.users.u1nu.read", isGranted: false),
        Case(acl: ["auth.sessions.my_session.delete"], access: "auth.sessions.s1.delete", isGranted: true),
        Case(acl: ["auth.sessions.my_session.delete"], access: "auth.sessions.s2.delete", isGranted: false),
        Case(acl: ["calld.calls.edit"], access: "calld.calls.update", isGranted: true),
        Case(acl: ["calld.calls.edit"], access: "calld.calls.edit", isGranted: true),
        Case(acl: ["calld.calls.edit"], access: "calld.calls.delete", isGranted: false),
        Case(acl: ["calld.calls.(a|b)+.read"], access: "calld.calls.a.read", isGranted: false),
    ]

    @Test("a pattern means what the contract says", arguments: cases)
    func grants(_ row: Case) {
        #expect(ACL(row.acl, me: "u1", session: "s1").grants(row.access) == row.isGranted)
    }

    @Test("a hostile pattern costs no more than its length")
    func hostile() {
        let pattern = String(repeating: "#*", count: 500) + "x"
        #expect(!ACL([pattern]).grants(String(repeating: "a", count: 500)))
    }

    @Test("path parameters enter an access with their dots as underscores")
    func required() {
        let access = RequiredAccess.string("calld.calls.{call_id}.read", ["call_id": "1455.13"])
        #expect(access == "calld.calls.1455_13.read")
    }
}
