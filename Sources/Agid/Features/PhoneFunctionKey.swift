import Core
import Directory
import FastAGI

/// `phone_progfunckey`: which feature a function key of several parts asks for (contract 41 §5).
struct PhoneFunctionKey: AGIHandler {
    let name = "phone_progfunckey"
    let keys: any FunctionKeyDirectory

    func run(_ session: AGISession) async throws {
        guard session.arguments.count == 1, let text = session.arguments.first else {
            throw DialplanBreak("\(name) takes one argument")
        }
        let user = try await session.getVariable("WAZO_USERID")
        guard let code = FunctionKeyCode(dialled: text) else {
            throw DialplanBreak("Not the code of a function key: '\(text)'")
        }
        guard code.parts.first == user else {
            throw DialplanBreak("The function key '\(text)' is not of user '\(user)'")
        }
        let rest = code.parts.dropFirst()
        let feature = rest.isEmpty ? nil : try await keys.keyFeature(code: rest[rest.startIndex])
        if feature == nil { try await session.verbose("No feature has the code '\(rest.first ?? "")'") }
        try await session.setVariable("WAZO_PHONE_PROGFUNCKEY", rest.joined())
        try await session.setVariable("WAZO_PHONE_PROGFUNCKEY_FEATURE", feature ?? "")
    }
}

/// `phone_progfunckey_devstate`: shows on the lamps of function keys that a feature was switched (contract 41 §5).
///
/// A lamp that cannot be lit costs no call; arguments that make no sense are a fault of the dialplan.
struct PhoneFunctionKeyState: AGIHandler {
    let name = "phone_progfunckey_devstate"
    let keys: any FunctionKeyDirectory
    let users: any DialplanUserDirectory

    private static let states: Set = [
        "BUSY", "INUSE", "INVALID", "NOT_INUSE", "ONHOLD", "RINGING", "RINGINUSE", "UNAVAILABLE", "UNKNOWN",
    ]

    func run(_ session: AGISession) async throws {
        try await BestEffort.handler(name, session) { try await serve(session) }
    }

    private func serve(_ session: AGISession) async throws {
        let arguments = session.arguments
        guard arguments.count >= 2, Self.states.contains(arguments[1]) else {
            throw DialplanBreak("\(name) takes a feature and a device state")
        }
        let text = try await session.getVariable("WAZO_USERID")
        guard let id = integer(text) else { throw DialplanBreak("Unknown user '\(text)'") }
        let isKnown = try await BestEffort.run(name, session) { try await users.dialplanUser(id) != nil }
        guard let isKnown else { return }
        if !isKnown { throw DialplanBreak("Unknown user '\(text)'") }
        // confd tells Asterisk of these itself.
        let feature = arguments[0]
        if feature.begins(with: "fwd") || ["incallfilter", "enablednd"].contains(feature) { return }
        _ = try await BestEffort.run(name, session) {
            try await show(feature, arguments[1], destination: arguments.dropFirst(2).first ?? "", of: id, session)
        }
    }

    private func show(
        _ feature: String,
        _ state: String,
        destination: String,
        of user: Int,
        _ session: AGISession
    ) async throws {
        guard let codes = try await keys.keyPrefix(feature: feature) else {
            throw HandlerFault("no function keys for '\(feature)'")
        }
        let code = FunctionKeyCode([String(user), codes.feature, destination]).dialled(prefix: codes.prefix)
        // It becomes the argument of a dialplan function: a parenthesis would end it.
        guard code.utf8.allSatisfy({ $0 > 0x20 && !"(){}$,;\"\\".utf8.contains($0) }) else {
            throw HandlerFault("cannot be dialled: '\(code)'")
        }
        try await session.setVariable("DEVICE_STATE(Custom:\(code))", state)
    }
}
