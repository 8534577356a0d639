import Foundation
import Testing

@testable import Telephony

@Suite("Channel variables of clients")
struct ClientVariablesTests {
    @Test(
        "names of a client's own and the functions that describe a call are taken",
        arguments: [
            "colour", "_colour", "__colour", "CUSTOMER_ID", "X_WAZO_TASK", "a.b-c", "CALLERID(name)", "CALLERID(num)",
            "CONNECTEDLINE(name)", "CONNECTEDLINE(num)", "CHANNEL(language)", "CHANNEL(musicclass)",
            "PJSIP_HEADER(add,X-Customer)", "PJSIP_HEADER(add,Alert-Info)", "ARGUMENT", "LOCALE", "QUEUE",
        ]
    )
    func taken(_ name: String) {
        for client in [ClientVariables.Client.service, .user] {
            #expect(ClientVariables.allows(name, from: client))
        }
    }

    @Test(
        "names that steer a call, functions and what is no name are refused from everybody",
        arguments: [
            "WAZO_AGID_IP", "__WAZO_AGID_IP", "wazo_agid_ip", "XIVO_OPT_FAXEMAIL", "TANDEM_CUSTOM_APPLICATIONS",
            "WAZO_USERID",
            "WAZO_ORIGINATE_MOBILE_CONTEXT", "WAZO_ORIGINATE_DESTINATION_EXTENSION", "WAZO_FWD_ACTIONARG1", "AGISIGHUP",
            "MONITOR_EXEC", "MONITOR_OPTIONS", "MIXMONITOR_FILENAME", "TOUCH_MIXMONITOR", "DYNAMIC_FEATURES",
            "TRANSFER_CONTEXT", "FORWARD_CONTEXT", "GOTO_ON_BLINDXFR", "EXITCONTEXT", "OUTBOUND_GROUP", "ARG1", "ARG12",
            "GOSUB_RETVAL", "CONNECTED_LINE_SEND_SUB", "REDIRECTING_SEND_SUB", "PARKINGDYNAMIC", "PICKUPMARK",
            "VM_CONTEXT",
            "CHANNEL(hangup_handler_push)", "CHANNEL(language)x", "CHANNEL(LANGUAGE", "GLOBAL(X)", "SHELL(id)",
            "FILE(/tmp/x)", "DB(a/b)", "SHARED(a,b)", "IMPORT(a,b)", "CALLERID(all)", "PJSIP_HEADER(update,X-A)",
            "PJSIP_HEADER(add,Via)", "PJSIP_HEADER(add,X-)", "PJSIP_HEADER(add,X-A,b)", "PJSIP_HEADER(add,X-A\r\nVia)",
            "___x", "", "_", "1x", "a b", "a=b", "a\nb", "a\r\nb", "é", "a\u{301}", "\u{202E}a", "a,b", "a$b",
        ]
    )
    func refused(_ name: String) {
        for client in [ClientVariables.Client.service, .user] {
            #expect(!ClientVariables.allows(name, from: client), "\(client)")
        }
    }

    @Test(
        "a language is no way to a folder, and a class of music none to a file",
        arguments: [
            "../../tmp", "..", ".", "/etc", "en/../..", "en us", "", "${X}", "en\u{301}", "é",
            String(repeating: "a", count: 21),
        ]
    )
    func places(_ text: String) {
        for name in ["CHANNEL(language)", "_CHANNEL(language)"] {
            #expect(ClientVariables.refusal(of: [name: text], from: .service) == .value(name), "\(name)")
        }
        #expect(ClientVariables.refusal(of: ["CHANNEL(language)": "fr_CA"], from: .user) == nil)
        for music in ["../x", "/etc", "a/b", "${X}", ""] {
            let refusal = ClientVariables.refusal(of: ["CHANNEL(musicclass)": music], from: .user)
            #expect(refusal == .value("CHANNEL(musicclass)"), "\(music)")
        }
        #expect(ClientVariables.refusal(of: ["CHANNEL(musicclass)": "default 2.1-x_"], from: .user) == nil)
    }

    @Test(
        "a service gives the few variables of ours that the contract names, a user none",
        arguments: ClientVariables.services
    )
    func ofServices(_ name: String) {
        #expect(ClientVariables.allows("_\(name)", from: .service))
        #expect(!ClientVariables.allows(name, from: .user))
    }

    @Test("values have no control characters; number, lengths and size are bounded")
    func bounds() {
        func refusal(_ variables: [String: String]) -> ClientVariables.Refusal? {
            ClientVariables.refusal(of: variables, from: .user)
        }
        #expect(refusal(["a": "plain é"]) == nil)
        for value in ["a\nb", "a\r\nb", "a\u{0}", "\u{1B}[2J", "\u{7F}", "\u{85}", "\u{2028}"] {
            #expect(refusal(["a": value]) == .value("a"))
        }
        let name = String(repeating: "a", count: ClientVariables.longestName)
        #expect(refusal([name: "x"]) == nil && refusal([name + "a": "x"]) == .nameLength(name + "a"))
        let value = String(repeating: "v", count: ClientVariables.longestValue)
        #expect(refusal(["a": value]) == nil && refusal(["a": value + "v"]) == .valueLength("a"))
        let many = Dictionary(uniqueKeysWithValues: (1...ClientVariables.most).map { ("v\($0)", "x") })
        #expect(refusal(many) == nil && refusal(many.merging(["w": "x"]) { $1 }) == .number)
        // What Asterisk would answer with "too large".
        let large = Dictionary(uniqueKeysWithValues: (1...30).map { ("v\($0)", String(repeating: "x", count: 2_000)) })
        #expect(refusal(large) == .size)
    }

    @Test("the worst that is taken fits into a request that Asterisk reads")
    func fitsIntoRequest() throws {
        let value = String(repeating: "\"", count: ClientVariables.longestValue)
        let all = Dictionary(uniqueKeysWithValues: (0..<7).map { ("v\($0)", value) })
        #expect(ClientVariables.refusal(of: all, from: .user) == nil)
        let body = try JSONEncoder().encode(["variables": all])
        #expect(body.count < 40_960 - 4_096)
    }
}

@Suite("Names that clients may not set")
struct ReservedVariablesTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    private static func dialplan() throws -> [(name: String, text: String)] {
        let folder = root.appending(path: "dialplan")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".conf") }.map {
            (name: $0, text: try String(contentsOf: folder.appending(path: $0), encoding: .utf8))
        }
    }

    @Test("our list of globals is that of the dialplan")
    func globals() throws {
        let text = try #require(try Self.dialplan().first { $0.name == "globals.conf" }).text
        let names = text.split(separator: "\n").compactMap { line in
            line.wholeMatch(of: /([A-Z_]+) *=.*/).map { String($0.output.1) }
        }
        #expect(Set(names) == ReservedVariables.globals && names.count > 30)
    }

    @Test("every variable that the dialplan reads is one that no client may set")
    func readByDialplan() throws {
        // Functions, and what no client could set to another value.
        let read = try Self.dialplan().flatMap { file in
            file.text.matches(of: /\$\{([A-Za-z_][A-Za-z0-9_]*)[}:]/).map { String($0.output.1) }
        }
        let open = Set(read).filter { ClientVariables.allows($0, from: .user) }
        #expect(open.isEmpty && read.count > 300, "\(open.sorted())")
    }

    @Test("the dialplan reads its globals as globals")
    func readAsGlobals() throws {
        for file in try Self.dialplan() {
            for line in file.text.split(separator: "\n") where !line.hasPrefix(";") {
                for name in ReservedVariables.globals where line.contains("${\(name)}") {
                    Issue.record("\(file.name) reads \(name) as a channel variable: \(line)")
                }
            }
        }
    }

    @Test("globals count as reserved, whatever their first letters")
    func globalsReserved() {
        #expect(ReservedVariables.globals.allSatisfy(ReservedVariables.contains))
    }
}
