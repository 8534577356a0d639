import Core

/// The access that a route requires, as `calld.calls.{call_id}.read`, prepared so that a request only
/// joins its parts (contract 00 §4.2).
struct AccessTemplate: Sendable {
    private enum Piece: Sendable {
        case literal(String)
        case parameter(Int)
    }

    /// The template as it was written.
    let text: String
    private let pieces: [Piece]

    /// Stops the process when the template names a parameter that the path has not.
    init(_ text: String, parameters: [String]) {
        self.text = text
        var pieces: [Piece] = []
        var rest = text
        while let (literal, tail) = rest.halves(at: "{") {
            guard let (name, behind) = tail.halves(at: "}"), let index = parameters.firstIndex(of: name)
            else { preconditionFailure("the path of \(text) lacks a parameter") }
            pieces += [.literal(literal), .parameter(index)]
            rest = behind
        }
        pieces.append(.literal(rest))
        self.pieces = pieces
    }

    /// The required access of a request: each `.` of a value becomes `_`.
    func access(_ values: [String]) -> String {
        if pieces.count == 1 { return text }
        var access = ""
        access.reserveCapacity(text.utf8.count + 40)
        for piece in pieces {
            switch piece {
            case .literal(let literal): access += literal
            case .parameter(let index):
                let value = values[index]
                if value.utf8.contains(UInt8(ascii: ".")) {
                    access += value.replacing(text: ".", by: "_")
                } else {
                    access += value
                }
            }
        }
        return access
    }
}
