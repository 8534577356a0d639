import Core
import Foundation
import Hummingbird

/// The path of a route: literals and parameters, as `/calls/{call_id}/user/{user_uuid:uuid}`.
///
/// A parameter may say its form: `:uuid` (the canonical 8-4-4-4-12 digits) or `:int` (decimal digits); a value
/// of another form means that the route does not exist (contract 00 §3).
struct RouteTemplate: Sendable, Hashable {
    /// What a parameter's value looks like.
    enum Form: String, Sendable {
        case text, uuid, int
    }

    enum Segment: Sendable, Hashable {
        case literal(String)
        case parameter(String, Form)
    }

    let segments: [Segment]
    /// The parameters' names in order.
    let names: [String]
    private let forms: [Form]

    /// Stops the process when the text is not a template: routes are written in our code.
    init(_ text: String) {
        segments = text.parts(separatedBy: "/").map { part in
            guard part.begins(with: "{"), part.ends(with: "}") else {
                precondition(!part.holds(anyOf: "{:"), "not a path template: \(text)")
                return .literal(part)
            }
            let words = part.dropFirst().dropLast().parts(separatedBy: ":", most: 2)
            guard let name = words.first, let form = words.count == 1 ? .text : Form(rawValue: words[1])
            else { preconditionFailure("not a path template: \(text)") }
            return .parameter(name, form)
        }
        names = segments.compactMap { if case .parameter(let name, _) = $0 { name } else { nil } }
        forms = segments.compactMap { if case .parameter(_, let form) = $0 { form } else { nil } }
        precondition(Set(names).count == names.count, "a parameter comes twice in \(text)")
    }

    /// The template below `base`.
    func below(_ base: String) -> RouteTemplate { RouteTemplate(base + "/" + documentPath(withForms: true)) }

    /// As the router wants it. Its parameters are called by their place, so that two routes may call the same
    /// place differently.
    var routerPath: String {
        var count = 0
        let parts = segments.map { segment in
            switch segment {
            case .literal(let text): return text
            case .parameter:
                defer { count += 1 }
                return ":\(Self.placeNames[count])"
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// As API descriptions write it: `/calls/{call_id}`.
    func documentPath(withForms: Bool = false) -> String {
        "/"
            + segments.map { segment in
                switch segment {
                case .literal(let text): text
                case .parameter(let name, let form):
                    withForms && form != .text ? "{\(name):\(form.rawValue)}" : "{\(name)}"
                }
            }.joined(separator: "/")
    }

    /// The form of each parameter, by its name.
    var parameterForms: [(name: String, form: Form)] { Array(zip(names, forms)) }

    /// The parameters' values in order, percent-decoded; `nil` when one has not the right form.
    func values(in parameters: Parameters) -> [String]? {
        var values: [String] = []
        values.reserveCapacity(names.count)
        for index in names.indices {
            guard let raw = parameters[Self.placeNames[index]], let value = forms[index].value(raw) else { return nil }
            values.append(value)
        }
        return values
    }

    /// Whether a request's path, still percent-encoded, fits.
    func matches(_ parts: [Substring]) -> Bool {
        guard parts.count == segments.count else { return false }
        return zip(segments, parts).allSatisfy { segment, part in
            switch segment {
            case .literal(let text): text == part
            case .parameter(_, let form): form.value(part) != nil
            }
        }
    }

    /// Bytes of a parameter at most, decoded; nothing has a longer id or name, so a longer one is not there.
    fileprivate static let longestValue = 255

    private static let placeNames: [Substring] = (0..<8).map { "p\($0)" }
}

extension RouteTemplate.Form {
    /// The decoded value; `nil` when it has not this form, or could not be one part of a path.
    fileprivate func value(_ raw: Substring) -> String? {
        if raw.utf8.count > 3 * RouteTemplate.longestValue { return nil }
        let text = raw.utf8.contains(UInt8(ascii: "%")) ? raw.removingPercentEncoding ?? String(raw) : String(raw)
        // An encoded slash would be two parts for the reference, and a way out of a directory for the careless.
        if text.utf8.count > RouteTemplate.longestValue { return nil }
        if text.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 }) { return nil }
        switch self {
        case .text: return text
        case .int: return text.utf8.allSatisfy { (0x30...0x39).contains($0) } && Int(text) != nil ? text : nil
        // One way of writing an id, for access lists too.
        case .uuid: return Self.isUUID(text) ? text.lowercased() : nil
        }
    }

    private static func isUUID(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            switch index {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default:
                (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
            }
        }
    }
}
