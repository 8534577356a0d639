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

    /// The rules once more, slow and plain: what a pattern stands for, tried out in every way.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ access: ArraySlice<UInt8>, atWord: Bool) -> Bool {
        if atWord {
            let word = pattern.prefix { $0 != UInt8(ascii: ".") }
            let others = ["me": "u1", "my_session": "s1", "edit": "update"]
            let name = String(decoding: word, as: UTF8.self)
            if let other = others[name] {
                return [name, other].contains { name in
                    access.starts(with: name.utf8)
                        && matches(pattern.dropFirst(word.count), access.dropFirst(name.utf8.count), atWord: false)
                }
            }
        }
        guard let first = pattern.first else { return access.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case UInt8(ascii: "#"):
            return (0...access.count).contains { matches(rest, access.dropFirst($0), atWord: false) }
        case UInt8(ascii: "*"):
            let run = access.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "#") }
            return (0...run.count).contains { matches(rest, access.dropFirst($0), atWord: false) }
        default:
            return access.first == first && matches(rest, access.dropFirst(), atWord: first == UInt8(ascii: "."))
        }
    }

    @Test("20,000 random patterns mean what the plain rules say")
    func random() {
        var random = SystemRandomNumberGenerator()
        func text(_ pieces: [String]) -> String {
            (0..<Int.random(in: 1...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
        }
        var granted = 0
        for _ in 0..<20_000 {
            let pattern = text(["me", "my_session", "edit", ".", ".", "a", "*", "#", "u1", "é"])
            let access = text(["me", "u1", "s1", "update", "edit", ".", ".", "a", "#", "é"])
            let expected = Self.matches(ArraySlice(pattern.utf8), ArraySlice(access.utf8), atWord: true)
            #expect(
                ACL([pattern], me: "u1", session: "s1").grants(access) == expected,
                "\(pattern) against \(access)"
            )
            if expected { granted += 1 }
        }
        #expect(granted > 100)
    }
}
